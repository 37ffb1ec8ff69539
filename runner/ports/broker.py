"""The broker that announces runs to the workers of a pool, and the code that they execute."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from runner.model.settings.source import SourceSettings
    from runner.model.work.offers import BrokerProblem


class Broker(Protocol):
    def announce(self, pool: str, run: int, attempt: int, urgency: float) -> None:
        """Tell one worker of the pool; lower is more urgent. BrokerUnreachable if it could not be told."""
        ...


class BrokerNotes(Protocol):
    """What keeps runs from being announced, for those who look from other processes."""

    def note(self, problem: BrokerProblem) -> None: ...

    def clear(self) -> None: ...


class Packs(Protocol):
    """Revisions as packs of Git's objects, which workers get instead of a login at the remote."""

    def make(self, source: SourceSettings, revisions: Iterable[str]) -> None:
        """Write those that are not there yet; GitFailed if one cannot be made now, RevisionGone if it never can."""
        ...

    def keep_only(self, needed: frozenset[tuple[str, str]]) -> int:
        """Remove packs of other (source, revision) pairs; returns how many."""
        ...
