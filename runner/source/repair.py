"""Repair an exported tree that differs from Git. It may be in use, so it stays in its place."""

import hashlib
import os
import re
import stat
from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path

from runner.foreign.budget import Budget
from runner.foreign.read import chunks_of
from runner.foreign.remove import remove
from runner.host.files import read_foreign
from runner.model.code.tree import EXECUTABLE, LINK
from runner.model.stack.source import TreeEntry
from runner.model.values.frozen import dataclass
from runner.model.values.paths import printable
from runner.model.values.regex import regex
from runner.source.mirror import Mirror
from runner.source.record import Record, Seen, Stat, is_regular

LOCK_FILE = ".terraform.lock.hcl"
MAX_NAMED = 10  # names
LARGEST_COMPARED = 8 << 20  # a lock file
# Files that the engine loads automatically.
_LOADED = regex(
    r".*\.(?:tf|tofu)(?:\.json)?|.*\.(?:tftest|tofutest)\.(?:hcl|json)|.*\.tfvars(?:\.json)?"
    r"|\.terraform|terraform\.d|\.?(?:terraformrc|tofurc)",
    re.DOTALL,
)
_CHECKSUM = regex(rb'^\s*"(?:h1|zh):[^"\n]*",?\s*\n', re.MULTILINE)
_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_FRESH = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC


@dataclass(frozen=True)
class Found:
    """Paths where a tree differs from its record."""

    odd: tuple[str, ...]  # Git's files whose stat has changed
    strange: tuple[str, ...]  # files that belong to nothing


def is_state(path: str, found: Stat) -> bool:
    """Whether it may be a state that an apply could not save."""
    return is_regular(found) and ".tfstate" in path.rpartition("/")[2]


def is_left(path: str, found: Stat) -> bool:
    """Whether a run may have left it: an archive, for example, or the lock file of a module without one."""
    return is_regular(found) and not any(_LOADED.fullmatch(part) for part in path.split("/"))


def found(record: Record, seen: Seen, *, alone: bool) -> Found:
    """While others use the tree, an unknown file may be one they are writing. A state is never removed."""
    unknown = (path for path in seen if path not in record.files and record.left.get(path) != seen[path])
    return Found(
        odd=tuple(path for path, known in record.files.items() if seen.get(path) != known),
        strange=tuple(
            path
            for path in unknown
            if not is_state(path, seen[path]) and (alone or not is_left(path, seen[path]))
        ),
    )


def differing(
    mirror: Mirror, top: Path, entries: Mapping[str, TreeEntry], seen: Seen, odd: tuple[str, ...]
) -> list[TreeEntry]:
    """Those whose content differs from Git's, not only their times."""
    suspects = [
        entries[path] for path in odd if path in entries and not _is_same(top, entries[path], seen.get(path))
    ]
    if not any(entry.path.endswith(LOCK_FILE) for entry in suspects):
        return suspects
    with mirror.contents([entry.oid for entry in suspects]) as contents:
        return [
            entry
            for entry, (_, _, chunks) in zip(suspects, contents, strict=True)
            if not (entry.path.endswith(LOCK_FILE) and _only_checksums(top / entry.path, b"".join(chunks)))
        ]


def repair(mirror: Mirror, top: Path, wrong: list[TreeEntry], strange: tuple[str, ...]) -> None:
    """Never follows a link that somebody may have placed."""
    with closing(_Folder(os.open(top, _FOLDER))) as tree:
        for path in strange:
            tree.remove(path)
        if not wrong:
            return
        with mirror.contents([entry.oid for entry in wrong]) as contents:
            for entry, (_, _, chunks) in zip(wrong, contents, strict=True):
                tree.write(entry, chunks)


def sentence(revision: str, wrong: list[TreeEntry], strange: tuple[str, ...], seen: Seen) -> str:
    """The findings as a sentence for the log."""
    lines = [
        *(f"{entry.path} was {'changed' if entry.path in seen else 'missing'}" for entry in wrong),
        *(f"{path} is not in Git" for path in strange),
    ]
    more = f" and {len(lines) - MAX_NAMED} more" if len(lines) > MAX_NAMED else ""
    return printable(
        f"the exported files of {revision[:12]} differed from Git and were restored: "
        f"{', '.join(lines[:MAX_NAMED])}{more}"
    )


class _Folder:
    """The top of a tree; every path is followed from it step by step."""

    def __init__(self, descriptor: int) -> None:
        self.descriptor = descriptor

    def close(self) -> None:
        os.close(self.descriptor)

    @contextmanager
    def _parent(self, path: str, *, make: bool) -> Iterator[tuple[int, str]]:
        *folders, name = path.split("/")
        here = os.dup(self.descriptor)
        try:
            for folder in folders:
                if make and not _is_folder(folder, here):
                    _clear(folder, here)
                    os.mkdir(folder, 0o700, dir_fd=here)
                inner = os.open(folder, _FOLDER, dir_fd=here)
                os.close(here)
                here = inner
            yield here, name
        finally:
            os.close(here)

    def remove(self, path: str) -> None:
        try:
            with self._parent(path, make=False) as (folder, name):
                _clear(name, folder)
        except (FileNotFoundError, NotADirectoryError):
            return

    def write(self, entry: TreeEntry, chunks: Iterator[bytes]) -> None:
        """Written beside the existing file, then renamed over it: concurrent readers see one of the two."""
        with self._parent(entry.path, make=True) as (folder, name):
            fresh = f".{os.getpid()}-{entry.oid[:12]}"
            _clear(fresh, folder)
            if entry.mode == LINK:
                os.symlink(b"".join(chunks), fresh, dir_fd=folder)
            else:
                mode = 0o700 if entry.mode == EXECUTABLE else 0o600
                with os.fdopen(os.open(fresh, _FRESH, mode, dir_fd=folder), "wb") as file:
                    for chunk in chunks:
                        file.write(chunk)
            if _is_folder(name, folder):
                _clear(name, folder)
            os.replace(fresh, name, src_dir_fd=folder, dst_dir_fd=folder)


def _is_folder(name: str, folder: int) -> bool:
    try:
        return stat.S_ISDIR(os.stat(name, dir_fd=folder, follow_symlinks=False).st_mode)
    except FileNotFoundError:
        return False


def _clear(name: str, folder: int) -> None:
    if _is_folder(name, folder):
        remove(name, Budget(), folder)
        return
    try:
        os.unlink(name, dir_fd=folder)
    except FileNotFoundError:
        return


def _is_same(top: Path, entry: TreeEntry, seen: Stat | None) -> bool:
    if seen is None:
        return False
    path = top / entry.path
    if entry.mode == LINK:
        return stat.S_ISLNK(seen[0]) and _link_oid(entry, path) == entry.oid
    executable = entry.mode == EXECUTABLE
    if not is_regular(seen) or bool(seen[0] & 0o100) != executable:
        return False
    try:
        return _oid(entry, seen[1], chunks_of(path, Budget())) == entry.oid
    except OSError:
        return False


def _link_oid(entry: TreeEntry, path: Path) -> str:
    target = os.fsencode(path.readlink())
    return _oid(entry, len(target), [target])


def _oid(entry: TreeEntry, size: int, chunks: Iterable[bytes]) -> str:
    """Git's name for a blob; its length determines the hash."""
    kind = "sha256" if len(entry.oid) == 64 else "sha1"
    made = hashlib.new(kind, b"blob %d\0" % size, usedforsecurity=False)
    for chunk in chunks:
        made.update(chunk)
    return made.hexdigest()


def _only_checksums(path: Path, content: bytes) -> bool:
    """Whether `init` has only added missing checksums for this platform to a lock file."""
    there = _read(path)
    if there is None or not set(_CHECKSUM.findall(content)) <= set(_CHECKSUM.findall(there)):
        return False
    return _CHECKSUM.sub(b"", there) == _CHECKSUM.sub(b"", content)


def _read(path: Path) -> bytes | None:
    """None if it is no longer a file, or too large for its content to matter."""
    try:
        return read_foreign(path, LARGEST_COMPARED)
    except OSError:
        return None
