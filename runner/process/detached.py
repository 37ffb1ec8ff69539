"""An apply as a process that outlives us: a shim owns it, and any process can follow it through files.

In a folder out of the apply's reach: `apply.jsonl` and `apply.stderr`, which terraform writes through
inherited descriptors, `apply.stop` to request a stop, `apply.result` with its end. Pids are never checked:
that of a dead daemon's shim may have been reused.
"""

import contextlib
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path

from runner import failpoint
from runner.host.files import private_folder
from runner.model.sandbox.namespace import View
from runner.model.values.frozen import dataclass
from runner.ports.basics import Cancel
from runner.process.follow import Follower
from runner.process.metering import gauge
from runner.process.run import MEGABYTE, Command, enclosed, exit_of, make_output, start
from runner.sandbox.confined import ruleset

SHIM = Path(__file__).with_name("shim.py")
TICK = 0.05
REAP_SECONDS = 5.0  # its result exists, and it has nothing left to do
ADOPTED_TICK = 0.2  # of one that can only be checked by its lock
OUTPUT_CAP = 64 * MEGABYTE
LINE_CAP = 4 * MEGABYTE

Ended = Callable[[float], bool]


class Left(Exception):
    """we stopped following; the apply goes on"""


@dataclass(frozen=True)
class Files:
    """The files of one apply."""

    receipt: Path
    control: Path  # out of its reach, like the receipt

    @property
    def stdout(self) -> Path:
        return self.control / "apply.jsonl"

    @property
    def stderr(self) -> Path:
        return self.control / "apply.stderr"

    @property
    def result(self) -> Path:
        return self.control / "apply.result"

    @property
    def stop(self) -> Path:
        return self.control / "apply.stop"

    @property
    def cut(self) -> Path:
        """That output was truncated is known only to the process that did it."""
        return self.control / "apply.cut"

    @property
    def silent(self) -> bool:
        """Whether not a single byte was written: without a receipt, terraform was never started."""
        return not any(path.exists() and path.stat().st_size for path in (self.stdout, self.stderr))


@dataclass(frozen=True)
class Result:
    """As the shim wrote it. `exit_code` is negative if a signal ended terraform."""

    exit_code: int = 0
    seconds: float = 0.0
    refused: str = ""  # why terraform was not started


@dataclass(frozen=True)
class Seen:
    """`result` is None if the process is gone without leaving one. `complete`: no output was truncated."""

    result: Result | None
    complete: bool
    asked_to_stop: bool
    begun: bool  # False if terraform certainly never ran


@contextlib.contextmanager
def launched(
    command: Command,
    files: Files,
    facts: Mapping[str, object],
    alive: Callable[[], bool],
    kept: tuple[int, ...] = (),
) -> Iterator[Ended]:
    """Start the shim with the command; the returned function waits for its end. OSError if it cannot start.

    `kept` stays open in the shim as long as it lives, and not in terraform. `alive` checks the command's
    lock: terraform may go on without its shim.
    """
    for folder in (files.receipt.parent, files.control):
        private_folder(folder)
    for path in (files.result, files.stop, files.cut):
        path.unlink(missing_ok=True)
    order = {
        "receipt": str(files.receipt),
        "result": str(files.result),
        "stop": str(files.stop),
        "stderr": str(files.stderr),
        "facts": dict(facts),
        "kept": kept,
    }
    own = replace(command, stdout=files.stdout, stderr=files.stderr, pass_fds=(*command.pass_fds, *kept))
    with _owned(own, order) as shim:
        make_output(shim)
        failpoint.reach("spawn.before_fork")
        child = start(shim).leader
    gone = adopted(alive)
    with exit_of(child.pid) as shim_ended, gauge(child.pid) as look:

        def ended(seconds: float) -> bool:
            look(time.monotonic())
            return shim_ended(seconds) and gone(0)

        yield ended
        # Not if following was given up: the shim goes on, and its new parent reaps it.
        with contextlib.suppress(subprocess.TimeoutExpired):
            child.wait(REAP_SECONDS)


@contextlib.contextmanager
def _owned(command: Command, order: Mapping[str, object]) -> Iterator[Command]:
    """The shim that will start the command. It is not confined itself: terraform must not write its files."""
    with contextlib.ExitStack() as stack:
        match command.confine:
            case None:
                confined: dict[str, object] = {}
            case View() as view:
                command, program = stack.enter_context(enclosed(command, view))
                confined = {"program": program}
            case rules:
                descriptor = stack.enter_context(ruleset(rules))
                assert descriptor is not None
                command = replace(command, pass_fds=(*command.pass_fds, descriptor), confine=None)
                confined = {"ruleset": descriptor}
        shim = (sys.executable, "-I", "-S", str(SHIM), json.dumps({**order, **confined}))
        yield replace(command, argv=(*shim, *command.argv), env={**command.env, **_failpoints()})


def adopted(alive: Callable[[], bool]) -> Ended:
    """The end of an apply that an earlier process started: the locks it inherited are free."""

    def ended(seconds: float) -> bool:
        if not alive():
            return True
        time.sleep(max(seconds, ADOPTED_TICK))
        return False

    return ended


def follow(
    files: Files,
    ended: Ended,
    *,
    cancel: Cancel,
    leave: Cancel,
    on_line: Callable[[str], None],
) -> Seen:
    """Pass on its output until it has ended; Left if `leave` is set before.

    A fault in `on_line`, or too much output, never reaches the process.
    """
    files.control.mkdir(mode=0o700, parents=True, exist_ok=True)
    for path in (files.stdout, files.stderr):
        # Terraform, which holds the descriptor, could remove the mode.
        if path.is_file() and not path.is_symlink():
            path.chmod(0o600)
        os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_NOFOLLOW, 0o600))
    with Follower(
        files.stdout, files.stderr, on_line, output_cap=OUTPUT_CAP, line_cap=LINE_CAP, spare=True
    ) as follower:
        result = _result(files)
        while result is None:
            over = ended(TICK)
            follower.read()
            _note_cut(files, follower)
            # After the liveness check: everything it wrote before its end is there by now.
            result = _result(files)
            if over:
                break
            if leave.is_set() and result is None:
                raise Left
            if cancel.is_set() and not files.stop.exists():
                files.stop.touch(mode=0o600)
        follower.drain()
        _note_cut(files, follower)
        complete = follower.complete and not files.cut.exists()
        return Seen(result, complete, files.stop.exists(), _begun(files, result))


def _note_cut(files: Files, follower: Follower) -> None:
    if follower.overflowed:
        with contextlib.suppress(OSError):
            files.cut.touch(mode=0o600)


def _begun(files: Files, result: Result | None) -> bool:
    if result is not None:
        return not result.refused
    return files.receipt.exists() or files.result.exists() or not files.silent


def _result(files: Files) -> Result | None:
    """None also if it is torn, which only a faulty disk can cause: then its end is unknown."""
    try:
        return Result(**json.loads(files.result.read_bytes()))
    except (FileNotFoundError, ValueError, TypeError):
        return None


def _failpoints() -> dict[str, str]:
    return {name: os.environ[name] for name in (failpoint.VARIABLE, failpoint.NOTED) if name in os.environ}
