"""A program that says what an engine was recorded to say, in place of that engine.

It keeps a state, by `-state` or a local backend, as the engine does: what was applied is planned as `no-changes`, and a plan
of an older state is stale. `edit.json` beside it changes what is planned next, and each call is a line of `calls.jsonl`.
It starts with the standard library alone, in 30 ms.
"""

import json
import os
import re
import sys
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

from recorded.recording import Recording, recorded

# Commands that need the variables of a module's source again.
ASKING = {"terraform": {"init", "plan", "show", "state"}, "tofu": {"init", "plan", "state"}}
ROOT_ONLY = '{"Modules":[{"Key":"","Source":"","Dir":"."}]}'
# How an apply ends in which something failed that may fail; the recorded one broke off there.
GOES_ON = (
    {"type": "apply_complete", "hook": {"resource": {"addr": "terraform_data.a"}, "action": "create"}},
    {"type": "change_summary", "changes": {"add": 1, "change": 0, "remove": 0, "operation": "apply"}},
)
_BACKEND = re.compile(r'backend\s+"(\w+)"\s*\{(.*?)^\s*\}', re.DOTALL | re.MULTILINE)
_SETTING = re.compile(r'^\s*"?(\w+)"?\s*[=:]\s*"([^"]*)"', re.MULTILINE)


class Call(NamedTuple):
    """One command line."""

    words: list[str]
    options: dict[str, list[str]]

    @classmethod
    def of(cls, argv: list[str]) -> "Call":
        options: dict[str, list[str]] = {}
        for word in argv:
            if word.startswith("-"):
                name, _, value = word.lstrip("-").partition("=")
                options.setdefault(name, []).append(value)
        return cls([word for word in argv if not word.startswith("-")], options)

    def option(self, name: str) -> str | None:
        return self.options.get(name, [None])[-1]

    def files(self) -> dict[str, str]:
        """Those that the command line names."""
        named = [*self.options.get("var-file", ()), *self.options.get("backend-config", ())]
        return {name: Path(name).read_text() for name in named if Path(name).is_file()}


class Player:
    def __init__(self, recording: Recording, version: str, folder: Path) -> None:
        self.recording = recording
        self.version = version
        self.folder = folder

    def play(self, argv: list[str]) -> int:
        call = Call.of(argv)
        self._note(argv, call)
        command: Callable[[Call], int] | None = getattr(self, f"_{call.words[0]}".replace("-", "_"), None)
        if command is None:
            sys.stderr.write(f"Error: {call.words[0]} is not recorded\n")
            return 1
        if self._lacks_variables(call):
            return self._no_value(call)
        return command(call)

    def _note(self, argv: list[str], call: Call) -> None:
        noted = {"argv": argv, "env": sorted(os.environ), "cwd": str(Path.cwd()), "files": call.files()}
        try:
            with (self.folder / "calls.jsonl").open("a") as calls:
                calls.write(json.dumps(noted) + "\n")
        except OSError:
            pass  # a confined run may not write here

    def _lacks_variables(self, call: Call) -> bool:
        return (
            self.recording.scenario == "computed-module-source"
            and call.words[0] in ASKING[self.recording.engine]
            and not call.options.get("var-file")
            and "TF_VAR_which" not in os.environ
        )

    def _no_value(self, call: Call) -> int:
        command = call.words[0]
        if command in {"init", "plan"}:
            other = self._other("computed-module-source-without-its-variable")
            return self._say(other, command)
        shown = self.recording.stderr("show-without-variables")
        sys.stderr.write(shown or "Error: No value for required variable\n")
        return 1

    def _other(self, scenario: str) -> Recording:
        return recorded(self.recording.engine, self.recording.version, scenario)

    def _say(self, recording: Recording, command: str) -> int:
        sys.stdout.write(self._versioned(recording.said(command)))
        sys.stderr.write(recording.stderr(command))
        return recording.exit_code(command) or 0

    def _versioned(self, text: str) -> str:
        return text.replace(self.recording.version, self.version)

    # What it was told to say otherwise

    def _edits(self) -> dict[str, Any]:
        path = self.folder / "edit.json"
        edits: dict[str, Any] = json.loads(path.read_text()) if path.exists() else {}
        return {"document": [], "apply": None, **edits}

    def _document(self, recording: Recording) -> dict[str, Any]:
        document: dict[str, Any] = json.loads(self._versioned((recording.document or b"{}").decode()))
        if recording is self.recording:
            for place, value in self._edits()["document"]:
                *way, last = place
                at: Any = document
                for step in way:
                    at = at[step]
                at[last] = value
        return document

    # The state

    def _data(self) -> Path:
        return Path(os.environ.get("TF_DATA_DIR") or ".terraform")

    def _state_file(self, call: Call) -> Path:
        given = call.option("state")
        if given is not None:
            return Path(given)
        record = self._data() / "terraform.tfstate"
        config = json.loads(record.read_text())["backend"]["config"] if record.exists() else {}
        workspace = os.environ.get("TF_WORKSPACE") or "default"
        if workspace != "default":
            return Path("terraform.tfstate.d") / workspace / "terraform.tfstate"
        return Path(config.get("path") or "terraform.tfstate")

    def _read_state(self, call: Call) -> dict[str, Any]:
        path = self._state_file(call)
        if path.exists():
            state: dict[str, Any] = json.loads(path.read_text())
            return state
        empty: dict[str, Any] = {"outputs": {}, "resources": [], "check_results": None}
        return {"version": 4, "terraform_version": self.version, "serial": 0, "lineage": "", **empty}

    def _is_applied(self, state: dict[str, Any]) -> bool:
        left = _left_by(self.recording)
        return bool(state["lineage"]) and left == {name: state[name] for name in left}

    # Commands

    def _version(self, call: Call) -> int:
        product = {"terraform": "Terraform", "tofu": "OpenTofu"}[self.recording.engine]
        if "json" in call.options:
            about = {"terraform_version": self.version, "platform": "linux_amd64", "provider_selections": {}}
            sys.stdout.write(json.dumps(about) + "\n")
        else:
            sys.stdout.write(f"{product} v{self.version}\non linux_amd64\n")
        return 0

    def _init(self, call: Call) -> int:
        modules = self._data() / "modules"
        modules.mkdir(parents=True, exist_ok=True)
        manifest = self.recording.sections.get("modules.json", ROOT_ONLY)
        (modules / "modules.json").write_text(manifest)
        backend = _backend(call)
        if backend is not None:
            record = {"version": 3, "terraform_version": self.version, "backend": backend}
            (self._data() / "terraform.tfstate").write_text(json.dumps(record))
        return self._say(self.recording, "init")

    def _plan(self, call: Call) -> int:
        if "destroy" in call.options:
            sys.stderr.write("Error: plan -destroy is not recorded\n")
            return 1
        state = self._read_state(call)
        recording = self._other("no-changes") if self._is_applied(state) else self.recording
        out = call.option("out")
        document = None if recording.document is None else self._document(recording)
        if out is not None and document is not None:
            _write_plan(Path(out), document, state, recording.scenario)
        code = self._say(recording, "plan")
        changes = code == 0 and document is not None and _moves(document)
        return 2 if changes and "detailed-exitcode" in call.options else code

    def _show(self, call: Call) -> int:
        sys.stdout.write(_of_plan(Path(call.words[1]), "tfplan"))
        return 0

    def _apply(self, call: Call) -> int:
        plan = Path(call.words[1])
        state, planned = self._read_state(call), json.loads(_of_plan(plan, "tfstate"))
        if (state["serial"], state["lineage"]) != (planned["serial"], planned["lineage"]):
            return self._say(self._other("stale-plan"), "apply")
        scenario = _of_plan(plan, "scenario")
        recording = self.recording if scenario == self.recording.scenario else self._other(scenario)
        code = self._say(recording, "apply")
        edited = self._edits()["apply"]
        if edited == 0:
            sys.stdout.writelines(f"{json.dumps(line)}\n" for line in GOES_ON)
        code = code if edited is None else int(edited)
        if code == 0 or any(message.get("type") == "apply_start" for message in recording.messages("apply")):
            self._write_state(call, state, _left_by(recording) if code == 0 else {})
        return code

    def _write_state(self, call: Call, before: dict[str, Any], left: dict[str, Any]) -> None:
        path = self._state_file(call)
        path.parent.mkdir(parents=True, exist_ok=True)
        about = {
            "terraform_version": self.version,
            "serial": before["serial"] + 1,
            "lineage": before["lineage"] or str(uuid.uuid4()),
        }
        path.write_text(json.dumps({**before, **about, **left}, indent=2) + "\n")

    def _state(self, call: Call) -> int:
        state = self._read_state(call)
        match call.words[1]:
            case "pull" if state["lineage"]:
                sys.stdout.write(json.dumps(state, indent=2) + "\n")
            case "list":
                sys.stdout.writelines(f"{one['type']}.{one['name']}\n" for one in state["resources"])
        return 0

    def _output(self, call: Call) -> int:
        sys.stdout.write(json.dumps(self._read_state(call)["outputs"]) + "\n")
        return 0

    def _workspace(self, call: Call) -> int:
        if call.words[1] == "list":
            found = sorted(path.name for path in Path("terraform.tfstate.d").glob("*"))
            sys.stdout.writelines(f"  {name}\n" for name in ("default", *found))
        else:
            (Path("terraform.tfstate.d") / call.words[2]).mkdir(parents=True, exist_ok=True)
        return 0

    def _force_unlock(self, call: Call) -> int:
        sys.stderr.write("Error: Failed to unlock state\n")
        return 1


def _left_by(recording: Recording) -> dict[str, Any]:
    """What the scenario's apply leaves in the state."""
    values = json.loads(recording.document or b"{}").get("planned_values", {})
    reported = {
        name: about
        for message in recording.messages("apply")
        if message.get("type") == "outputs"
        for name, about in message["outputs"].items()
    }
    outputs = {name: {**about, **reported.get(name, {})} for name, about in values.get("outputs", {}).items()}
    return {"outputs": outputs, "resources": list(_resources(values.get("root_module", {})))}


def _resources(module: dict[str, Any]) -> list[dict[str, Any]]:
    own = [
        {
            **({"module": module["address"]} if "address" in module else {}),
            "mode": one["mode"],
            "type": one["type"],
            "name": one["name"],
            "provider": f'provider["{one["provider_name"]}"]',
            "instances": [
                {
                    **({"index_key": one["index"]} if "index" in one else {}),
                    "schema_version": one["schema_version"],
                    "attributes": one["values"],
                }
            ],
        }
        for one in module.get("resources", ())
        if "values" in one  # it has none where it is to be forgotten
    ]
    return own + [one for child in module.get("child_modules", ()) for one in _resources(child)]


def _moves(document: dict[str, Any]) -> bool:
    resources = [one["change"] for one in document.get("resource_changes", ())]
    changes = [*resources, *document.get("output_changes", {}).values()]
    return any(change["actions"] != ["no-op"] or change.get("importing") for change in changes)


def _write_plan(out: Path, document: dict[str, Any], state: dict[str, Any], scenario: str) -> None:
    import zipfile

    with zipfile.ZipFile(out, "w") as plan:
        plan.writestr("tfplan", json.dumps(document))
        for name in ("tfstate", "tfstate-prev"):
            plan.writestr(name, json.dumps(state))
        plan.writestr("scenario", scenario)


def _of_plan(path: Path, name: str) -> str:
    import zipfile

    with zipfile.ZipFile(path) as plan:
        return plan.read(name).decode()


def _backend(call: Call) -> dict[str, Any] | None:
    """The one that the code names, with the settings of the code and of `-backend-config`."""
    code = "".join(
        path.read_text() for pattern in ("*.tf", "*.tofu") for path in sorted(Path().glob(pattern))
    )
    found = _BACKEND.search(code)
    if found is None:
        return None
    files = call.files()
    values = dict(pair for text in files.values() for pair in _SETTING.findall(text))
    given = "".join(files.get(name, "") for name in call.options.get("backend-config", ()))
    settings = dict(_SETTING.findall(found[2] + "\n" + given))
    for name, value in settings.items():
        settings[name] = re.sub(r"\$\{var\.(\w+)\}", lambda match: values[match[1]], value)
    return {"type": found[1], "config": {"workspace_dir": None, **settings}, "hash": 0}


def main(recording: str, version: str, folder: str) -> None:
    engine, plays, scenario = recording.split("/")
    played = recorded(engine, plays, scenario or _named_here())
    sys.exit(Player(played, version, Path(folder)).play(sys.argv[1:]))


def _named_here() -> str:
    """The scenario that the root module names, in a file of its own."""
    named = Path("scenario")
    return named.read_text().strip() if named.exists() else "create"
