"""Who acts, by the kernel alone; recorded together with how it is known."""

import os
import pwd
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

from runner.model.approval.approval import Person

_PROC = Path("/proc")
_UNSET = 2**32 - 1  # what the kernel says of a process that no login started
_ROOT = 0
_DEEPEST = 64


def who_acts(proc: Path = _PROC, uid: Callable[[], int] = os.getuid) -> Person:
    """The one who logged in, whatever `su` or `sudo` made of them since; else who called sudo or su; else the user.

    Nothing is taken from the environment: SUDO_USER is a text that anybody can set.
    """
    login = _login(proc)
    if login is not None:
        return Person(_name(login), "loginuid")
    mine = uid()
    caller = next((one for one in _ancestors(proc) if one not in {mine, _ROOT}), None)
    if caller is not None:
        return Person(_name(caller), "caller")
    return Person(_name(mine), "user")


def _login(proc: Path) -> int | None:
    with suppress(OSError, ValueError):
        uid = int((proc / "self/loginuid").read_text())
        return None if uid == _UNSET else uid
    return None


def _ancestors(proc: Path) -> Iterator[int]:
    """The real user of each process above this one, as far as it may be seen."""
    pid = "self"
    for _ in range(_DEEPEST):
        with suppress(OSError, ValueError, KeyError, IndexError):
            facts = dict(
                line.split(":", 1) for line in (proc / pid / "status").read_text().splitlines() if ":" in line
            )
            if pid != "self":
                yield int(facts["Uid"].split()[0])
            pid = facts["PPid"].strip()
            if pid != "0":
                continue
        return


def _name(uid: int) -> str:
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return f"uid-{uid}"
