"""A stack on the faulty provider in a data directory, with the real engine: applied, and then looked at by probes."""

import json
import os
import shutil
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import pytest
from provider.cloudfile import edit
from provider.mirror import install

from runner.datadir.workspace import LocalWorkspaces
from runner.engine.command import CommandLineEngine
from runner.model.settings.server import EnginesSettings, ExecutorSettings, Settings, Timeouts
from runner.model.stack.definition import StackDefinition
from runner.model.warm.probe import ProbeFacts, ProbeRecord, Probing
from runner.model.warm.provider import Ready, Way
from runner.ports.engine import Applied, EngineError, Execution, Fallback, Planned, Probed
from runner.ports.keeping import Sealing
from runner.service.execution.probe import look

needs_terraform = pytest.mark.skipif(
    shutil.which("terraform") is None, reason="there is no terraform on PATH"
)
PATIENCE = 60.0
INPUTS = "of the code"
ADDRESS = "registry.terraform.io/driftline/cloudfile"
FAULTY = Path(__file__).with_name("faulty_provider.py")

OBJECT = """\
terraform {
  required_providers {
    cloudfile = { source = "driftline/cloudfile" }
  }
}
variable "cloud" {}
variable "token" {
  default   = "none"
  sensitive = true
}
provider "cloudfile" {
  path  = var.cloud
  token = var.token
}
resource "cloudfile_object" "web" {
  name  = "web"
  value = "one"
}
output "etag" { value = cloudfile_object.web.etag }
"""


def faulty_mirror(root: Path) -> Path:
    return install(root, FAULTY)


@dataclass
class Stage:
    """One stack. `record` is what is known of it, and is kept from one look to the next."""

    root: Path
    mirror: Path
    name: str = "web"
    main: str = OBJECT
    variables: Mapping[str, str] = field(default_factory=dict)
    timeouts: Timeouts = field(default_factory=Timeouts)
    record: ProbeRecord = field(default_factory=ProbeRecord)
    cancel: threading.Event = field(default_factory=threading.Event)
    run: int = 0
    last: Execution | None = None
    shared: CommandLineEngine | None = None  # of another stack of the same installation
    seal: Sealing | None = None  # for recordings of its checks

    def __post_init__(self) -> None:
        self.write(self.main)
        for folder in (self.orders, self.cloud.parent):
            folder.mkdir(parents=True, exist_ok=True)

    def write(self, main: str) -> None:
        path = self.tree / self.name / "main.tf"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(main)

    @property
    def data(self) -> Path:
        return self.root / "data"

    @property
    def tree(self) -> Path:
        return self.data / "trees" / "infra" / "main"

    @property
    def cloud(self) -> Path:
        return self.root / "outside" / self.name / "cloud.json"

    @property
    def orders(self) -> Path:
        return self.root / "outside" / self.name / "orders"

    @property
    def stack(self) -> StackDefinition:
        env = {"FAULTS": str(self.orders), "TF_VAR_cloud": str(self.cloud), **self.variables}
        return StackDefinition(name=self.name, path=self.name, env=env)

    @cached_property
    def engine(self) -> CommandLineEngine:
        engines = EnginesSettings(plugin_mirror=self.mirror)
        executor = ExecutorSettings(visible=(self.root / "outside",))
        settings = Settings(self.data, engines=engines, timeouts=self.timeouts, executor=executor)
        return self.shared or CommandLineEngine(settings, seal=self.seal)

    def execution(self) -> Execution:
        self.run += 1
        workspaces = LocalWorkspaces(self.data)
        # Every stack has run ids of its own here, and the folders of a run have its id as their name.
        number = self.run * 1000 + sum(self.name.encode()) % 1000
        workspace = workspaces.prepare(number, self.name, self.tree, self.name, managed_state=True)
        self.last = Execution(
            f"run-{number}",
            self.stack,
            workspace,
            workspaces.log(number),
            self.cancel,
            folder=workspace.module,
        )
        return self.last

    def copied(self, root: Path, name: str = "web", **changes: Any) -> "Stage":
        """The same stack in another installation, or in the same one under another name."""
        made = replace(self, root=root, name=name, run=0, cancel=threading.Event(), **changes)
        assert self.last is not None
        assert self.last.workspace.state is not None
        state = made.execution().workspace.state
        assert state is not None
        shutil.copyfile(self.last.workspace.state, state)
        shutil.copyfile(self.cloud, made.cloud)
        shutil.copytree(self.data / "probe" / "cache", made.data / "probe" / "cache", dirs_exist_ok=True)
        made.ready()
        return made

    # What is done

    def apply(self) -> None:
        planned = self.plan()
        execution = replace(self.execution(), for_apply=True)
        applied = self.engine.apply(execution, planned.plan_file, f"{self.run:064x}")
        assert isinstance(applied, Applied), applied
        self.forget_processes()

    def plan(self) -> Planned:
        planned = self.engine.plan(self.execution())
        assert isinstance(planned, Planned), planned
        return planned

    def probe(self, types: Mapping[str, tuple[str, ...]] | None = None) -> Probed | Fallback | EngineError:
        return self.engine.probe(self.execution(), types, 0.0)

    def probed(self, types: Mapping[str, tuple[str, ...]] | None = None) -> Probed:
        answer = self.probe(types)
        assert isinstance(answer, Probed), answer
        return answer

    def look(self, **changes: Any) -> tuple[Planned, ProbeFacts]:
        """As a check does, which has learned what the one before did."""
        reported = replace(Probing(self.record, inputs=INPUTS), **changes)
        planned, facts = look(reported, self.engine, self.execution())
        assert isinstance(planned, Planned), planned
        assert facts is not None
        self.record = facts.record
        return planned, facts

    def compared(self) -> None:
        """A first look, after which the next is a probe."""
        _, facts = self.look()
        assert facts.record.way is Way.COMPARED, facts
        self.forget_processes()

    def shown(self, planned: Planned) -> dict[str, Any]:
        """All that a plan says, but when it was made."""
        execution = self.last
        assert execution is not None
        environment = {"PATH": os.environ["PATH"], "TF_DATA_DIR": str(execution.workspace.data)}
        argv = ["terraform", "show", "-json", str(planned.plan_file)]
        ended = subprocess.run(
            argv, cwd=execution.workspace.module, env=environment, capture_output=True, check=False
        )
        assert ended.returncode == 0, ended.stderr.decode()
        document: dict[str, Any] = json.loads(ended.stdout)
        del document["timestamp"]
        return document

    # What is seen and done around it

    def ready(self) -> Ready:
        ready = self.engine.probe_ready(self.execution())
        assert isinstance(ready, Ready), ready
        return ready

    def change(self, **attributes: object) -> None:
        with edit(self.cloud) as objects:
            objects["web"].update(attributes)

    def order(self, what: str) -> None:
        (self.orders / what).touch()

    def reported(self, what: str) -> list[dict[str, Any]]:
        """What the provider's processes reported since the last reset."""
        return [json.loads(path.read_text()) for path in sorted(self.orders.glob(f"{what}-[0-9]*[0-9]"))]

    def pids(self, what: str = "started") -> list[int]:
        return [int(path.name.rpartition("-")[2]) for path in self.orders.glob(f"{what}-[0-9]*[0-9]")]

    def forget_processes(self) -> None:
        for path in self.orders.glob("*-*[0-9]"):
            path.unlink()

    def living(self) -> list[int]:
        """Processes with the environment of this stack's checks, whoever started them."""
        mark = f"FAULTS={self.orders}\0".encode()
        return [pid for pid in processes() if mark in environment_of(pid)]

    @property
    def proxy(self) -> int:
        """The pid of the proxy process."""
        process = self.engine.prober._process._process
        assert process is not None
        return process.pid

    def kill_proxy(self) -> None:
        os.kill(self.proxy, signal.SIGKILL)


def processes() -> list[int]:
    return [int(path.name) for path in Path("/proc").iterdir() if path.name.isdigit()]


def environment_of(pid: int) -> bytes:
    """Empty of one that is gone, or only not reaped yet."""
    try:
        return Path(f"/proc/{pid}/environ").read_bytes()
    except OSError:
        return b""


def wait_until(condition: Callable[[], object], what: str) -> None:
    until = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < until, f"never happened: {what}"
        time.sleep(0.02)


@pytest.fixture(scope="session")
def faulty(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return faulty_mirror(tmp_path_factory.mktemp("faulty"))


@pytest.fixture(scope="session")
def applied(tmp_path_factory: pytest.TempPathFactory, faulty: Path) -> Stage:
    """One object, applied and compared; only to be copied."""
    made = Stage(tmp_path_factory.mktemp("applied"), faulty)
    made.apply()
    made.compared()
    made.engine.prober.close()
    return made


@pytest.fixture
def stage(tmp_path: Path, applied: Stage) -> Iterator[Stage]:
    """The next look at it is a probe."""
    made = applied.copied(tmp_path)
    yield made
    made.engine.prober.close()
