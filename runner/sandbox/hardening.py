"""Close this process's memory, environment and descriptors to other processes of the same user.

A module may use `file("/proc/<pid>/environ")`, and terraform runs as the daemon's user: without this it could
read the daemon's environment. Programs that the daemon starts are not affected: exec reverts it.
"""

import ctypes
import resource
import sys
from pathlib import Path

_PR_GET_DUMPABLE, _PR_SET_DUMPABLE = 3, 4


def close_to_others() -> bool:
    """Disable core dumps, and access through /proc or ptrace; False if this system does not support it."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if not sys.platform.startswith("linux"):
        return False
    libc = ctypes.CDLL(None, use_errno=True)
    done: int = libc.prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0)
    return done == 0 and bool(libc.prctl(_PR_GET_DUMPABLE, 0, 0, 0, 0) == 0)


def closed_to_others(pid: int) -> bool | None:
    """Whether another process is closed in this way; None if unknown, as for one that root runs."""
    folder = Path("/proc") / str(pid)
    try:
        user = folder.stat().st_uid
        # The kernel gives the private files of a closed process to root.
        owner = (folder / "environ").stat().st_uid
    except OSError:
        return None
    return None if user == 0 else owner != user
