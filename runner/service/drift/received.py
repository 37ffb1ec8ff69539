"""Who caused a drift, among the changes that AWS has reported already: they need no call."""

from collections.abc import Sequence

from runner.model.attribution.judge import Window, judge
from runner.model.attribution.recognize import recognized
from runner.model.attribution.schedule import SURE
from runner.model.attribution.subject import Subject, lookup_names
from runner.model.suspects.event import TrailEvent
from runner.model.values.frozen import dataclass
from runner.ports.records.store import Store
from runner.ports.trail import Trail, TrailAnswer

SEARCHED = "the changes that AWS reported"


@dataclass(frozen=True)
class ReceivedFirst:
    """The port `Trail`. What was reported and explains little is looked up behind it too: delivery is best effort."""

    store: Store
    behind: Trail

    def look(self, subjects: Sequence[Subject], window: Window) -> TrailAnswer:
        found = {subject.address: self._received(subject, window) for subject in subjects}
        events = {event.id: event for some in found.values() for event in some}
        unexplained = [one for one in subjects if not _explained(one, found[one.address], window)]
        answer = TrailAnswer(tuple(events.values()), (SEARCHED,) if events else ())
        return answer + self.behind.look(unexplained, window) if unexplained else answer

    def _received(self, subject: Subject, window: Window) -> list[TrailEvent]:
        names = {*lookup_names(subject), subject.arn} - {""}
        if not names:
            return []
        with self.store.reading() as reader:
            events = reader.cloud_events(names, *window.around)
        return [one for one in events if window.holds(one.at) and recognized(subject, one) is not None]


def _explained(subject: Subject, events: Sequence[TrailEvent], window: Window) -> bool:
    """Not by any call about it: a tag that somebody set must not hide who opened the port."""
    return any(one.confidence >= SURE for one in judge(subject, events, window))
