"""What a plan pays for being kept to its own files: a start with everything that leads up to it, beside a bare one."""

import os
import threading
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path

from benchmarks.figure import Figure, at_most_above, interleaved, timed
from benchmarks.size import Size
from runner.datadir.workspace import LocalWorkspaces
from runner.engine.sandbox_policy import SandboxPolicy
from runner.model.settings.server import Settings
from runner.model.stack.definition import StackDefinition
from runner.ports.engine import Execution
from runner.process.run import Command, run
from runner.sandbox import landlock

PROGRAM = Path("/bin/true")


def measure(size: Size, folder: Path) -> Iterator[Figure]:
    if landlock.abi() == 0:
        return
    tree = folder / "trees" / "infra" / "main"
    tree.mkdir(parents=True)
    workspace = LocalWorkspaces(folder).prepare(1, "web", tree, ".", managed_state=True)
    stack = StackDefinition(name="web")
    starts = _Starts(folder, Execution("run-1", stack, workspace, folder / "log", threading.Event()))
    confined, bare = interleaved(
        size.part(1), partial(timed, starts.confined), partial(timed, partial(run, starts.command))
    )
    yield at_most_above(0.005, "a confined start", confined, bare, str(PROGRAM))


class _Starts:
    def __init__(self, folder: Path, execution: Execution) -> None:
        scratch = execution.workspace.scratch
        self.execution = execution
        # A service's: each folder of a home on it would be one mount more.
        own = {"PATH": os.defpath}
        self.fence = SandboxPolicy(Settings(data_dir=folder), (), own, {**os.environ, **own})
        self.command = Command((str(PROGRAM),), scratch, own, scratch / "stdout", scratch / "stderr")

    def confined(self) -> None:
        rules = self.fence.around(self.execution, PROGRAM, (), "plan")
        assert rules is not None
        run(replace(self.command, confine=rules))
