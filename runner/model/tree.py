"""The tree of one revision, indexed once, so that ten thousand stacks can be compared without a checkout."""

from collections.abc import Iterable, Iterator, Mapping

from runner.model.paths import TOP, join, parent
from runner.model.source import TreeEntry

EXECUTABLE = "100755"
FILES = frozenset({"100644", "100664", EXECUTABLE})
LINK = "120000"
SUBMODULE = "160000"
MOST_LINKS = 40  # as many as Linux follows


class Tree:
    """`links` gives the targets of symbolic links, where they are known."""

    def __init__(self, entries: Iterable[TreeEntry], links: Mapping[str, str] | None = None) -> None:
        self._entries = {entry.path: entry for entry in entries}
        self._links = links or {}
        self._children: dict[str, list[TreeEntry]] = {}
        for entry in self._entries.values():
            self._children.setdefault(parent(entry.path), []).append(entry)

    def __iter__(self) -> Iterator[TreeEntry]:
        return iter(self._entries.values())

    def get(self, path: str) -> TreeEntry | None:
        return self._entries.get(path)

    def is_folder(self, path: str) -> bool:
        entry = self._entries.get(path)
        return path == TOP or (entry is not None and entry.kind == "tree")

    def is_file(self, path: str) -> bool:
        entry = self._entries.get(path)
        return entry is not None and entry.mode in FILES

    def children(self, folder: str) -> list[TreeEntry]:
        return self._children.get(folder, [])

    def linked(self, path: str) -> str | None:
        """The first symbolic link on the way to the path, or None."""
        parts = path.split("/")
        ways = ("/".join(parts[:count]) for count in range(1, len(parts) + 1))
        return next((way for way in ways if (entry := self._entries.get(way)) and entry.mode == LINK), None)

    def follow(self, path: str) -> str | None:
        """Where the path leads when its links are followed; None where that is outside, or a circle."""
        for _ in range(MOST_LINKS):
            link = self.linked(path)
            if link is None:
                return path
            rest = path[len(link) :].lstrip("/")
            target = join(parent(link), self._links.get(link, "/"))
            further = None if target is None else join(target, rest)
            if further is None:
                return None
            path = further
        return None
