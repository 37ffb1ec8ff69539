"""One git command: started through GitPython with a scrubbed environment, and killed with its children at its deadline."""

import os
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import field
from pathlib import Path
from types import ModuleType
from typing import IO, BinaryIO, cast

from runner.model.values.frozen import dataclass
from runner.source.environment import environment, scrubbing
from runner.source.output import TooMuch, collect, drained

KILLED = -signal.SIGKILL
NOT_FOUND = 127  # as in a shell
GRACE = 5.0
KIBIBYTE = 1024
_NO_GIT = {"GIT_PYTHON_GIT_EXECUTABLE": os.devnull, "GIT_PYTHON_REFRESH": "quiet"}
_IMPORTING = threading.Lock()
BLOCK = 512  # unit of POSIX shells for file sizes


@dataclass(frozen=True)
class Call:
    """`fds` stay open in the child: a token to read, or a lock that is held as long as git lives."""

    argv: tuple[str, ...]
    folder: Path
    timeout: float
    extra: Mapping[str, str] = field(default_factory=dict)
    fds: tuple[int, ...] = ()
    largest_file: int | None = None  # in bytes; the kernel kills a process that writes more
    max_memory: int | None = None  # in bytes, per process: an answer of 1 MB can unpack to many gigabytes
    max_output: int = 64 << 20  # a listing of half a million files


@dataclass
class Ended:
    """`output` is empty if it was streamed."""

    code: int = 0
    output: bytes = b""
    error: str = ""


def run(call: Call, stdin: bytes = b"") -> Ended:
    """The whole output of a command."""
    try:
        process = _feed(call, stdin) if stdin else _start(call, subprocess.DEVNULL)
    except FileNotFoundError as missing:
        return Ended(NOT_FOUND, b"", str(missing))
    try:
        output, error = collect(process, call.timeout, call.max_output)
    except subprocess.TimeoutExpired:
        _kill(process)
        return Ended(KILLED, b"", _too_slow(call))
    except TooMuch:
        _kill(process)
        return Ended(KILLED, b"", f"it printed more than {call.max_output >> 20} MiB and was stopped")
    except BaseException:
        _kill(process)
        raise
    _close(process)
    return Ended(process.returncode, output, error.decode(errors="replace"))


@contextmanager
def stream(call: Call, stdin: bytes) -> Iterator[tuple[IO[bytes], Ended]]:
    """The output as a file while it is produced; the result is filled in when the block is left."""
    ended = Ended()
    process = _feed(call, stdin)
    late = threading.Event()

    def stop() -> None:
        late.set()
        _kill_group(process.pid)

    errors: list[bytes] = []
    drain = threading.Thread(
        target=lambda: errors.append(drained(cast("IO[bytes]", process.stderr))), daemon=True
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


def _feed(call: Call, stdin: bytes) -> "subprocess.Popen[bytes]":
    # A file instead of a pipe: git may then answer before it has read all questions.
    with tempfile.TemporaryFile() as questions:
        questions.write(stdin)
        questions.seek(0)
        return _start(call, cast("BinaryIO", questions))


def _start(call: Call, stdin: int | BinaryIO) -> "subprocess.Popen[bytes]":
    gitpython = gitpython_module()
    wanted = environment(call.extra)
    try:
        started = gitpython.Git(call.folder).execute(
            [*limiting(call.largest_file, call.max_memory), *scrubbing(wanted), *call.argv],
            istream=stdin,
            as_process=True,
            env=wanted,
            pass_fds=call.fds,
            # GitPython's own deadline kills only what it can list; a group misses nothing.
            start_new_session=True,
            umask=0o077,
        )
    except gitpython.GitCommandNotFound as error:
        raise FileNotFoundError(f"No such file or directory: {call.argv[0]}") from error
    process = cast("subprocess.Popen[bytes]", started.proc)
    started.proc = None  # from here on it is ours; GitPython would end it when its wrapper is collected
    return process


def gitpython_module() -> ModuleType:
    """GitPython. Its import asks git twice for its version, unless it is told of a git that nobody can start.

    What tells it so leaves the environment again: each command would have to be started without it by `env`.
    """
    with _IMPORTING:
        if "git" in sys.modules:
            return sys.modules["git"]
        before = {name: os.environ.get(name) for name in _NO_GIT}
        os.environ.update(_NO_GIT)
        try:
            import git
        finally:
            for name, value in before.items():
                if value is None:
                    del os.environ[name]
                else:
                    os.environ[name] = value
    return git


def largest(size: int) -> int:
    """The next smaller file size that can be a limit."""
    return max(0, size) // BLOCK * BLOCK


def limiting(largest_file: int | None, max_memory: int | None = None) -> Iterator[str]:
    """The start of an argv that limits file size and memory per process."""
    limits = [("-f", largest_file, BLOCK), ("-d", max_memory, KIBIBYTE)]
    limits_set = [f"ulimit {option} {size // unit}" for option, size, unit in limits if size is not None]
    if limits_set:
        yield from ("sh", "-c", " && ".join([*limits_set, 'exec "$@"']), "sh")


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
