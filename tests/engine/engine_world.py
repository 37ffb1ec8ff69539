"""One stack in a data directory, with a real terraform, a counted one, or a fake one."""

import json
import os
import shutil
import subprocess
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest
from engine_under_test import under_test
from wrapped import program

from runner.datadir.workspace import LocalWorkspaces
from runner.engine.command import CommandLineEngine
from runner.model.settings.server import (
    EnginesSettings,
    ExecutorSettings,
    Settings,
    TerraformSettings,
    Timeouts,
    TofuSettings,
)
from runner.model.stack.definition import StackDefinition
from runner.model.stack.engine_wants import EngineWants, Wish
from runner.model.values.span import Seconds
from runner.ports.engine import Applied, ApplyEnd, EngineError, Execution, Planned
from runner.sandbox import namespaced

_UNDER_TEST = under_test()
TERRAFORM = str(_UNDER_TEST) if _UNDER_TEST is not None else shutil.which("terraform")
needs_namespaces = pytest.mark.skipif(
    namespaced.problem() is not None, reason=f"this machine gives no namespaces: {namespaced.problem()}"
)
needs_terraform = pytest.mark.skipif(TERRAFORM is None, reason="there is no terraform on PATH")
PATIENCE = 30.0

SIMPLE = """
variable "word" { default = "one" }
resource "terraform_data" "a" { input = var.word }
output "word" { value = var.word }
"""


def engines(binary: Path | None, engine: str = "") -> EnginesSettings:
    """With this program as the engine of that name, or of its own name."""
    if binary is None:
        return EnginesSettings()
    if (engine or binary.name) == "tofu":
        return EnginesSettings(tofu=TofuSettings(str(binary)))
    return EnginesSettings(terraform=TerraformSettings(str(binary)))


@dataclass
class World:
    """`run` counts up, as runs do; everything else may be changed between two calls."""

    folder: Path
    engines: EnginesSettings = field(default_factory=lambda: engines(_UNDER_TEST))
    timeouts: Timeouts = field(default_factory=Timeouts)
    stack: StackDefinition = field(default_factory=lambda: StackDefinition(name="prod/app"))
    daemon: Mapping[str, str] | None = None
    managed: bool = True
    cancel: threading.Event = field(default_factory=threading.Event)
    run: int = 0
    last: Execution | None = None

    @property
    def tree(self) -> Path:
        return self.folder / "trees" / "infra" / "main"

    @property
    def module(self) -> Path:
        return self.tree / self.stack.path

    @property
    def outside(self) -> Path:
        """Where a run may leave things: not in the data directory."""
        folder = self.folder.parent / "outside"
        folder.mkdir(exist_ok=True)
        return folder

    @property
    def log(self) -> str:
        path = self.workspaces.log(self.run)
        return path.read_text() if path.exists() else ""

    @property
    def settings(self) -> Settings:
        return Settings(
            data_dir=self.folder,
            engines=self.engines,
            timeouts=self.timeouts,
            executor=ExecutorSettings(visible=(self.folder.parent,)),  # the fakes note there what they see
        )

    @property
    def engine(self) -> CommandLineEngine:
        return CommandLineEngine(self.settings, self.daemon)

    @property
    def workspaces(self) -> LocalWorkspaces:
        return LocalWorkspaces(self.folder)

    @property
    def own(self) -> Path:
        """The stack's own folder."""
        assert self.last is not None
        return self.last.workspace.data.parent

    @property
    def wants(self) -> EngineWants:
        version = self.stack.engine_version
        return EngineWants(None if version is None else Wish(version, "engine_version"))

    def write(self, files: Mapping[str, str]) -> None:
        for name, content in files.items():
            path = self.tree / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(content)

    def execution(self, **fields: Any) -> Execution:
        self.run += 1
        workspace = self.workspaces.prepare(
            self.run, self.stack.name, self.tree, self.stack.path, managed_state=self.managed
        )
        self.last = Execution(
            run=f"run-{self.run}",
            stack=self.stack,
            workspace=workspace,
            log=self.workspaces.log(self.run),
            cancel=self.cancel,
            wants=self.wants,
            **fields,
        )
        return self.last

    def plan(self, **fields: Any) -> Planned | EngineError:
        return self.plan_in(self.execution(**fields))

    def plan_in(self, execution: Execution) -> Planned | EngineError:
        """With what changes in full."""
        outcome = self.engine.plan(execution)
        return outcome if isinstance(outcome, EngineError) or outcome.show is None else outcome.show(None)

    def planned(self, **fields: Any) -> Planned:
        outcome = self.plan(**fields)
        assert isinstance(outcome, Planned), outcome
        return outcome

    def failed(self, **fields: Any) -> EngineError:
        outcome = self.plan(**fields)
        assert isinstance(outcome, EngineError), outcome
        return outcome

    def apply(self, planned: Planned, **fields: Any) -> Applied | EngineError:
        """In a new run, as a plan made earlier is."""
        execution = self.execution(for_apply=True, lock=True, **fields)
        # Two plans of one second may be equal byte for byte.
        outcome = self.engine.apply(execution, planned.plan_file, f"{self.run:064x}")
        assert isinstance(outcome, Applied | EngineError), outcome
        return outcome

    def applied(self, planned: Planned) -> Applied:
        outcome = self.apply(planned)
        assert isinstance(outcome, Applied), outcome
        return outcome

    def use(self, binary: Path, **changes: Any) -> None:
        """As the engine of its stack."""
        named = engines(binary, self.stack.engine)
        self.engines = replace(self.engines, terraform=named.terraform, tofu=named.tofu, **changes)


def counted(folder: Path) -> tuple[Path, Callable[[], list[str]]]:
    """A terraform that notes the command of each call, and the notes since they were last asked for."""
    notes = folder / "calls"
    notes.touch()
    binary = program(folder / "counted" / "terraform", f'echo "$1" >> {notes}\nexec {TERRAFORM} "$@"')

    def calls() -> list[str]:
        made = notes.read_text().split()
        notes.write_text("")
        return made

    return binary, calls


def fake(folder: Path, script: str, version: str = "1.11.4") -> Path:
    """A terraform that tells its version and does what the script says for every other command."""
    answer = json.dumps({"terraform_version": version})
    return program(
        folder / "fake" / "terraform", f"[ \"$1\" = version ] && {{ echo '{answer}'; exit; }}\n{script}"
    )


def state_of(path: Path) -> dict[str, Any]:
    state: dict[str, Any] = json.loads(path.read_text())
    return state


def wait_until(condition: Callable[[], object], what: str) -> None:
    until = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < until, f"never happened: {what}"
        time.sleep(0.02)


def terraform(*arguments: str, cwd: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """The bare command, to look at things with."""
    assert TERRAFORM is not None
    env = {"PATH": os.environ["PATH"], "CHECKPOINT_DISABLE": "1", "TF_IN_AUTOMATION": "1", **environment}
    return subprocess.run(
        [TERRAFORM, *arguments], cwd=cwd, env=env, capture_output=True, text=True, check=False
    )


def short(**spans: float) -> Timeouts:
    return Timeouts(**{name: Seconds(span) for name, span in spans.items()})


# Each step leaves a line in effects.log; `b` waits for the file `go`.
STEPS = """
resource "terraform_data" "a" {
  provisioner "local-exec" { command = "echo a >> %(log)s" }
}
resource "terraform_data" "b" {
  depends_on = [terraform_data.a]
  provisioner "local-exec" { command = "echo waiting; until [ -e %(go)s ]; do sleep 0.05; done; echo b >> %(log)s" }
}
resource "terraform_data" "c" {
  depends_on = [terraform_data.b]
  provisioner "local-exec" { command = "echo c >> %(log)s" }
}
"""


class Steps:
    def __init__(self, world: World) -> None:
        self.log = world.outside / "effects.log"
        self.go = world.outside / "go"
        world.write({"main.tf": STEPS % {"log": self.log, "go": self.go}})

    @property
    def effects(self) -> list[str]:
        return self.log.read_text().split() if self.log.exists() else []


def failed(outcome: ApplyEnd) -> EngineError:
    assert isinstance(outcome, EngineError), outcome
    return outcome
