"""Where calls that changed something in the cloud are looked up."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Protocol

from runner.model.values.frozen import dataclass

if TYPE_CHECKING:
    from collections.abc import Sequence

    from runner.model.attribution.judge import Window
    from runner.model.attribution.subject import Subject
    from runner.model.suspects.event import TrailEvent


@dataclass(frozen=True)
class TrailAnswer:
    """`searched` names what was searched; `problems` say what was not, so that nobody takes silence for an answer."""

    events: tuple[TrailEvent, ...] = ()
    searched: tuple[str, ...] = ()
    problems: tuple[str, ...] = ()

    def __add__(self, other: TrailAnswer) -> TrailAnswer:
        return TrailAnswer(
            (*self.events, *other.events),
            (*self.searched, *other.searched),
            tuple(dict.fromkeys((*self.problems, *other.problems))),
        )

    def but(self, problem: str) -> TrailAnswer:
        return replace(self, problems=tuple(dict.fromkeys((*self.problems, problem))))


class Trail(Protocol):
    def look(self, subjects: Sequence[Subject], window: Window) -> TrailAnswer:
        """Every call in the window that is about one of the subjects. It raises nothing that AWS does."""
        ...
