"""Namespaces for a run, made by bubblewrap (bwrap(1)), and the way in.

    bwrap                outside: waits, and exits with the program's exit code
      bwrap              inside: the first process of the PID namespace; when it ends, the kernel kills all others there
        the program      of the run, with everything it starts below it

bubblewrap reports the pid of its first process and waits until we have opened it, so that everything a run started can be
killed for certain, whatever sessions it created. Only the standard library, and little of it: the shim of an apply needs it too.
"""

import contextlib
import json
import os
import select
import signal
import time
from collections.abc import Sequence
from dataclasses import field

from runner.host.descendants import children
from runner.model.values.frozen import dataclass

PROGRAM = "bwrap"
MARK = "@status@"  # in the program's arguments: the descriptor on which it reports that it has started
START_SECONDS = 30.0
END_SECONDS = 10.0
_SIGNALLED = 128  # added to the signal's number


class NotEntered(OSError):
    """The namespaces, or the program in them, could not be started"""


class NotBegun(NotEntered):
    """bubblewrap ended while it set up the namespaces, and the program in them has not begun"""


@dataclass
class Door:
    """The pipes to a bubblewrap that is being started. `passed` are the ends that it inherits."""

    _info: tuple[int, int] = field(default_factory=os.pipe)
    _wait: tuple[int, int] = field(default_factory=os.pipe)
    _status: tuple[int, int] = field(default_factory=os.pipe)

    @property
    def passed(self) -> tuple[int, int, int]:
        return self._info[1], self._wait[0], self._status[1]

    def argv(self, bubblewrap: Sequence[str], program: Sequence[str]) -> list[str]:
        """`bubblewrap` with its options, and the `program` to start inside, with MARK replaced by a descriptor."""
        info, wait, status = self.passed
        return [
            *bubblewrap,
            *("--info-fd", str(info), "--block-fd", str(wait), "--"),
            *(str(status) if word == MARK else word for word in program),
        ]

    def enter(self, stderr: str) -> "Namespaces":
        """After its start: open its first process, let it continue, and wait until it has become the program.

        NotEntered with the error; bubblewrap writes that to `stderr`.
        """
        self._close(self.passed)
        try:
            info = _read(self._info[0])
            if not info:
                raise NotEntered(_last_line(stderr) or "bubblewrap did not start")
            first = int(json.loads(info)["child-pid"])
            try:
                namespaces = Namespaces(first, os.pidfd_open(first))
            except ProcessLookupError:
                raise NotBegun(_last_line(stderr) or "bubblewrap's first process ended at once") from None
            with contextlib.suppress(BrokenPipeError):  # it has ended
                os.write(self._wait[1], b"+")
            began = _read(self._status[0])
            if began != b"+":
                namespaces.end()
                if began:
                    raise NotEntered(os.strerror(began[1]))
                raise NotBegun(_last_line(stderr) or "bubblewrap ended before the program began")
            return namespaces
        finally:
            self._close((self._info[0], self._wait[1], self._status[0]))

    def abandon(self) -> None:
        """If it was not started."""
        self._close((*self._info, *self._wait, *self._status))

    @staticmethod
    def _close(descriptors: Sequence[int]) -> None:
        for descriptor in descriptors:
            os.close(descriptor)


@dataclass(frozen=True)
class Namespaces:
    """The namespaces of one started program; `process` is an open descriptor of their first process."""

    first: int
    process: int

    def interrupt(self, number: int) -> None:
        """Signal only the program: its children, such as providers, are its own business."""
        program = program_of(self.first)
        if program is not None:
            _kill(program, number)

    def signal(self, number: int) -> None:
        """Signal all processes in them."""
        found = children(self.first)
        for pid in found:  # grows meanwhile
            found += children(pid)
            _kill(pid, number)

    def end(self) -> None:
        """Kill all remaining processes, and wait until they are gone."""
        try:
            signal.pidfd_send_signal(self.process, signal.SIGKILL)
        except ProcessLookupError:
            pass
        else:
            _ended(self.process, END_SECONDS)
        os.close(self.process)


def program_of(first: int) -> int | None:
    """The child of the first process; None if it has ended. Orphans are listed later."""
    started = []
    for child in children(first):
        with contextlib.suppress(OSError, IndexError), open(f"/proc/{child}/stat") as file:
            started.append((int(file.read().rpartition(")")[2].split()[19]), child))
    return min(started)[1] if started else None


def exit_code(code: int) -> int:
    """As in Python: negative if a signal ended the program."""
    return _SIGNALLED - code if code > _SIGNALLED else code


def _kill(pid: int, number: int) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.kill(pid, number)


def _ended(process: int, seconds: float) -> bool:
    poll = select.poll()
    poll.register(process, select.POLLIN)
    return bool(poll.poll(seconds * 1000))


def _read(descriptor: int) -> bytes:
    """To its end, or until the start timeout."""
    found, until = b"", time.monotonic() + START_SECONDS
    poll = select.poll()
    poll.register(descriptor, select.POLLIN)
    while poll.poll(max(0.0, until - time.monotonic()) * 1000):
        part = os.read(descriptor, 4096)
        if not part:
            break
        found += part
    return found


def _last_line(path: str) -> str:
    try:
        with open(path, "rb") as file:
            return file.read(1 << 16).decode(errors="replace").strip().rpartition("\n")[2][:500]
    except OSError:
        return ""
