"""Where a stack executes: in a pool, or on the host of the daemon."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import field
from fnmatch import fnmatchcase

from runner.model.settings.pools import PoolSettings
from runner.model.stack.definition import StackDefinition
from runner.model.stack.match import reaches
from runner.model.values.frozen import dataclass

HERE = ""  # the host of the daemon


@dataclass(frozen=True)
class Placement:
    """`pool` is empty for the host of the daemon, and `why` says what chose it. With `problem` the stack executes nowhere."""

    pool: str = HERE
    problem: str = ""
    why: str = ""

    @property
    def here(self) -> bool:
        """Whether it executes on the host of the daemon."""
        return self.pool == HERE and not self.problem

    @property
    def sentence(self) -> str:
        if self.problem:
            return f"nowhere: {self.problem}"
        return "on the host of the daemon" if self.here else f"in pool {self.pool}, chosen by {self.why}"


@dataclass(frozen=True)
class Places:
    """Of all stacks under one configuration. What a digest defines never changes, so that each is placed once."""

    known: dict[tuple[str, str, bool], Placement] = field(default_factory=dict)

    def of(self, key: tuple[str, str, bool], placed: Callable[[], Placement]) -> Placement:
        """By the digest of a definition, its source, and whether its state is managed; `placed` is called the first time."""
        found = self.known.get(key)
        if found is None:
            found = self.known[key] = placed()
        return found


def place(
    definition: StackDefinition, source: str, allowed: Sequence[str], pools: Sequence[PoolSettings]
) -> Placement:
    """The operator's `match` decides before the stack's `pool`, which `allow.pools` of its source bounds.

    A stack whose wish cannot be met does not execute on the daemon's host instead: there it could have credentials
    that it was not meant to get.
    """
    for pool in pools:
        if pool.match is not None and reaches(pool.match, definition, source):
            return Placement(pool.name, why="the operator's match")
    if definition.pool is not None:
        return _named(definition.pool, source, allowed, pools)
    if definition.pool_labels:
        return _labelled(definition.pool_labels, source, allowed, pools)
    return Placement()


def made_elsewhere(planned_in: str, belongs: Placement) -> str:
    """Why a plan is not applied where its stack belongs now: other hosts have other credentials. Empty if it may be."""
    if belongs.problem or planned_in == belongs.pool:
        return ""
    place = f"in pool {planned_in}" if planned_in != HERE else Placement().sentence
    return f"it was planned {place}, and executes {belongs.sentence} now"


def _named(name: str, source: str, allowed: Iterable[str], pools: Iterable[PoolSettings]) -> Placement:
    if not _may(name, allowed):
        return Placement(problem=f'allow.pools of source {source} does not cover pool "{name}"')
    if name not in {pool.name for pool in pools}:
        return Placement(problem=f'no pool "{name}" is configured')
    return Placement(name, why="pool in its stack file")


def _labelled(
    wished: dict[str, str], source: str, allowed: Iterable[str], pools: Iterable[PoolSettings]
) -> Placement:
    allowed = tuple(allowed)
    for pool in pools:
        if _may(pool.name, allowed) and wished.items() <= pool.labels.items():
            return Placement(pool.name, why="pool_labels in its stack file")
    labels = ", ".join(f"{key}={value}" for key, value in wished.items())
    return Placement(problem=f"no pool with the labels {labels} is among those that source {source} may use")


def _may(name: str, allowed: Iterable[str]) -> bool:
    return any(fnmatchcase(name, glob) for glob in allowed)
