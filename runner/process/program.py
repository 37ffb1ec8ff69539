"""Start a program of the operator's, such as a scanner: with limits, without credentials, and with an end."""

import sys
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

from runner.host.files import read_foreign
from runner.model.sandbox.labels import Confinement
from runner.model.sandbox.namespace import View
from runner.model.values.frozen import dataclass
from runner.ports.basics import Cancel
from runner.process.run import KILL, Command, Finished, Stopped, run

OOM_SCORE = 500  # as a plan
SLACK = 8 << 20  # it may write more before it is stopped
SHOWN = 16_384  # bytes of standard error
Surround = Callable[[tuple[Path, ...], tuple[Path, ...]], Confinement | View | None]


@dataclass(frozen=True)
class Program:
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
    stdin: bytes = b""


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


def run_program(program: Program, surround: Surround, cancel: Cancel | None) -> Ended:
    """OSError if it cannot be started."""
    stdout, stderr = program.place / "stdout", program.place / "stderr"
    confine = surround((program.place, *program.read), program.write)
    if isinstance(confine, View) and not program.network:
        confine = replace(confine, network=False)
    finished = run(
        Command(
            argv=program.argv,
            cwd=program.cwd or program.place,
            env=program.env,
            stdout=stdout,
            stderr=stderr,
            stdin=program.stdin,
            deadline=program.seconds,
            stop=(KILL,),
            output_cap=program.output_cap,
            oom_score=OOM_SCORE,
            confine=confine,
        ),
        cancel=cancel,
    )
    return Ended(
        finished, _written(stdout, program), _written(stderr, program)[-SHOWN:].decode(errors="replace")
    )


def _written(path: Path, program: Program) -> bytes:
    """Nothing where it is more than the cap, which `stopped` tells."""
    try:
        return read_foreign(path, program.output_cap + SLACK)
    except OSError:
        return b""
