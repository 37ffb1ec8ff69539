"""bubblewrap on this machine: whether it can create namespaces here, and its options for a run's view."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path

from runner.model.sandbox.labels import Access
from runner.model.sandbox.namespace import ABSENT, PRIVATE, Shown, View
from runner.sandbox.bubblewrap import PROGRAM

PRIVATE_BYTES = 256 << 20  # memory for each of its private folders
TRY_SECONDS = 20
_KINDS = ("--unshare-user-try", "--unshare-pid", "--unshare-ipc", "--unshare-uts")
# With the pid of the first process, others could open its descriptors: the one that shows that the run is alive.
_FIRST = "/proc/1"


@cache
def located() -> str | None:
    """On the operator's PATH, or where distributions install it."""
    return shutil.which(PROGRAM) or shutil.which(PROGRAM, path="/usr/bin:/bin:/usr/local/bin")


@cache
def problem() -> str | None:
    """Why runs get no namespaces on this machine; None if they do. Tried once, in 10 ms."""
    if not sys.platform.startswith("linux"):
        return "namespaces are Linux's"
    program = located()
    if program is None:
        return "bubblewrap is not installed"
    argv = [program, *_fixed(), "--", "/bin/true"]
    try:
        tried = subprocess.run(  # noqa: S603 -- a fixed command
            argv, capture_output=True, text=True, timeout=TRY_SECONDS, check=False, stdin=subprocess.DEVNULL
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        return f"bubblewrap cannot be run: {error}"
    return None if tried.returncode == 0 else (tried.stderr.strip() or "bubblewrap failed")[:300]


def bubblewrap(view: View, cwd: Path, *, filter_in: int | None, kept: Sequence[int]) -> list[str]:
    """The command up to the options of the door.

    `kept` are two descriptors of one open file: the outer process holds one until the program has ended, the
    first process inside holds the other until everything has; then a lock on the file is free. The system
    call filter is read from `filter_in`.
    """
    program = located()
    assert program is not None, "asked for by `problem` before"
    options = [
        *_fixed(),
        *(() if view.network else ("--unshare-net",)),
        *(word for one in view.mounts for word in _mount(one)),
    ]
    # A hidden folder contains only the mount points inside it.
    hidden = [one.path for one in view.mounts if one.access is Access.NOTHING and one.folder]
    options += [word for path in (*hidden, *ABSENT) for word in ("--remount-ro", path)]
    if filter_in is not None:
        options += ["--seccomp", str(filter_in)]
    if kept:
        outer, first = kept
        options += ["--json-status-fd", str(outer), "--sync-fd", str(first)]
    return [program, *options, "--chdir", view.inside(os.path.realpath(cwd))]


def _fixed() -> Iterator[str]:
    yield from _KINDS
    yield from ("--cap-drop", "ALL", "--ro-bind", "/", "/")
    # Read-only: processes of one user could affect each other through files in there.
    yield from ("--proc", "/proc", "--tmpfs", _FIRST, "--remount-ro", _FIRST, "--remount-ro", "/proc")
    # Without the terminals of this machine: the new /dev/pts is empty.
    yield from ("--dev", "/dev")
    for path in PRIVATE:
        # On a machine without /var/tmp none is needed, and none can be made.
        if os.path.isdir(path) and not os.path.islink(path):  # noqa: PTH112, PTH114 - as texts, before each start
            yield from ("--size", str(PRIVATE_BYTES), "--perms", "1777", "--tmpfs", path)
    yield from ("--remount-ro", "/dev")
    for path in ABSENT:
        yield from ("--tmpfs", path)


def _mount(one: Shown) -> tuple[str, ...]:
    match one.access:
        case Access.NOTHING if one.folder:
            return ("--tmpfs", one.path)
        case Access.NOTHING:
            # Opening a device fails where devices are not allowed, as in every mount except /dev.
            return ("--ro-bind", "/dev/null", one.path)
        case Access.READ:
            return ("--ro-bind-try", one.machine, one.path)
        case Access.WRITE:
            return ("--bind-try", one.machine, one.path)
