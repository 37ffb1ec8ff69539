"""A process that is kept: started again when it ends or hangs, and never alive without its keeper.

It inherits a pipe and writes a byte to it now and then, as a watchdog expects. The end of its pipe is its end.
A parent-death signal fires when the thread that started the process ends: here that thread lives exactly as long as
the process should, so the signal is what is wanted, also where the keeper is killed and the process hangs.
"""

import contextlib
import ctypes
import os
import select
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path

from runner.model.values.frozen import dataclass

BEAT_SECONDS = 5.0  # how often the process writes to its pipe
DESCRIPTOR = "@beat@"  # in its arguments: the number of the pipe
_PR_SET_PDEATHSIG = 1


@dataclass(frozen=True)
class Kept:
    """What is kept."""

    argv: tuple[str, ...]
    env: Mapping[str, str]
    cwd: Path
    oom_score: int = 500  # before the keeper


@dataclass(frozen=True)
class Pace:
    """All in seconds."""

    begin: float = 60.0  # until its first beat
    beat: float = 30.0  # without one for so long, it hangs
    stop: float = 8.0  # between SIGTERM and SIGKILL
    pause: float = 1.0  # before the second start; doubled by each end after less than `steady`
    longest_pause: float = 60.0
    steady: float = 60.0


@dataclass(frozen=True)
class Ended:
    """`exit_code` is negative if a signal ended it."""

    exit_code: int
    hung: bool
    lived: float
    pause: float


class Keeper:
    """One thread, which starts the process and waits for its end. `tell` gets every end that nobody asked for."""

    def __init__(self, name: str, tell: Callable[[Ended], None], pace: Pace = Pace()) -> None:
        self._tell, self._pace = tell, pace
        self._wanted: Kept | None = None
        self._closed = False
        self._asked, self._ask = os.pipe()
        os.set_blocking(self._ask, False)
        self._thread = threading.Thread(target=self._keep, name=name, daemon=True)
        self._thread.start()

    def turn_to(self, wanted: Kept | None) -> None:
        """Stop what runs, and keep this from now on; nothing for None."""
        self._wanted = wanted
        self._wake()

    def close(self) -> None:
        """Stop it, and wait until it has ended."""
        self._wanted, self._closed = None, True
        self._wake()
        self._thread.join()
        os.close(self._asked)
        os.close(self._ask)

    def _wake(self) -> None:
        with contextlib.suppress(BlockingIOError):
            os.write(self._ask, b".")

    def _keep(self) -> None:
        pause = self._pace.pause
        while not self._closed:
            wanted = self._wanted
            if wanted is None:
                _wait(self._asked, None)
                self._hear()
                continue
            ended = self._live(wanted, pause)
            if ended is None:
                pause = self._pace.pause
                continue
            self._tell(ended)
            if _wait(self._asked, ended.pause):
                self._hear()
            steady = ended.lived >= self._pace.steady
            pause = self._pace.pause if steady else min(2 * ended.pause, self._pace.longest_pause)

    def _hear(self) -> None:
        os.read(self._asked, 4096)

    def _live(self, wanted: Kept, pause: float) -> Ended | None:
        """One life of the process; None if it was asked to end."""
        began = time.monotonic()
        beats, inherited = os.pipe()
        try:
            process = _start(wanted, inherited)
        except OSError:
            os.close(beats)
            return Ended(127, hung=False, lived=0.0, pause=pause)
        finally:
            os.close(inherited)
        try:
            hung = self._attend(beats)
            if hung is None:
                _stop(process, self._pace.stop)
                return None
            if hung:
                process.kill()
            return Ended(process.wait(), hung, time.monotonic() - began, pause)
        finally:
            os.close(beats)

    def _attend(self, beats: int) -> bool | None:
        """Until it has ended (False) or hangs (True), or somebody asks for something else (None)."""
        poll = select.poll()
        poll.register(beats, select.POLLIN)
        poll.register(self._asked, select.POLLIN)
        patience = self._pace.begin
        while ready := dict(poll.poll(patience * 1000)):
            if self._asked in ready:
                self._hear()
                return None
            if not os.read(beats, 4096):
                return False
            patience = self._pace.beat
        return True


def _start(wanted: Kept, beat: int) -> "subprocess.Popen[bytes]":
    argv = tuple(str(beat) if word == DESCRIPTOR else word for word in wanted.argv)
    process = subprocess.Popen(  # noqa: S603 -- argv is built by code, and there is no shell
        argv,
        cwd=wanted.cwd,
        env=dict(wanted.env),
        stdin=subprocess.DEVNULL,
        start_new_session=True,
        umask=0o077,
        pass_fds=(beat,),
    )
    with contextlib.suppress(OSError):
        Path(f"/proc/{process.pid}/oom_score_adj").write_text(str(wanted.oom_score))
    return process


def _stop(process: "subprocess.Popen[bytes]", patience: float) -> None:
    process.terminate()
    try:
        process.wait(patience)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def _wait(descriptor: int, seconds: float | None) -> bool:
    poll = select.poll()
    poll.register(descriptor, select.POLLIN)
    return bool(poll.poll(None if seconds is None else seconds * 1000))


class Pulse:
    """In the process: its end of the pipe. It dies with the thread that started it."""

    def __init__(self, descriptor: int) -> None:
        os.set_inheritable(descriptor, False)
        os.set_blocking(descriptor, False)
        self._pipe = descriptor
        ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
        self.beat()  # which also ends us if the keeper died before that

    def beat(self) -> None:
        """BrokenPipeError if nobody keeps us any more."""
        with contextlib.suppress(BlockingIOError):
            os.write(self._pipe, b".")
