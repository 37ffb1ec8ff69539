"""The surroundings of one execution, and running one command in them."""

import json
import secrets
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote

from runner.engine.contexts import NOTHING, FromContexts
from runner.engine.environment import own_folders
from runner.engine.generated_files import Made
from runner.engine.initialised.backend_file import backend_file
from runner.engine.initialised.cli_config import PLUGINS
from runner.engine.initialised.lock_file import LockFiles
from runner.engine.initialised.needed import InitInputs
from runner.engine.initialised.seal import SEALED, Seal, SealBroken, discard, newest
from runner.engine.input_files import Measured, measure
from runner.engine.journal import Journal
from runner.engine.json_output import JsonOutput
from runner.engine.modules import code_files
from runner.engine.modules.code_files import Code
from runner.engine.modules.configuration import root_backend
from runner.engine.redaction import Redaction
from runner.engine.removal import remove
from runner.engine.sandbox_policy import SandboxPolicy
from runner.engine.sensitive import Given, sensitive_values
from runner.engine.served_state import put_backend
from runner.engine.versions.record import binary_digest
from runner.errors import BadStackFile, EngineAnswered, EngineFailed
from runner.host.files import private_folder, read_foreign, write_whole
from runner.model.code.called_modules import ROOT
from runner.model.code.engines import EngineRow
from runner.model.engine.constraint import parse
from runner.model.sandbox.labels import Confinement
from runner.model.sandbox.namespace import View
from runner.model.stack.definition import DEFAULT_WORKSPACE
from runner.model.values.frozen import dataclass
from runner.ports.engine import Execution
from runner.process.run import Command, Finished, run

if TYPE_CHECKING:
    from runner.probe.installed import Installed

# Plans are killed before applies, and applies before the daemon.
OOM_SCORE_PLAN = 500
OOM_SCORE_APPLY = 200
OUTPUT_CAP = 64 << 20
DOCUMENT_CAP = 1 << 30
STDERR_SHOWN = 16_384
DOCUMENTS = frozenset({"show", "probe-show"})  # commands that print one, with secrets


@dataclass(frozen=True)
class Session:
    """What all commands of one execution share."""

    row: EngineRow
    binary: Path
    version: str
    execution: Execution
    environment: Mapping[str, str]
    cli_config: Path
    journal: Journal
    sandbox: SandboxPolicy | None = None
    plan_file: Path | None = None  # the one to apply, wherever it lies
    confined: Confinement | View | None = None  # if it was computed already
    seal: Seal | None = None  # source of each command's data folder
    measured: Measured | None = None
    read: Mapping[str, bytes] | None = None  # the tree's configuration as measured
    contexts: FromContexts = NOTHING
    initialised: bool = False  # by this execution, which has just made the seal
    providers: "tuple[Installed, ...] | None" = None  # verified when the seal was found

    @cached_property
    def given(self) -> Given:
        return sensitive_values(self.execution, self.row.suffixes, self.environment)

    @cached_property
    def redaction(self) -> Redaction:
        return Redaction.over(
            self.environment,
            self.given.texts,
            self.contexts.secrets | self.execution.context_secrets,
            by_marks=self.execution.nonsensitive,
        )

    @property
    def scratch(self) -> Path:
        return self.execution.workspace.scratch

    @property
    def control(self) -> Path:
        return self.execution.workspace.control

    def run(
        self,
        name: str,
        argv: tuple[str, ...],
        *,
        deadline: float | None = None,
        shows_text: bool = False,
        extra: Mapping[str, str] | None = None,
        on_start: Callable[[int], None] | None = None,
    ) -> tuple[Finished, JsonOutput]:
        """Run one command to its end, writing to the journal; EngineFailed if it cannot be started."""
        output = self.output(shows_text=shows_text)
        follows = name not in DOCUMENTS
        self.restore()
        command = replace(
            self.command(name, argv, extra),
            deadline=deadline,
            oom_score=OOM_SCORE_PLAN,
            output_cap=OUTPUT_CAP if follows else DOCUMENT_CAP,
        )
        self.open_journal(name)
        try:
            finished = run(
                command,
                cancel=self.execution.cancel,
                on_line=(lambda line: self.journal.write(output.feed(line))) if follows else None,
                on_start=on_start,
            )
        except (OSError, ValueError) as error:
            raise EngineFailed(
                f'stack "{self.execution.stack.name}": {self.row.name} {name} could not be started: {error}',
                hint="driftline doctor",
            ) from error
        self.journal.write(self.stderr(name).splitlines())
        started = f"{self.row.name} {self.version}"
        if output.answered not in {None, started}:
            raise EngineAnswered(stack=self.execution.stack.name, started=started, answered=output.answered)
        return finished, output

    def restore(self, *, made: bool = False) -> None:
        """Before each command: drop everything an earlier one wrote to the data folder or the lock file.

        `made`: except files that this run's plan made beside fetched modules, for its apply.
        """
        if self.seal is None:
            return
        self.put_module_right()
        try:
            self.seal.restore(self.execution.workspace.data)
            if made:
                self.made.put_back()
        except SealBroken as broken:
            discard(self.seal)
            raise self._failed(f"the result of init is damaged: {broken}") from broken
        except OSError as error:
            raise self._failed(f"its data directory could not be created: {error}") from error

    def put_module_right(self) -> None:
        """Its lock file, and the backend of a state that is served."""
        module = self.execution.workspace.module
        try:
            self.lock_files.put_right(module)
            if self.execution.served is not None:
                put_backend(module)
        except OSError as error:
            raise self._failed(f"its lock file could not be restored: {error}") from error

    def _failed(self, what: str) -> EngineFailed:
        name = self.execution.stack.name
        return EngineFailed(f'stack "{name}": {what}', hint=f"driftline plan {name}")

    @contextmanager
    def looking(self) -> Iterator["Session"]:
        """For reading the state, perhaps beside a running apply: its data folder only has the backend record.

        Its home is empty: an `.aws/config` left by the run could redirect it to another state.
        """
        place = self.control / f"look-{secrets.token_hex(6)}"
        data, home = place / "data", private_folder(place / "home")
        try:
            if self.seal is None:
                private_folder(data)
            else:
                self.seal.restore_backend(data)
            workspace = replace(self.execution.workspace, data=data, scratch=home)
            environment = {**self.environment, **own_folders(workspace)}
            judged = replace(self.execution.judged, computed=self._computes)
            execution = replace(self.execution, workspace=workspace, judged=judged)
            yield replace(self, execution=execution, environment=environment, seal=None)
        finally:
            remove(place)

    def output(self, *, shows_text: bool = False) -> JsonOutput:
        return JsonOutput(self.redaction, self.row.version_key, shows_text=shows_text)

    def command(self, name: str, argv: tuple[str, ...], extra: Mapping[str, str] | None = None) -> Command:
        claim = self.execution.claim
        confine = self.confinement(name)
        return Command(
            argv=tuple(map(confine.argument, argv)) if isinstance(confine, View) else argv,
            cwd=self.execution.workspace.module,
            env={**self.environment, **(extra or {})},
            stdout=self.control / f"{name}.jsonl",
            stderr=self.control / f"{name}.stderr",
            lock=None if claim is None else claim.lock,
            oom_score=OOM_SCORE_APPLY,
            confine=confine,
        )

    def confinement(self, name: str) -> Confinement | View | None:
        if self.sandbox is None or self.confined is not None:
            return self.confined
        installed = self.cli_config.parent / PLUGINS
        given = (self.cli_config, installed, *filter(None, [self.plan_file, self.contexts.folder]))
        called = self.seal.manifest.local_folders if self.seal is not None else ()
        return self.sandbox.around(self.execution, self.binary, given, name, called)

    def open_journal(self, name: str) -> None:
        self.journal.write([self._title(name)])

    def resume_journal(self, name: str) -> None:
        """Continue after what another process has logged of this command."""
        self.journal.resume(self._title(name))

    def _title(self, name: str) -> str:
        return f"== {self.row.name} {name}"

    def stderr(self, name: str) -> str:
        """The end of its stderr: with `-json`, a warning about the CLI configuration or a panic."""
        try:
            raw = read_foreign(self.control / f"{name}.stderr", OUTPUT_CAP)
        except OSError:
            return ""
        return self.redaction.text(raw[-STDERR_SHOWN:].decode(errors="replace"))

    # The files and folders of this execution

    @property
    def state(self) -> Path | None:
        """The managed state; other workspaces have their own files, laid out like the local backend's."""
        default = self.execution.workspace.state
        workspace = self.execution.stack.terraform_workspace
        if default is None or workspace == DEFAULT_WORKSPACE:
            return default
        folder = default.parent / "terraform.tfstate.d" / quote(workspace, safe="")
        return private_folder(folder) / default.name

    def var_files(self) -> tuple[Path, ...]:
        """The stack's var files in order, and its `vars` as the last one."""
        stack = self.execution.stack
        folder = self._folder() if stack.var_files else None
        named = tuple(folder / file for file in stack.var_files) if folder is not None else ()
        if not stack.vars:
            return named
        own = self.scratch / "driftline.tfvars.json"
        write_whole(own, json.dumps(stack.vars).encode(), durable=False)
        return (*named, own)

    def values_for(self, command: str) -> tuple[Path, ...]:
        """The var files for a command that reads the code, if it has to evaluate something in it."""
        return self.var_files() if self._computes and command in self.row.asks_for_values else ()

    @property
    def _computes(self) -> bool:
        return self.execution.judged.computed or (self.seal is not None and self.seal.manifest.computed)

    def var_files_of_apply(self) -> tuple[Path, ...]:
        """The same as for the plan, if the code has ephemeral variables: a saved plan does not store their values."""
        version, _ = parse(self.version)
        needed = any(b"ephemeral" in content for content in (self.read or {}).values())
        return self.var_files() if needed and version >= self.row.apply_variables_since else ()

    def _folder(self) -> Path:
        """The stack file's folder; if not given, the module's folder without the stack's `path`."""
        if self.execution.folder is not None:
            return self.execution.folder
        below = [part for part in self.execution.stack.path.split("/") if part not in {"", "."}]
        if ".." in below:
            raise BadStackFile(
                f'stack "{self.execution.stack.name}": the location of its var_files is unknown',
                hint="put them next to the root module",
            )
        folder = self.execution.workspace.module
        return folder.parents[len(below) - 1] if below else folder

    @property
    def has_workspace(self) -> bool:
        """Whether its workspace has to exist in the backend; every backend has the default one."""
        return self.execution.workspace.state is None and (
            self.execution.stack.terraform_workspace != DEFAULT_WORKSPACE
        )

    def backend_config(self) -> Path | None:
        settings = self.execution.stack.backend_config
        if not settings or self.execution.workspace.state is not None:
            return None
        declared = root_backend(code_files.read(self.code, [ROOT]), self.row.suffixes)
        path = self.scratch / "backend.tfbackend"
        content = backend_file("" if declared is None else declared.type, settings)
        write_whole(path, content.encode(), durable=False)
        return path

    @property
    def sealed(self) -> Path:
        return self.execution.workspace.data.with_name(SEALED)

    @property
    def made(self) -> Made:
        return Made(self.execution.workspace.data, self.execution.run)

    @property
    def verified(self) -> Path:
        """Where verified installed providers are recorded."""
        return self.cli_config.parent / "verified"

    @property
    def lock_files(self) -> LockFiles:
        return LockFiles(self.cli_config.parent)

    @property
    def code(self) -> Code:
        workspace = self.execution.workspace
        return Code(workspace.module, workspace.tree or workspace.module, self.row.suffixes)

    def with_newest_seal(self) -> "Session":
        """Without checking whether it is valid for another plan: an apply may be using it."""
        return replace(self, seal=newest(self.sealed))

    def with_seal(self, seal: Seal, code: Mapping[str, bytes], *, initialised: bool = False) -> "Session":
        files = [(file, self._read(file)) for file in self.var_files()]
        measured = measure(code, seal.manifest, files)
        return replace(self, seal=seal, measured=measured, initialised=initialised, read=code)

    def _read(self, var_file: Path) -> bytes | None:
        """None if it is missing, which terraform will report."""
        try:
            own = var_file.is_relative_to(self.scratch)
            return read_foreign(var_file, OUTPUT_CAP) if own else code_files.read_file(self.code, var_file)
        except FileNotFoundError:
            return None
        except OSError as error:
            raise self._failed(f"its var file cannot be read: {error}") from error

    def init_inputs(self) -> InitInputs:
        stack = self.execution.stack
        folder = self._folder() if stack.var_files else None
        files = [folder / file for file in stack.var_files] if folder is not None else []
        return InitInputs(
            code=self.code,
            data=self.execution.workspace.data,
            engine=f"{self.binary} {self.version} {binary_digest(self.binary, self.cli_config.parent)}",
            cli_config=self.cli_config.read_bytes(),
            backend_config=stack.backend_config,
            workspace=stack.terraform_workspace,
            judged=self.execution.judged,
            registry=self.row.registry,
            variables=b"\0".join(
                [
                    json.dumps([stack.vars, stack.env], sort_keys=True).encode(),
                    self.execution.judged.computed_text.encode(errors="surrogateescape"),
                    *(self._read(file) or b"" for file in files),
                ]
            ),
        )
