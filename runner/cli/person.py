"""Who acts, by the kernel first; recorded together with how it is known."""

import os
import pwd
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from runner.model.approval import Person

_LOGINUID = Path("/proc/self/loginuid")
_UNSET = 2**32 - 1  # what the kernel says of a process that no login started


def who_acts(environ: Mapping[str, str]) -> Person:
    """The one who logged in, whatever `su` or `sudo` made of them since; else who called sudo; else the user."""
    login = _login()
    if login is not None:
        return Person(_name(login), "loginuid")
    caller = _sudo_caller(environ)
    if caller is not None:
        return Person(caller, "sudo")
    return Person(_name(os.getuid()), "user")


def _login() -> int | None:
    with suppress(OSError, ValueError):
        uid = int(_LOGINUID.read_text())
        return None if uid == _UNSET else uid
    return None


def _sudo_caller(environ: Mapping[str, str]) -> str | None:
    """Sudo sets both variables; a name alone, or of another user, was set by hand."""
    with suppress(KeyError, ValueError):
        if pwd.getpwnam(environ["SUDO_USER"]).pw_uid == int(environ["SUDO_UID"]):
            return environ["SUDO_USER"]
    return None


def _name(uid: int) -> str:
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return f"uid-{uid}"
