"""The tree of one revision, indexed once, so that ten thousand stacks can be compared without a checkout."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cached_property

from runner.model.stack.source import TreeEntry
from runner.model.values.paths import TOP, parent, unsafe

EXECUTABLE = "100755"
FILES = frozenset({"100644", "100664", EXECUTABLE})
LINK = "120000"
SUBMODULE = "160000"
MAX_LINKS = 40  # Linux's own limit


Unfit = tuple[tuple[str, str], ...]  # paths, each with the reason


def fitting(entries: Sequence[TreeEntry]) -> tuple[list[TreeEntry], Unfit]:
    """The entries that can be written to a disk, and those that cannot, without anything below them.

    An odd path is a problem only for the stacks whose code contains it.
    """
    seen = Counter(entry.path for entry in entries)
    folders = {TOP}
    left_out: dict[str, str] = {}
    fit = []
    # A folder comes before its contents.
    for entry in sorted(entries, key=lambda entry: entry.path):
        above = parent(entry.path)
        if above != TOP and above in left_out:
            reason: str | None = ""
        elif above not in folders:
            reason = "it is in no directory of the tree"
        elif seen[entry.path] > 1:
            reason = "its directory contains it twice"
        else:
            # The folder above has its own entry.
            reason = unsafe(entry.path)
        if reason is not None:
            left_out[entry.path] = reason
            continue
        fit.append(entry)
        if entry.kind == "tree":
            folders.add(entry.path)
    return fit, tuple((path, reason) for path, reason in left_out.items() if reason)


class Tree:
    """`links` gives the targets of symbolic links; one without a target leads nowhere."""

    def __init__(
        self, entries: Iterable[TreeEntry], links: Mapping[str, str] | None = None, unfit: Unfit = ()
    ) -> None:
        self.unfit = unfit
        self._entries = {entry.path: entry for entry in entries}
        self._targets = links or {}
        self._children: dict[str, list[TreeEntry]] = {}
        for path, entry in self._entries.items():
            self._children.setdefault(parent(path), []).append(entry)
        self.links = frozenset(path for path, entry in self._entries.items() if entry.mode == LINK)

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

    def below(self, folder: str) -> Iterator[TreeEntry]:
        """Everything under the folder that is not a folder."""
        waiting = [folder]
        while waiting:
            for entry in self.children(waiting.pop()):
                if entry.kind == "tree":
                    waiting.append(entry.path)
                else:
                    yield entry

    @cached_property
    def stray(self) -> tuple[str, ...]:
        """The links that lead out of the repository, or in a circle."""
        return tuple(path for path in sorted(self.links) if self.follow(path) is None)

    def linked(self, path: str) -> str | None:
        """The first symbolic link on the path, or None."""
        if not self.links:
            return None
        parts = path.split("/")
        ways = ("/".join(parts[:count]) for count in range(1, len(parts) + 1))
        return next((way for way in ways if way in self.links), None)

    def follow(self, path: str) -> str | None:
        """Where the path leads when links are followed; None if outside, or a cycle.

        Name by name, as the kernel does: `a/..` is not the folder of `a` if `a` is a link.
        """
        here: list[str] = []
        waiting = path.split("/")[::-1]
        followed = 0
        while waiting:
            name = waiting.pop()
            if name in {"", "."}:
                continue
            if name == "..":
                if not here:
                    return None
                here.pop()
                continue
            here.append(name)
            way = "/".join(here)
            if way in self.links:
                followed += 1
                target = self._targets.get(way, "")
                if followed > MAX_LINKS or not target or target.startswith("/") or "\0" in target:
                    return None
                here.pop()
                waiting += target.split("/")[::-1]
        return "/".join(here) or TOP
