"""Files as Driftline keeps them: private, complete or absent, and durable before they count."""

import errno
import fcntl
import os
import stat
from contextlib import suppress
from pathlib import Path

from runner import failpoint
from runner.model.values.regex import regex

PRIVATE_FILE = 0o600
PRIVATE_FOLDER = 0o700
SHARED_FILE = 0o666  # as far as the umask allows
LARGEST_STATE = 1 << 30
_NOT_MADE_AGAIN: set[Path] = set()
# Of a file written whole and of a key; of a database copy; of a receipt.
_UNFINISHED = regex(r"\..+\.[0-9a-f]{12}|\..+\.[0-9]+\.unfinished|[0-9a-f]{64}\.json\.[0-9]+")


def never_make_again(folder: Path) -> None:
    """If this folder disappears, it was moved or unmounted: a new one would pass for the whole content."""
    _NOT_MADE_AGAIN.add(folder)


def private_folder(path: Path) -> Path:
    """Create the folder and its parents for the owner alone; existing ones are unchanged."""
    if not path.is_dir():
        if path in _NOT_MADE_AGAIN:
            raise FileNotFoundError(errno.ENOENT, "moved or removed while it was in use", str(path))
        private_folder(path.parent)
        path.mkdir(mode=PRIVATE_FOLDER, exist_ok=True)
    return path


def write_whole(
    path: Path, content: bytes, *, durable: bool = True, folder: int | None = None, private: bool = True
) -> None:
    """Write the content in one step: readers see the old file or the new one, even after a crash.

    `folder` is an open one that the path starts from, whatever its name refers to by now.
    """
    fresh, descriptor = _begun(path, folder, PRIVATE_FILE if private else SHARED_FILE)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            if durable:
                os.fsync(file.fileno())
            failpoint.reach("file.before_rename")
            os.rename(fresh, path, src_dir_fd=folder, dst_dir_fd=folder)
    except BaseException:
        with suppress(FileNotFoundError):
            os.unlink(fresh, dir_fd=folder)
        raise
    if durable:
        sync_folder(path.parent, folder)


def write_new(path: Path, content: bytes) -> None:
    """Write a file that anyone may read, in one step; FileExistsError if one of this name is there by then."""
    fresh, descriptor = _begun(path, None, SHARED_FILE)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
            os.link(fresh, path, follow_symlinks=False)
    finally:
        fresh.unlink(missing_ok=True)
    sync_folder(path.parent)


def _begun(path: Path, folder: int | None, mode: int = PRIVATE_FILE) -> tuple[Path, int]:
    """A new file beside the path, locked while it is written: the lock of a dead process is free."""
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW
    while True:
        fresh = path.with_name(f".{path.name}.{os.urandom(6).hex()}")
        descriptor = os.open(fresh, flags, mode, dir_fd=folder)
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        if os.fstat(descriptor).st_nlink:
            return fresh, descriptor
        os.close(descriptor)  # mistaken for a dead process's file before it was locked


def remove_abandoned(path: Path) -> bool:
    """Remove the unfinished file of a dead process; False if it is still being written."""
    if not is_unfinished(path):
        return False
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError:
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        path.unlink(missing_ok=True)
    except BlockingIOError:
        return False
    finally:
        os.close(descriptor)
    return True


def read_foreign(path: Path | str, limit: int, folder: int | None = None) -> bytes:
    """A file that a run may have placed: OSError for anything but a regular file up to `limit` bytes.

    A symlink could lead to files that the run itself may not see, and reading a pipe would never end.
    `folder` is an open one that the path starts from.
    """
    descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC, dir_fd=folder)
    with os.fdopen(descriptor, "rb") as file:
        about = os.fstat(descriptor)
        if not stat.S_ISREG(about.st_mode):
            raise OSError(errno.EINVAL, "not a regular file", str(path))
        if about.st_size > limit:
            raise OSError(errno.EFBIG, f"more than {limit:,} bytes", str(path))
        # Only the claimed size: Python allocates as much as it is asked to read.
        content = file.read(about.st_size + 1)
        if len(content) > about.st_size:
            content += file.read(limit + 1 - len(content))
    if len(content) > limit:
        raise OSError(errno.EFBIG, f"more than {limit:,} bytes", str(path))
    return content


def is_unfinished(path: Path) -> bool:
    """Whether the name marks an unfinished file; its writer removes it after a failure."""
    return _UNFINISHED.fullmatch(path.name) is not None and path.is_file()


def free_bytes(folder: Path) -> int:
    """As `shutil.disk_usage` has it, without what is imported with `shutil`: archives of all kinds."""
    found = os.statvfs(folder)
    return found.f_bavail * found.f_frsize


def sync_folder(folder: Path, within: int | None = None) -> None:
    """Make a rename or an unlink in the folder durable."""
    _sync(os.open(folder, os.O_RDONLY | os.O_DIRECTORY, dir_fd=within))


def sync_file(path: Path) -> None:
    """Make the content of a file durable that another program or library wrote."""
    _sync(os.open(path, os.O_RDONLY))


def _sync(descriptor: int) -> None:
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
