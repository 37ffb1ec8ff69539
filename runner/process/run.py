"""How commands are started: own session, explicit environment, output to files that are followed live.

Never a pipe: terraform dies of SIGPIPE at its next line when the reader is gone, with resources made and no state.
Never a parent-death signal: it fires when the thread that started the process ends, not the process.
"""

import contextlib
import os
import select
import signal
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from enum import StrEnum
from pathlib import Path

from runner.host.files import PRIVATE_FILE
from runner.model.sandbox.labels import Confinement
from runner.model.sandbox.namespace import View
from runner.model.values.frozen import dataclass
from runner.ports.basics import Cancel
from runner.process.follow import Follower
from runner.process.metering import gauge
from runner.sandbox import namespaced, seccomp
from runner.sandbox.bubblewrap import Door, Namespaces, NotBegun, exit_code
from runner.sandbox.confined import confined, ruleset
from runner.sandbox.entrance import entrance

TICK = 0.05  # poll interval for a running process: 20 short wake-ups a second
MEGABYTE = 1 << 20
OOM_SECONDS = 0.05
BUBBLEWRAP_STARTS = 3


@dataclass(frozen=True)
class Step:
    """One signal of the stop sequence, and the time before the next; None waits forever."""

    signal: signal.Signals
    wait: float | None


# terraform takes a second INT or TERM as "exit now"; a hung `init` obeys neither.
STOP: tuple[Step, ...] = (
    Step(signal.SIGINT, 5.0),
    Step(signal.SIGTERM, 5.0),
    Step(signal.SIGKILL, None),
)
KILL = STOP[-1]


class Stopped(StrEnum):
    """Why we stopped it."""

    DEADLINE = "deadline"
    CANCELED = "canceled"
    BABBLED = "babbled"  # more output than the cap


@dataclass(frozen=True)
class Command:
    """What to run, in its own session."""

    argv: tuple[str, ...]
    cwd: Path
    env: Mapping[str, str]
    stdout: Path
    stderr: Path
    stdin: bytes = b""  # kept in memory only: it may be a secret
    deadline: float | None = None
    stop: tuple[Step, ...] = STOP
    lock: int | None = None  # an open file whose flock is held while any of its processes lives
    pass_fds: tuple[int, ...] = ()
    output_cap: int = 64 * MEGABYTE
    line_cap: int = 4 * MEGABYTE
    oom_score: int | None = None  # plans are killed before applies, applies before the daemon
    confine: Confinement | View | None = None  # all files that it may access; no limits if None


@dataclass(frozen=True)
class Finished:
    """`exit_code` is negative if a signal ended it. `complete` is False if output was truncated."""

    exit_code: int
    stopped: Stopped | None
    complete: bool
    seconds: float

    @property
    def signal(self) -> int | None:
        return -self.exit_code if self.exit_code < 0 else None


@dataclass(frozen=True)
class Child:
    """A started command: `leader` of a session and a group, and the command's namespaces, if any."""

    leader: "subprocess.Popen[bytes]"
    namespaces: Namespaces | None = None

    @property
    def pid(self) -> int:
        return self.leader.pid

    def send(self, step: Step) -> None:
        """Send the signal of this step to all its processes that did not leave its group or its namespaces."""
        if self.namespaces is not None and step.signal is not signal.SIGKILL:
            self.namespaces.signal(step.signal)
            return
        # Already gone, or (as macOS reports for a group of zombies) not permitted.
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self.pid, step.signal)

    def end(self) -> int:
        """Kill its remaining processes, and reap the leader; returns the exit code, negative if a signal ended it."""
        if self.namespaces is not None:
            self.namespaces.end()
        # The leader is not reaped yet, so the id of the group cannot have been reused.
        self.send(KILL)
        code = self.leader.wait()
        return code if self.namespaces is None else exit_code(code)


def run(
    command: Command,
    *,
    cancel: Cancel | None = None,
    on_line: Callable[[str], None] | None = None,
    on_start: Callable[[int], None] | None = None,
) -> Finished:
    """Run to the end; `on_line` gets each complete line of stdout within a tick. OSError if it cannot start.

    `on_start` gets the pid, which leads its own session and group.
    """
    started = time.monotonic()
    make_output(command)
    # Resources for following are opened first: after the start nothing may fail for lack of a descriptor.
    with _follower(command, on_line) as follower:
        child = start(command)
        try:
            if on_start is not None:
                on_start(child.pid)
            stopped = _attend(child, command, cancel, follower, started)
        finally:
            code = child.end()
        follower.drain()
    return Finished(code, stopped, follower.complete, time.monotonic() - started)


def start(command: Command) -> Child:
    """Start it and return at once; its output files must exist. OSError if it cannot start."""
    if isinstance(command.confine, View):
        return _start_in_namespaces(command, command.confine)
    # We open its output files: it may not access their folder.
    with ruleset(command.confine) as rules, _outputs(command) as outputs:
        leader = (
            _begin(command, *outputs) if rules is None else confined(rules, lambda: _begin(command, *outputs))
        )
    _set_oom_score(leader.pid, command.oom_score)
    return Child(leader)


def _start_in_namespaces(command: Command, view: View) -> Child:
    """Again if bubblewrap fails: a mount of this machine that vanishes while it copies them is an error to it."""
    for _ in range(BUBBLEWRAP_STARTS - 1):
        with contextlib.suppress(NotBegun):
            return _enclosed_child(command, view)
        # What it said about its failure. A device cannot be emptied.
        with contextlib.suppress(OSError):
            os.truncate(command.stderr, 0)
    return _enclosed_child(command, view)


def _enclosed_child(command: Command, view: View) -> Child:
    with enclosed(command, view) as (outer, program):
        door = Door()
        argv = tuple(door.argv(outer.argv, program))
        try:
            with _outputs(command) as outputs:
                leader = _begin(replace(outer, argv=argv, pass_fds=(*outer.pass_fds, *door.passed)), *outputs)
        except BaseException:
            door.abandon()
            raise
        # Before it continues: its children inherit this.
        _set_oom_score(leader.pid, command.oom_score)
        try:
            namespaces = door.enter(str(command.stderr))
        except BaseException:
            Child(leader).send(KILL)
            leader.wait()
            raise
    return Child(leader, namespaces)


@contextlib.contextmanager
def enclosed(command: Command, view: View) -> Iterator[tuple[Command, list[str]]]:
    """The bubblewrap command, and the command to start inside it, while the inherited descriptors are open."""
    with (
        seccomp.descriptor() as filter_in,
        entrance(view, command.argv) as (program, needed),
        contextlib.ExitStack() as stack,
    ):
        kept: tuple[int, ...] = ()
        if command.lock is not None:
            kept = (command.lock, os.dup(command.lock))
            stack.callback(os.close, kept[1])
        argv = namespaced.bubblewrap(view, command.cwd, filter_in=filter_in, kept=kept)
        passed = (*command.pass_fds, *needed, *kept, *(() if filter_in is None else (filter_in,)))
        yield replace(command, argv=tuple(argv), lock=None, confine=None, pass_fds=passed), program


def _begin(command: Command, stdout: int, stderr: int) -> "subprocess.Popen[bytes]":
    with _input(command.stdin) as stdin:
        return subprocess.Popen(  # noqa: S603 -- argv is built by code, and there is no shell
            command.argv,
            cwd=command.cwd,
            env=dict(command.env),
            stdin=stdin,
            stdout=stdout,
            stderr=stderr,
            start_new_session=True,
            umask=0o077,
            pass_fds=(*command.pass_fds, *(() if command.lock is None else (command.lock,))),
        )


@contextlib.contextmanager
def _input(content: bytes) -> Iterator[int]:
    """A file without a name that the process reads from its beginning; it cannot block its writer, as a pipe would."""
    if not content:
        yield subprocess.DEVNULL
        return
    with open(os.memfd_create("stdin"), "w+b") as file:  # noqa: PTH123 - a descriptor has no path
        file.write(content)
        file.seek(0)
        yield file.fileno()


@contextlib.contextmanager
def _outputs(command: Command) -> Iterator[tuple[int, int]]:
    with _appending(command.stdout) as stdout, _appending(command.stderr) as stderr:
        yield stdout, stderr


def make_output(command: Command) -> None:
    """Create both output files, private and empty."""
    for path in (command.stdout, command.stderr):
        os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW, PRIVATE_FILE))


def _attend(
    child: Child,
    command: Command,
    cancel: Cancel | None,
    follower: Follower,
    started: float,
) -> Stopped | None:
    """Follow it until it has ended (without reaping it), and stop it if there is a reason to."""
    stopped: Stopped | None = None
    steps = iter(command.stop)
    next_step = 0.0
    with exit_of(child.pid) as ended, gauge(child.pid) as look:
        while not ended(TICK):
            follower.read()
            now = time.monotonic()
            look(now)
            stopped = stopped or _reason(command, cancel, follower, now - started)
            if stopped is not None and now >= next_step:
                step = next(steps, None)
                next_step = now + step.wait if step is not None and step.wait is not None else float("inf")
                if step is not None:
                    child.send(step)
    return stopped


def _reason(command: Command, cancel: Cancel | None, follower: Follower, seconds: float) -> Stopped | None:
    if cancel is not None and cancel.is_set():
        return Stopped.CANCELED
    if command.deadline is not None and seconds > command.deadline:
        return Stopped.DEADLINE
    return Stopped.BABBLED if follower.overflowed else None


@contextlib.contextmanager
def exit_of(pid: int) -> Iterator[Callable[[float], bool]]:
    """A function that waits until the child has ended, or for that many seconds; it does not reap it."""
    try:
        descriptor = os.pidfd_open(pid)
    except (AttributeError, OSError):
        yield lambda timeout: _wait_by_looking(pid, timeout)
        return
    try:
        poll = select.poll()
        poll.register(descriptor, select.POLLIN)
        yield lambda timeout: bool(poll.poll(timeout * 1000))
    finally:
        os.close(descriptor)


def _wait_by_looking(pid: int, timeout: float) -> bool:
    """For systems without pidfd."""
    until = time.monotonic() + timeout
    while os.waitid(os.P_PID, pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is None:
        if time.monotonic() >= until:
            return False
        time.sleep(0.005)
    return True


def _set_oom_score(pid: int, score: int | None) -> None:
    """The children of a hardened daemon have root-owned proc files until their exec is done."""
    path = Path(f"/proc/{pid}/oom_score_adj")
    until = time.monotonic() + OOM_SECONDS
    while score is not None:
        try:
            path.write_text(str(score))
        except PermissionError:
            if time.monotonic() < until:
                time.sleep(0.001)
                continue
        except OSError:
            """It has ended, or this system has no such file."""
        break


@contextlib.contextmanager
def _appending(path: Path) -> Iterator[int]:
    # O_APPEND, so that the file can be truncated while it is being written.
    descriptor = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_NOFOLLOW)
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def _follower(command: Command, on_line: Callable[[str], None] | None) -> Follower:
    return Follower(
        command.stdout,
        command.stderr,
        on_line,
        output_cap=command.output_cap,
        line_cap=command.line_cap,
        spare=False,
    )
