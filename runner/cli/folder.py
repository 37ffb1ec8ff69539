"""A folder on disk in the shape of a Git tree, so that what is not committed yet is checked as a commit would be."""

import hashlib
import os
import stat
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from runner.model.settings.source import SourceSettings
from runner.model.stack.source import TreeEntry

_LEFT_OUT = frozenset({".git", ".terraform"})


@dataclass
class Folder:
    """Answers the two questions of discovery: what is there, and what is in it."""

    root: Path
    left_out: frozenset[Path] = frozenset()
    _files: dict[str, Path] = field(default_factory=dict)

    def tree(self, _source: SourceSettings, _revision: str) -> Sequence[TreeEntry]:
        return sorted(self._entries(), key=lambda entry: entry.path)

    def blobs(self, _source: SourceSettings, oids: Iterable[str]) -> Mapping[str, bytes]:
        return {oid: _content(self._files[oid]) for oid in oids}

    def leaves_out(self, path: Path) -> bool:
        inside = path.relative_to(self.root).parts
        return not _LEFT_OUT.isdisjoint(inside) or not self.left_out.isdisjoint((path, *path.parents))

    def below(self, top: Path) -> Iterator[tuple[Path, list[str], list[str]]]:
        """Each folder from `top` on, with the names of what is in it."""
        for place, folders, files in os.walk(top):
            below = Path(place)
            folders[:] = sorted(name for name in folders if not self.leaves_out(below / name))
            yield below, folders, files

    def _entries(self) -> Iterator[TreeEntry]:
        for below, folders, files in self.below(self.root):
            for name in folders:
                path = below / name
                kind = "blob" if path.is_symlink() else "tree"
                yield self._entry(path, kind)
            for name in sorted(files):
                if (path := below / name).is_symlink() or path.is_file():
                    yield self._entry(path, "blob")

    def _entry(self, path: Path, kind: str) -> TreeEntry:
        """As `git ls-tree` has it; the id only has to change with the content."""
        relative = path.relative_to(self.root).as_posix()
        oid = hashlib.sha1(_mark(path), usedforsecurity=False).hexdigest()
        self._files[oid] = path
        return TreeEntry(relative, _mode(path, kind), kind, oid)


def _mark(path: Path) -> bytes:
    """The path identifies the file; size and time change with its content."""
    status = path.lstat()
    return f"{path}:{status.st_size}:{status.st_mtime_ns}".encode()


def _content(path: Path) -> bytes:
    """A link's content is where it points to, as in Git."""
    return os.fsencode(path.readlink()) if path.is_symlink() else path.read_bytes()


def _mode(path: Path, kind: str) -> str:
    if path.is_symlink():
        return "120000"
    if kind == "tree":
        return "040000"
    return "100755" if path.stat().st_mode & stat.S_IXUSR else "100644"
