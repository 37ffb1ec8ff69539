"""Heads of pull requests as refs of a Git server, and the result of merging one into its base."""

from runner.model.values.frozen import dataclass


@dataclass(frozen=True)
class PullHead:
    """`own` if a branch of the same repository has exactly this head, so that it is not code from a fork."""

    number: int
    ref: str
    revision: str
    own: bool


@dataclass(frozen=True)
class PullHeads:
    """`base` is the revision of the base branch; the heads are in the order of their numbers."""

    base: str
    heads: tuple[PullHead, ...]


@dataclass(frozen=True)
class Merged:
    revision: str
    tree: str


@dataclass(frozen=True)
class Conflict:
    """Without paths if base and head have no common history."""

    paths: tuple[str, ...]


Merge = Merged | Conflict
