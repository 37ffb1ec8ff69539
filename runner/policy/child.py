"""Start an engine or a scanner: with limits, without network and credentials, and with an end."""

import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from runner.host.files import read_foreign
from runner.model.sandbox.labels import Confinement
from runner.model.sandbox.namespace import View
from runner.ports.basics import Cancel
from runner.process.run import KILL, Command, Finished, Stopped, run

OOM_SCORE = 500  # as a plan
SLACK = 8 << 20  # it may write more before it is stopped
SHOWN = 16_384  # bytes of standard error
Surround = Callable[[tuple[Path, ...], tuple[Path, ...]], Confinement | View | None]


@dataclass(frozen=True)
class Child:
    """One program with everything that it may use. `read` and `write` are the folders that it may access."""

    argv: tuple[str, ...]
    place: Path
    env: Mapping[str, str]
    seconds: float
    read: tuple[Path, ...] = ()
    write: tuple[Path, ...] = ()
    network: bool = False
    cwd: Path | None = None
    output_cap: int = 4 << 20


@dataclass(frozen=True)
class Ended:
    finished: Finished
    stdout: bytes
    stderr: str

    @property
    def problem(self) -> str:
        """Why it gave no answer; empty if it ended by itself."""
        finished = self.finished
        match finished.stopped:
            case Stopped.DEADLINE:
                return f"it took longer than {round(finished.seconds)} s"
            case Stopped.CANCELED:
                return "it was stopped on request"
            case Stopped.BABBLED:
                return "it wrote more than it may"
        if finished.signal is not None:
            return f"it was killed by signal {finished.signal}: it exceeded its limits, or crashed"
        return ""


def module(name: str, *arguments: str) -> tuple[str, ...]:
    """One of our modules as a program."""
    return (sys.executable, "-I", "-m", name, *arguments)


def run_child(child: Child, surround: Surround, cancel: Cancel | None) -> Ended:
    """OSError if it cannot be started."""
    stdout, stderr = child.place / "stdout", child.place / "stderr"
    confine = surround((child.place, *child.read), child.write)
    if isinstance(confine, View) and not child.network:
        confine = replace(confine, network=False)
    finished = run(
        Command(
            argv=child.argv,
            cwd=child.cwd or child.place,
            env=child.env,
            stdout=stdout,
            stderr=stderr,
            deadline=child.seconds,
            stop=(KILL,),
            output_cap=child.output_cap,
            oom_score=OOM_SCORE,
            confine=confine,
        ),
        cancel=cancel,
    )
    return Ended(finished, _written(stdout, child), _written(stderr, child)[-SHOWN:].decode(errors="replace"))


def _written(path: Path, child: Child) -> bytes:
    """Nothing where it is more than the cap, which `stopped` tells."""
    try:
        return read_foreign(path, child.output_cap + SLACK)
    except OSError:
        return b""
