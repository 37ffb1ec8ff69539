"""A source: a Git repository and branch that is polled, and the result of the last poll."""

import dataclasses
from datetime import datetime

from runner.model.values.frozen import dataclass


@dataclass(frozen=True)
class SourceStatus:
    name: str
    head: str | None = None  # newest accepted revision
    polled_at: datetime | None = None
    moved_at: datetime | None = None
    problem: str | None = None  # why the last poll failed
    failures: int = 0
    discovered_with: str | None = None  # digest of the settings at the last discovery
    rewritten_from: str | None = None  # the head that a force-push discarded
    rewritten_at: datetime | None = None
    problems: tuple[str, ...] = ()  # in its stack files, each with its location
    notes: tuple[str, ...] = ()  # files that were left out and that no stack needs, each with its location
    refused: str | None = None  # the head that was rejected as untrusted
    newcomers: tuple[
        tuple[str, str], ...
    ] = ()  # stacks that were never sound: name, and problem with its location


@dataclasses.dataclass(frozen=True, slots=True)
class TreeEntry:
    """One line of `git ls-tree -r -t`: folders have kind "tree". It has slots, since a large repository has
    40,000 of them.
    """

    path: str
    mode: str
    kind: str
    oid: str
