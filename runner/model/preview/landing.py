"""Whether a request came into its base exactly as it was previewed, by a merge, a squash, a rebase or a fast-forward."""

import hashlib
from collections.abc import Iterable, Mapping, Sequence

from runner.model.values.frozen import dataclass

MOST_REBASED = 100  # commits of one request; one with more has to be merged or squashed
NOTHING = ""


@dataclass(frozen=True)
class FileChange:
    """`old` and `new` are mode and object id, NOTHING where there is no file."""

    path: str
    old: str
    new: str


@dataclass(frozen=True)
class Step:
    """A commit of the branch itself, and what it changed in the one `before` it; other parents do not count."""

    revision: str
    before: str
    changes: tuple[FileChange, ...]


Net = Mapping[str, tuple[str, str]]  # by path: old and new, which differ


def changes_digest(changes: Iterable[FileChange]) -> str:
    """What a request changes: of two with the same digest, each does to the same files what the other does."""
    net: dict[str, tuple[str, str]] = {}
    _add(net, changes)
    return _digest(net)


def landed(request: str, base: str, steps: Sequence[Step]) -> bool:
    """Whether consecutive steps from `base` on did what the request does, and the others left its files alone.

    Which commits are the request's is not known after a squash or a rebase. So the change decides: a merge commit that
    also changes anything else is none of it, and neither then is any other step.
    """
    if not steps or steps[0].before != base:
        return False
    for first in range(len(steps)):
        net: dict[str, tuple[str, str]] = {}
        for last in range(first, min(first + MOST_REBASED, len(steps))):
            _add(net, steps[last].changes)
            if _is(net, request) and not _touch(steps[last + 1 :], net):
                return True
    return False


def _is(net: Net, request: str) -> bool:
    # Its number of files comes first: nothing is hashed where that differs.
    return request.startswith(f"{len(net)}:") and _digest(net) == request


def _touch(steps: Iterable[Step], files: Net) -> bool:
    after: dict[str, tuple[str, str]] = {}
    for step in steps:
        _add(after, step.changes)
    return not after.keys().isdisjoint(files)


def _add(net: dict[str, tuple[str, str]], changes: Iterable[FileChange]) -> None:
    for one in changes:
        old, _ = net.pop(one.path, (one.old, one.new))
        if old != one.new:
            net[one.path] = (old, one.new)


def _digest(net: Net) -> str:
    lines = (f"{path}\0{old}\0{new}\0" for path, (old, new) in sorted(net.items()))
    return f"{len(net)}:{hashlib.sha256(''.join(lines).encode(errors='surrogateescape')).hexdigest()}"
