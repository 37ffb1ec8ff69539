"""A source: a Git repository and branch that is polled, and what the last poll found."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True)
class SourceStatus:
    name: str
    head: str | None = None  # newest revision that was taken
    polled_at: datetime | None = None
    moved_at: datetime | None = None
    problem: str | None = None  # why the last poll failed
    failures: int = 0
    discovered_with: str | None = None  # digest of the settings at the last discovery
    rewritten_from: str | None = None  # the head that a force-push threw away
    rewritten_at: datetime | None = None
    problems: tuple[str, ...] = ()  # of its stack files, each with its place
    notes: tuple[str, ...] = ()  # what was left out and no stack needs, each with its place
    refused: str | None = None  # the head that was not taken, since it is not trusted
    newcomers: tuple[
        tuple[str, str], ...
    ] = ()  # stacks that were never sound: name, and problem with its place


@dataclass(frozen=True)
class Signature:
    """Who signed a commit, by the operator's own list: proof, where `Commit` only has words."""

    revision: str
    signer: str  # the principal of allowed_signers, or the user id of the OpenPGP key
    key: str


@dataclass(frozen=True, slots=True)
class TreeEntry:
    """One line of `git ls-tree -r -t`: folders have kind "tree". Slots, since a large repository has 40,000 of them."""

    path: str
    mode: str
    kind: str
    oid: str
