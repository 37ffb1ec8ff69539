"""One git command: started through GitPython with a scrubbed environment, and gone at its deadline with all it started."""

import os
import signal
import subprocess
import tempfile
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, BinaryIO, cast

from runner.source.environment import environment, scrubbing

KILLED = -signal.SIGKILL
NOT_FOUND = 127  # as a shell says it
GRACE = 5.0


@dataclass(frozen=True)
class Call:
    """`fds` stay open in the child: a token to read, or a lock that is then held as long as git lives."""

    argv: tuple[str, ...]
    folder: Path
    timeout: float
    extra: Mapping[str, str] = field(default_factory=dict)
    fds: tuple[int, ...] = ()


@dataclass
class Ended:
    """`output` is empty where it was streamed."""

    code: int = 0
    output: bytes = b""
    error: str = ""


def run(call: Call) -> Ended:
    """The whole output of a command."""
    try:
        process = _start(call, subprocess.DEVNULL)
    except FileNotFoundError as missing:
        return Ended(NOT_FOUND, b"", str(missing))
    try:
        output, error = process.communicate(timeout=call.timeout)
    except subprocess.TimeoutExpired:
        _kill(process)
        return Ended(KILLED, b"", _too_slow(call))
    except BaseException:
        _kill(process)
        raise
    return Ended(process.returncode, output, error.decode(errors="replace"))


@contextmanager
def stream(call: Call, stdin: bytes) -> Iterator[tuple[IO[bytes], Ended]]:
    """The output as a file while it is made; how it ended is filled in when the block is left."""
    ended = Ended()
    # A file rather than a pipe: git may then answer before it has read all questions.
    with tempfile.TemporaryFile() as questions:
        questions.write(stdin)
        questions.seek(0)
        process = _start(call, cast("BinaryIO", questions))
    late = threading.Event()

    def stop() -> None:
        late.set()
        _kill_group(process.pid)

    errors: list[bytes] = []
    drain = threading.Thread(
        target=lambda: errors.append(cast("IO[bytes]", process.stderr).read()), daemon=True
    )
    deadline = threading.Timer(call.timeout, stop)
    drain.start()
    deadline.start()
    try:
        yield cast("IO[bytes]", process.stdout), ended
        process.wait()
    finally:
        deadline.cancel()
        if process.poll() is None:
            _kill(process)
        drain.join(GRACE)
        _close(process)
        ended.code = process.returncode
        ended.error = _too_slow(call) if late.is_set() else b"".join(errors).decode(errors="replace")


def _start(call: Call, stdin: int | BinaryIO) -> "subprocess.Popen[bytes]":
    # GitPython's import asks for git's version and fails where git is missing; the command itself says it better.
    os.environ.setdefault("GIT_PYTHON_REFRESH", "quiet")
    from git import Git, GitCommandNotFound

    wanted = environment(call.extra)
    try:
        started = Git(call.folder).execute(
            [*scrubbing(wanted), *call.argv],
            istream=stdin,
            as_process=True,
            env=wanted,
            pass_fds=call.fds,
            # GitPython's own deadline kills what it can list; a group misses nothing.
            start_new_session=True,
            umask=0o077,
        )
    except GitCommandNotFound as error:
        raise FileNotFoundError("No such file or directory: git") from error
    process = cast("subprocess.Popen[bytes]", started.proc)
    started.proc = None  # from here on it is ours; GitPython would end it when its wrapper is collected
    return process


def _too_slow(call: Call) -> str:
    return f"it took longer than {call.timeout:g} s and was stopped"


def _kill_group(group: int) -> None:
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(group, signal.SIGKILL)


def _kill(process: "subprocess.Popen[bytes]") -> None:
    _kill_group(process.pid)
    process.wait()
    _close(process)


def _close(process: "subprocess.Popen[bytes]") -> None:
    for pipe in (process.stdout, process.stderr):
        if pipe is not None:
            pipe.close()
