"""What a notification wants to hear of, and how often."""

from collections.abc import Callable
from typing import Self

from runner.model.events.feed import FeedEvent, ReportMoved
from runner.model.events.text import stacks_of
from runner.model.notify.rate import Rate
from runner.model.notify.topics import DEFAULT, matching
from runner.model.settings.notifications import Notification
from runner.model.stack.definition import StackDefinition
from runner.model.stack.match import EVERY_STACK, StackMatch, reaches
from runner.model.values.frozen import dataclass

# The definition of a stack and its source; None if it is not known any more.
Declared = Callable[[str], tuple[StackDefinition, str] | None]


@dataclass(frozen=True)
class Terms:
    """`digest` is a cron line. `confirmed` leaves out drift that is not confirmed yet."""

    topics: frozenset[str]
    match: StackMatch = EVERY_STACK
    rate: Rate | None = None
    digest: str | None = None
    confirmed: bool = True

    @classmethod
    def of(cls, settings: Notification) -> Self:
        return cls(
            matching(settings.topics or DEFAULT),
            settings.match,
            None if settings.at_most is None else Rate.parse(settings.at_most),
            settings.digest,
            confirmed=not settings.topics,
        )

    def want(self, event: FeedEvent, declared: Declared) -> bool:
        if self.confirmed and isinstance(event.payload, ReportMoved) and not event.payload.confirmed:
            return False
        if self.match == EVERY_STACK:
            return True
        # What concerns the whole installation is for those who hear of every stack.
        return any(reaches(self.match, *_known(name, declared)) for name in stacks_of(event))


def _known(stack: str, declared: Declared) -> tuple[StackDefinition, str]:
    """Of a stack that is gone only the name is known."""
    return declared(stack) or (StackDefinition(stack), "")
