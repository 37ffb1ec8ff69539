"""The stat of an exported tree when it matched Git, so that checking it reads none of its files.

A folder's times show whether a name was added or removed, so a folder is listed only if they changed.
"""

import json
import os
import stat
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import field
from functools import lru_cache
from pathlib import Path

from runner.foreign.budget import Budget
from runner.foreign.opening import folder as opened
from runner.host.boot import boot_of_this_host
from runner.host.files import write_whole
from runner.model.values.frozen import dataclass

MAX_ENTRIES = 2_000_000
REMEMBERED = 2  # for ten thousand stacks one takes 15 MB, and a twentieth of a second to read

# Mode, size, modification time, change time, and inode. Only the kernel sets the change time.
Stat = list[int]
Seen = dict[str, Stat]


@dataclass(frozen=True)
class Record:
    files: Seen  # Git's, with the links that were made
    left: Seen = field(default_factory=dict)  # what runs left beside them
    folders: Seen = field(default_factory=dict)

    def untouched(self, top: Path) -> bool:
        return self.nothing_new(top) and _as_seen(top, self.files)

    def nothing_new(self, top: Path) -> bool:
        """Whether no name was added or removed, and files left by runs are unchanged."""
        return _as_seen(top, self.folders) and _as_seen(top, self.left)


def _as_seen(top: Path, seen: Mapping[str, Stat]) -> bool:
    start = f"{top}/"
    try:
        return all(facts(os.lstat(start + path)) == known for path, known in seen.items())
    except OSError:
        return False


def scan(top: Path) -> tuple[Seen, Seen]:
    """Every entry below that is not a folder, and the folders, with the top as "", by path; no link is followed.

    TooMuch, or another OSError, if a run made it deeper or wider than any repository.
    """
    budget = Budget(entries=MAX_ENTRIES)
    seen: Seen = {}
    folders: Seen = {"": facts(top.lstat())}
    waiting = [("", os.fspath(top))]
    while waiting:
        prefix, folder = waiting.pop()
        with opened(folder) as descriptor, os.scandir(descriptor) as entries:
            for entry in entries:
                budget.entry(prefix)
                # A run that works there may have removed it meanwhile.
                with suppress(FileNotFoundError):
                    found = facts(entry.stat(follow_symlinks=False))
                    if stat.S_ISDIR(found[0]):
                        folders[prefix + entry.name] = found
                        waiting.append((f"{prefix}{entry.name}/", f"{folder}/{entry.name}"))
                    else:
                        seen[prefix + entry.name] = found
    return seen, folders


def of(seen: Seen, folders: Seen, files: Seen, left: Seen) -> Record:
    """An entry in neither still has to be examined, so its folder must not count as unchanged."""
    left = {path: stat for path, stat in left.items() if path not in files}
    unknown = {path.rpartition("/")[0] for path in seen if path not in files and path not in left}
    return Record(files, left, folders | {folder: [] for folder in unknown})


def facts(found: os.stat_result) -> Stat:
    return [found.st_mode, found.st_size, found.st_mtime_ns, found.st_ctime_ns, found.st_ino]


def is_regular(found: Stat) -> bool:
    return stat.S_ISREG(found[0])


def read(path: Path) -> Record | None:
    """None if there is no valid one.

    Files are not synced, so after a power cut they may be empty: a tree is valid only for the boot that made
    it.
    """
    try:
        found = path.stat()
    except OSError:
        return None
    # Each write makes a new file. An old record does no harm: a tree that matches it is good too.
    return _read(path, found.st_ino, found.st_size)


@lru_cache(maxsize=REMEMBERED)
def _read(path: Path, _inode: int, _size: int) -> Record | None:
    try:
        document = json.loads(path.read_bytes())
        return (
            Record(document["files"], document["left"], document["folders"])
            if document["boot"] == boot_of_this_host()
            else None
        )
    except (OSError, ValueError, KeyError, TypeError):
        return None


def write(path: Path, record: Record) -> None:
    document = {
        "boot": boot_of_this_host(),
        "files": record.files,
        "left": record.left,
        "folders": record.folders,
    }
    write_whole(path, json.dumps(document, separators=(",", ":")).encode(), durable=False)
