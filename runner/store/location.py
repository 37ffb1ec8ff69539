"""The location of the database: created only where none can have been, readable only by its owner, never on a network."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

from runner.errors import DatabaseRefused, DataDirRefused, NoDatabase
from runner.store.faults import refused

# POSIX locks, which SQLite relies on, are not reliable there.
NETWORK = frozenset({"nfs", "nfs4", "cifs", "smb3", "fuse.sshfs"})
# Folders beside the database that contain something only after it was used.
_TRACES = ("artifacts", "reports", "workspaces", "logs", "receipts")
_CHECKPOINTS = "checkpoints.jsonl"
_JOURNALS = ("-journal", "-wal")
_BESIDE = (*_JOURNALS, "-shm")
_MOUNTS = Path("/proc/self/mountinfo")


def admit(path: Path, *, create: bool) -> bool:
    """Make sure that there is a file to open: the old one, or with `create` a new one in a new data directory.

    Returns whether it is new.

    A database that is gone is never replaced by an empty one: that would forget what is applied.
    """
    if create:
        try:
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError as error:
            raise DataDirRefused(data_dir=path.parent, problem=error.strerror or error) from error
    elif not path.parent.is_dir():
        raise NoDatabase(data_dir=path.parent)
    _refuse_network(path)
    found = path.exists()
    if found and path.stat().st_size:
        _make_private(path)
    elif _was_used(path, found=found):
        raise refused(path, f"it is {'empty' if found else 'missing'}, but this data directory was in use")
    elif not found:
        if not create:
            raise NoDatabase(data_dir=path.parent)
        _create(path)
        return True
    return False


def identity(path: Path) -> tuple[int, int] | None:
    """Which file the path names, without opening it: closing it would drop this process's locks on it."""
    with suppress(OSError):
        status = path.stat()
        return status.st_dev, status.st_ino
    return None


def cannot_change(path: Path) -> bool:
    """Whether it is on a read-only disk, and all of it is in the file: SQLite could not make there what a WAL needs."""
    with suppress(OSError):
        return bool(os.statvfs(path).f_flag & os.ST_RDONLY) and not _has_journal(path)
    return False


def filesystem(device: int, mountinfo: str) -> str | None:
    """The type of the file system on a device, from the kernel's mount list."""
    wanted = f"{os.major(device)}:{os.minor(device)}"
    for line in mountinfo.splitlines():
        before, _, after = line.partition(" - ")
        if before.split()[2:3] == [wanted]:
            return after.split()[0]
    return None


def _refuse_network(path: Path) -> None:
    if not _MOUNTS.exists():
        return
    kind = filesystem(path.parent.stat().st_dev, _MOUNTS.read_text(errors="replace"))
    if kind in NETWORK:
        raise DatabaseRefused(
            path=path,
            problem=f"it is on {kind}, where file locks are unreliable",
            hint="set data_dir to a directory on a local disk",
        )


def _was_used(path: Path, *, found: bool) -> bool:
    # While another process creates the database, its journal lies beside the empty file.
    if not found and _has_journal(path):
        return True
    checkpoints = path.parent / _CHECKPOINTS
    if checkpoints.exists() and checkpoints.stat().st_size:
        return True
    folders = (path.parent / name for name in _TRACES)
    return any(folder.is_dir() and any(folder.iterdir()) for folder in folders)


def _has_journal(path: Path) -> bool:
    return any(Path(f"{path}{suffix}").exists() for suffix in _JOURNALS)


def _create(path: Path) -> None:
    with suppress(FileExistsError):
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))


def _make_private(path: Path) -> None:
    for suffix in ("", *_BESIDE):
        file = Path(f"{path}{suffix}")
        with suppress(FileNotFoundError, PermissionError):
            if file.stat().st_mode & 0o077:
                file.chmod(0o600)
