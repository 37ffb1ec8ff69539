"""Close this process's memory, environment and descriptors to others of the same user.

A module may say `file("/proc/<pid>/environ")`, and terraform runs under the daemon's user: without this, what the daemon
was given in its environment would be there to read. Programs that it starts are not affected: exec opens them again.
"""

import ctypes
import resource
import sys
from pathlib import Path

_PR_GET_DUMPABLE, _PR_SET_DUMPABLE = 3, 4


def close_to_others() -> bool:
    """No core dumps, and no way in through /proc or ptrace; False where this system does not know how."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if not sys.platform.startswith("linux"):
        return False
    libc = ctypes.CDLL(None, use_errno=True)
    done: int = libc.prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0)
    return done == 0 and bool(libc.prctl(_PR_GET_DUMPABLE, 0, 0, 0, 0) == 0)


def closed_to_others(pid: int) -> bool | None:
    """Whether another process is closed so; None where that cannot be seen, as of one that root runs."""
    folder = Path("/proc") / str(pid)
    try:
        user = folder.stat().st_uid
        # The kernel hands the private files of a closed process to root.
        owner = (folder / "environ").stat().st_uid
    except OSError:
        return None
    return None if user == 0 else owner != user
