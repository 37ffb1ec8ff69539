"""Paths inside a repository: where they lead, which are safe to write, and which a glob matches."""

import re
from collections.abc import Callable
from fnmatch import translate
from functools import lru_cache

from runner.model.values.frozen import dataclass

TOP = "."  # the repository's own folder
# `.git` in the spellings that git itself guards against.
FORBIDDEN_NAMES = frozenset({".git", "git~1", ".", "..", ""})
LONGEST_NAME = 255  # bytes, on every file system that matters
LONGEST_PATH = 3200  # of Linux's 4,096, since the data directory comes before it
SHOWN = 120
LONGEST_GLOB = 256  # characters; names of stacks have 64
WILD = re.compile(r"[*?\[]")
WILD_END = re.compile(r"[*?\[\]]")


def join(folder: str, relative: str) -> str | None:
    """The path from the repository's top, `.` for the top itself; None if it leaves the repository."""
    if relative.startswith("/") or "\0" in relative:
        return None
    parts = [] if folder == TOP else folder.split("/")
    for part in relative.split("/"):
        if part == "..":
            if not parts:
                return None
            parts.pop()
        elif part not in {"", "."}:
            parts.append(part)
    return "/".join(parts) or TOP


def parent(path: str) -> str:
    return path.rpartition("/")[0] or TOP


def unsafe(path: str) -> str | None:
    """Why a path of a tree cannot be written to a disk; None if it can."""
    if "\0" in path:
        return "it contains a NUL"
    parts = path.split("/")
    bad = next((part for part in parts if part.casefold() in FORBIDDEN_NAMES), None)
    if bad is not None:
        return f"it has a component {bad!r}"
    if _size(path) > LONGEST_PATH:
        return f"it is longer than {LONGEST_PATH:,} bytes"
    if any(_size(part) > LONGEST_NAME for part in parts):
        return f"it has a name of more than {LONGEST_NAME} bytes"
    return None


def _size(text: str) -> int:
    return len(text.encode(errors="surrogateescape"))


def printable(text: str) -> str:
    """The text with a space for each control, direction or surrogate character, fit for one line of output."""
    return text if text.isprintable() else "".join(c if c.isprintable() else " " for c in text)


def shortened(path: str) -> str:
    """A path of any length, cut to fit a line of output."""
    fit = printable(path)
    return fit if len(fit) <= SHOWN else f"{fit[: SHOWN // 2]}...{fit[-SHOWN // 4 :]}"


# Globs: `*`, `?` and `[...]` inside a name, `**` over any number of folders. Matched name by name, with
# backtracking no further than the last `**`, since a pattern may come from a repository.

DEEP = None


@dataclass(frozen=True)
class Glob:
    """`literal_start` and `literal_end` rule most paths out with a comparison each."""

    names: tuple[Callable[[str], object] | None, ...]
    literal_start: str
    literal_end: str

    def matches(self, path: str) -> bool:
        return (
            path.endswith(self.literal_end)
            and path.startswith(self.literal_start)
            and self._walk(path.split("/"))
        )

    def _walk(self, parts: list[str]) -> bool:
        names, count = self.names, len(self.names)
        here = at = 0
        deep = resume = -1
        while at < len(parts):
            name = names[here] if here < count else _never
            if name is DEEP:
                deep, resume = here, at
                here += 1
            elif name(parts[at]):
                here += 1
                at += 1
            elif deep >= 0:
                resume += 1
                here, at = deep + 1, resume
            else:
                return False
        return here == count


def _never(_part: str) -> bool:
    return False


def _always(_part: str) -> bool:
    return True


def _name_test(name: str) -> Callable[[str], object] | None:
    if name == "**":
        return DEEP
    if name == "*":
        return _always
    return re.compile(translate(name)).match if WILD.search(name) else name.__eq__


@lru_cache(maxsize=4096)
def glob(pattern: str) -> Glob:
    """Read a pattern. `a/**` means everything below `a`, and `**/b` means `b` in any folder."""
    names = [name for name in pattern.split("/") if name not in {"", "."}]
    if names and names[-1] == "**":
        names.append("*")
    compiled = tuple(map(_name_test, names))
    end = WILD_END.split(names[-1])[-1] if names else ""
    return Glob(compiled, WILD.split("/".join(names))[0], end)
