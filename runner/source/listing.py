"""What a revision holds, listed once: a plan asks for it three times, and a revision never changes."""

import threading
import time
from collections.abc import Sequence
from pathlib import Path

from runner.model.stack.source import TreeEntry
from runner.model.values.frozen import dataclass
from runner.source import arguments
from runner.source.mirror import REVISION, Mirror
from runner.source.tree import read_tree

MOST = 2  # such as those of two sources that are planned at the same time
KEEP_SECONDS = 60.0  # that of a large repository takes 20 MB


@dataclass(frozen=True)
class _Listed:
    entries: Sequence[TreeEntry]
    at: float  # by the monotonic clock


_KEPT: dict[tuple[Path, str], _Listed] = {}
_GUARD = threading.Lock()


def listing(mirror: Mirror, revision: str) -> Sequence[TreeEntry]:
    """Every entry of `ls-tree -r -t`."""
    question = mirror.path, revision
    with _GUARD:
        known = _KEPT.get(question)
    if known is not None:
        return known.entries
    entries = tuple(read_tree(mirror.local("ls-tree", arguments.ls_tree(mirror.path, revision)).output))
    if REVISION.fullmatch(revision):  # a name may mean something else by the next question
        with _GUARD:
            _KEPT[question] = _Listed(entries, time.monotonic())
            for old in list(_KEPT)[:-MOST]:
                del _KEPT[old]
    return entries


def forget_old() -> None:
    """Whoever asks git for anything calls it: a daemon that only polls keeps nothing."""
    with _GUARD:
        for question, listed in list(_KEPT.items()):
            if time.monotonic() - listed.at > KEEP_SECONDS:
                del _KEPT[question]
