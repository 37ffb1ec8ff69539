"""Which paths of this machine a server configuration may name: none that would expose or damage Driftline's own files."""

import os
import pwd
import stat
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from runner.config.check import Complaint
from runner.config.place import KeyPath
from runner.model.settings.server import Settings

_CHECKPOINTS = "checkpoints.jsonl"  # the only file of checkpoints allowed in data_dir: the default
_GIT = ".git"
_NEEDED = "list what providers need, such as ~/.aws"


def places(settings: Settings) -> Iterator[Complaint]:
    """Compared as the kernel sees them: symlinks are resolved."""
    yield from _data_dir(settings.data_dir)
    yield from _visible(settings)
    if settings.audit.checkpoints is not None:
        yield from _checkpoints(settings.audit.checkpoints, _real(settings.data_dir))


def _data_dir(path: Path) -> Iterator[Complaint]:
    here: KeyPath = ("data_dir",)
    if str(path) == "/":
        yield Complaint(here, "expected a dedicated directory")
    elif any(part.casefold() == _GIT for part in (*path.parts, *_real(path).parts)):
        yield Complaint(here, "this is inside a .git directory", "use a directory outside of it")


def _visible(settings: Settings) -> Iterator[Complaint]:
    """The home of the service's user is data_dir, so `~/.aws` lies there; none of Driftline's files starts with a dot."""
    data_dir, checkpoints = _real(settings.data_dir), settings.audit.checkpoints
    for index, named in enumerate(settings.executor.visible):
        here: KeyPath = ("executor", "visible", index)
        path = _real(named)
        below = path.relative_to(data_dir).parts if path.is_relative_to(data_dir) else None
        if path == Path("/"):
            yield Complaint(here, "this is the whole machine", _NEEDED)
        elif below is not None and not "".join(below[:1]).startswith("."):
            yield Complaint(here, "runs may not use Driftline's own files", _NEEDED)
        elif checkpoints is not None and path == _real(checkpoints):
            yield Complaint(here, "runs may not use audit.checkpoints", "remove it")
        elif any(home.is_relative_to(path) for home in _homes()):
            yield Complaint(here, "this contains an entire home directory with all its keys", _NEEDED)
        elif data_dir.is_relative_to(path):
            yield Complaint(here, "this contains data_dir, which runs may not use", _NEEDED)


def _checkpoints(named: Path, data_dir: Path) -> Iterator[Complaint]:
    here: KeyPath = ("audit", "checkpoints")
    path = _real(named)
    if data_dir.is_relative_to(path) or (path.is_relative_to(data_dir) and path != data_dir / _CHECKPOINTS):
        message = "Driftline keeps its own files there; checkpoints must be outside of what they protect"
        yield Complaint(here, message, f"use a file outside data_dir; null means data_dir/{_CHECKPOINTS}")
        return
    try:
        mode = path.stat().st_mode
    except NotADirectoryError:
        yield Complaint(here, "its parent is not a directory", "use a file in a directory")
    except (OSError, ValueError):
        return  # not there yet, on a disk that is not mounted, or not readable for this user
    else:
        if stat.S_ISDIR(mode):
            yield Complaint(here, "expected a file, but this is a directory", f"use {_CHECKPOINTS} in it")
        elif not stat.S_ISREG(mode):
            yield Complaint(here, "expected a regular file", "use a file on a disk")


def _homes() -> Iterator[Path]:
    """The user's home, by the system and by this process's environment."""
    homes = [os.path.expanduser("~")]  # noqa: PTH111 - Path.expanduser raises where there is none
    with suppress(KeyError):
        homes.append(pwd.getpwuid(os.geteuid()).pw_dir)
    return (_real(Path(home)) for home in homes if home.startswith("/"))


def _real(path: Path) -> Path:
    try:
        return path.resolve()
    except (OSError, RuntimeError, ValueError):  # a loop of links; a character that no path has
        return path
