"""Open what somebody else made, without being redirected or blocked."""

import errno
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_NO_DETOUR = os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
_FOLDER = os.O_RDONLY | os.O_DIRECTORY | _NO_DETOUR
_HANDLE = getattr(os, "O_PATH", 0) | os.O_DIRECTORY | _NO_DETOUR
_OWNER = stat.S_IRWXU


@contextmanager
def folder(
    path: Path | str, within: int | None = None, *, change: bool = False, as_is: bool = False
) -> Iterator[int]:
    """The folder's descriptor. A folder without permissions for its owner is opened up; with `change` also a
    read-only one; with `as_is` none.
    """
    descriptor = os.open(path, _FOLDER, dir_fd=within) if as_is else _open_folder(path, within)
    try:
        if change:
            mode = os.fstat(descriptor).st_mode
            if mode & _OWNER != _OWNER:
                os.fchmod(descriptor, stat.S_IMODE(mode) | _OWNER)
        yield descriptor
    finally:
        os.close(descriptor)


def _open_folder(path: Path | str, within: int | None) -> int:
    try:
        return os.open(path, _FOLDER, dir_fd=within)
    except PermissionError:
        if not hasattr(os, "O_PATH"):
            raise
    # By a handle on the folder itself: between two accesses by name it could be replaced.
    handle = os.open(path, _HANDLE, dir_fd=within)
    try:
        own = f"/proc/self/fd/{handle}"
        os.chmod(own, stat.S_IMODE(os.fstat(handle).st_mode) | _OWNER)  # noqa: PTH101 - a descriptor, and no path
        return os.open(own, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    finally:
        os.close(handle)


@contextmanager
def regular(path: Path | str, within: int | None = None) -> Iterator[tuple[int, os.stat_result]]:
    """A regular file's descriptor and stat; OSError for anything else of that name."""
    descriptor = os.open(path, os.O_RDONLY | _NO_DETOUR, dir_fd=within)
    try:
        about = os.fstat(descriptor)
        if not stat.S_ISREG(about.st_mode):
            raise OSError(errno.EINVAL, "not a regular file", str(path))
        yield descriptor, about
    finally:
        os.close(descriptor)
