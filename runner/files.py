"""Files as Driftline keeps them: private, whole or not there, and durable before anybody relies on them."""

import os
import re
import secrets
import stat
from pathlib import Path

from runner import failpoint

PRIVATE_FILE = 0o600
PRIVATE_FOLDER = 0o700
# Of a file that is written whole and of a key; of a copy of the database; of a receipt.
_UNFINISHED = re.compile(r"\..+\.[0-9a-f]{12}|\..+\.[0-9]+\.unfinished|[0-9a-f]{64}\.json\.[0-9]+")


def private_folder(path: Path) -> Path:
    """Make the folder and its parents for the owner alone; what exists is left as it is."""
    if not path.is_dir():
        private_folder(path.parent)
        path.mkdir(mode=PRIVATE_FOLDER, exist_ok=True)
    return path


def write_whole(path: Path, content: bytes, *, durable: bool = True) -> None:
    """Put the content there in one step: readers see the old file or the new one, also after a crash."""
    fresh = path.with_name(f".{path.name}.{secrets.token_hex(6)}")
    try:
        descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, PRIVATE_FILE)
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            if durable:
                file.flush()
                os.fsync(file.fileno())
        failpoint.reach("file.before_rename")
        fresh.replace(path)
    except BaseException:
        fresh.unlink(missing_ok=True)
        raise
    if durable:
        sync_folder(path.parent)


def is_unfinished(path: Path) -> bool:
    """Whether the name is one under which something was being written; who writes takes away what fails."""
    return _UNFINISHED.fullmatch(path.name) is not None and path.is_file()


def make_private(folder: Path) -> None:
    """Take away what others may do with anything below it, where a program chose the mode; no link is followed."""
    for place, folders, files in os.walk(folder):
        for path in (Path(place, name) for name in (*folders, *files)):
            mode = path.lstat().st_mode
            if mode & 0o077 and not stat.S_ISLNK(mode):
                path.chmod(stat.S_IMODE(mode) & PRIVATE_FOLDER)


def sync_folder(folder: Path) -> None:
    """Make a rename or an unlink in the folder durable."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
