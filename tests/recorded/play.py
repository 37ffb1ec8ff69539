"""A program that says what an engine was recorded to say, in place of it. `edit.json` beside it changes what is planned next."""

import json
import os
import sys
import zipfile
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
SCRIPT = "#!{python}\nimport sys\nsys.path.insert(0, {tests!r})\nfrom recorded.play import main\nmain({scenario!r}, {folder!r})\n"
STATE = {
    "version": 4,
    "serial": 1,
    "lineage": "1b7e6f0a-6a35-4f39-8f19-2d0d3a1c7a55",
    "outputs": {},
    "resources": [],
}
# How an apply ends in which something failed that may fail; the recorded one broke off there.
GOES_ON = (
    {"type": "apply_complete", "hook": {"resource": {"addr": "terraform_data.a"}, "action": "create"}},
    {"type": "change_summary", "changes": {"add": 1, "change": 0, "remove": 0, "operation": "apply"}},
)
Place = list[str | int]


def install(folder: Path, engine: str, scenario: str) -> Path:
    """The program, in this folder."""
    folder.mkdir(parents=True, exist_ok=True)
    program = folder / "terraform"
    shown = HERE / engine / scenario
    program.write_text(
        SCRIPT.format(python=sys.executable, tests=str(HERE.parent), scenario=str(shown), folder=str(folder))
    )
    program.chmod(0o755)
    return program


def edit(folder: Path, *changes: tuple[Place, Any], exit_code: int | None = None) -> None:
    """From now on the document has these values at these places, and an apply ends with this exit code."""
    (folder / "edit.json").write_text(json.dumps({"document": changes, "apply": exit_code}))


def main(scenario: str, folder: str) -> None:
    sys.exit(_play(Path(scenario), Path(folder), sys.argv[1:]))


def _play(scenario: Path, folder: Path, argv: list[str]) -> int:
    changed = folder / "edit.json"
    edits = json.loads(changed.read_text()) if changed.exists() else {"document": [], "apply": None}
    options = dict(word.lstrip("-").partition("=")[::2] for word in argv if word.startswith("-"))
    words = [word for word in argv if not word.startswith("-")]
    code = int(json.loads((scenario / "exit.json").read_text()).get(words[0], 0))
    match words[0]:
        case "version":
            version = scenario.parent.name.partition("-")[2]
            sys.stdout.write(f"Terraform v{version}\non linux_amd64\n")
        case "init":
            modules = Path(os.environ["TF_DATA_DIR"]) / "modules"
            modules.mkdir(parents=True, exist_ok=True)
            (modules / "modules.json").write_text('{"Modules": [{"Key": "", "Source": "", "Dir": "."}]}')
        case "plan":
            _say(scenario, "plan")
            _write_plan(scenario, Path(options["out"]), edits["document"])
            return 2
        case "show":
            with zipfile.ZipFile(words[1]) as plan:
                sys.stdout.write(plan.read("tfplan").decode())
        case "apply":
            _say(scenario, "apply")
            if "state" in options:
                Path(options["state"]).write_text(json.dumps({**STATE, "serial": 2}))
            if edits["apply"] == 0:
                sys.stdout.writelines(f"{json.dumps(line)}\n" for line in GOES_ON)
            return code if edits["apply"] is None else int(edits["apply"])
        case "state":
            sys.stdout.write(json.dumps(STATE))
    return code


def _say(scenario: Path, command: str) -> None:
    said = scenario / f"{command}.jsonl"
    sys.stdout.write(said.read_text() if said.exists() else "")


def _write_plan(scenario: Path, out: Path, edits: list[tuple[Place, Any]]) -> None:
    document = json.loads((scenario / "show.json").read_text())
    for place, value in edits:
        *way, last = place
        at = document
        for step in way:
            at = at[step]
        at[last] = value
    with zipfile.ZipFile(out, "w") as plan:
        plan.writestr("tfplan", json.dumps(document))
        for name in ("tfstate", "tfstate-prev"):
            plan.writestr(name, json.dumps(STATE))
