"""The suspects of a drift, best first: what each call explains, and what the calls say about each other."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from types import MappingProxyType

from runner.model.attribution.fitting import Fit, fit_of_change, fit_of_loss
from runner.model.attribution.recognize import Known, recognized
from runner.model.attribution.subject import Subject
from runner.model.suspects.event import TrailEvent
from runner.model.suspects.own import OwnRun, own_run
from runner.model.suspects.suspect import Suspect
from runner.model.suspects.tool import tool_of
from runner.model.values.frozen import dataclass

MOST = 5  # suspects of one resource
LEAST = 15  # percent
_KNOWN = {Known.ARN: 0.98, Known.ID: 0.97, Known.NAME: 0.93}
# Times of CloudTrail are whole seconds of other clocks.
SLACK = timedelta(seconds=30)
_AFTERWARDS = timedelta(seconds=5)
_CONTESTED, _OVERTAKEN, _CONTRADICTED = 0.75, 0.35, 0.3
_UNDELIVERED = 0.8  # while more may come
_ELSEWHERE = 0.7  # the account of the resource is not known
_RIVAL = 0.6  # of the strength of another one


@dataclass(frozen=True)
class Window:
    """From the start of the last clean check or apply to the filing of the report."""

    since: datetime
    until: datetime

    @property
    def around(self) -> tuple[datetime, datetime]:
        return self.since - SLACK, self.until + _AFTERWARDS

    def holds(self, at: datetime) -> bool:
        first, last = self.around
        return first <= at <= last


@dataclass(frozen=True)
class _Part:
    """What one call says about one attribute; the attribute of a lost resource is empty."""

    event: TrailEvent
    attribute: str
    fit: Fit
    base: float  # how it is known, when, and where

    @property
    def raw(self) -> float:
        return self.base * self.fit.strength


def judge(
    subject: Subject,
    events: Iterable[TrailEvent],
    window: Window,
    *,
    stack: str = "",
    runs: Mapping[str, OwnRun] = MappingProxyType({}),
    complete: bool = True,
) -> tuple[Suspect, ...]:
    """`complete` is False while CloudTrail may still deliver calls of the window."""
    calls = {
        event.id: (event, known)
        for event in sorted(events, key=lambda one: (one.at, one.id))
        if window.holds(event.at)
        and not _applied_here(event, stack, runs)
        and (known := recognized(subject, event)) is not None
    }
    parts = [part for event, known in calls.values() for part in _parts(subject, event, known, window)]
    found = [
        _suspect(
            subject,
            event,
            known,
            [part for part in parts if part.event is event],
            parts,
            runs,
            complete=complete,
        )
        for event, known in calls.values()
    ]
    best: dict[tuple[object, str, tuple[str, ...]], Suspect] = {}
    for one in found:  # of one person's equal calls, the last one
        if one is not None and one.confidence >= LEAST:
            best[one.actor, one.event, one.attributes] = one
    ranked = sorted(
        best.values(),
        key=lambda one: (-one.confidence, -len(one.attributes), -one.at.timestamp(), one.event_id),
    )
    return tuple(ranked[:MOST])


def _applied_here(event: TrailEvent, stack: str, runs: Mapping[str, OwnRun]) -> bool:
    """An apply of this very stack makes what its code says, which is no drift."""
    own = own_run(event, runs)
    return own is not None and own.stack == stack


def _parts(subject: Subject, event: TrailEvent, known: Known, window: Window) -> list[_Part]:
    base = _KNOWN[known] * (1.0 if event.at >= window.since else 0.6)
    base *= 1.0 if subject.account else _ELSEWHERE
    if subject.gone:
        return [_Part(event, "", fit_of_loss(subject, event), base)]
    return [
        _Part(event, drifted.path, fit_of_change(subject, event, drifted), base)
        for drifted in subject.attributes
    ]


def _suspect(
    subject: Subject,
    event: TrailEvent,
    known: Known,
    own: Sequence[_Part],
    everything: Sequence[_Part],
    runs: Mapping[str, OwnRun],
    *,
    complete: bool,
) -> Suspect | None:
    judged = [(*_against_others(part, everything), part) for part in own if part.fit.strength > 0]
    if not judged:
        return None
    top = max(confidence for confidence, _, _ in judged)
    explained = [one for one in judged if one[0] >= top / 2]
    # A call that CloudTrail still has to deliver can hardly have set the same value, or removed the same thing.
    if not complete and not subject.gone and not any(one[2].fit.value for one in explained):
        top = min(top, _UNDELIVERED)
        late = "CloudTrail may not have delivered every call yet"
    else:
        late = ""
    run = own_run(event, runs)
    reasons = [known.value, *(one[2].fit.reason for one in explained), *(one[1] for one in explained), late]
    if event.actor.of_driftline and run is None:
        reasons.append("its session is named like one of Driftline, but is not of a run of this installation")
    return Suspect(
        address=subject.address,
        attributes=tuple(one[2].attribute for one in explained if one[2].attribute),
        actor=event.actor,
        at=event.at,
        event=event.name,
        event_id=event.id,
        service=event.service,
        account=event.account,
        region=event.region,
        ip=event.address,
        agent=event.agent,
        tool=tool_of(event.agent, console=event.console, on_behalf=event.actor.on_behalf),
        request=event.request,
        confidence=int(top * 100),
        reasons=tuple(dict.fromkeys(filter(None, reasons))),
        run=event.actor.run or "" if run else "",
        stack=run.stack if run else "",
    )


def _against_others(part: _Part, everything: Sequence[_Part]) -> tuple[float, str]:
    """The confidence beside calls of others that explain the same, and the reason if they lower it."""
    rivals = [
        other
        for other in everything
        if other.attribute == part.attribute
        and other.event.actor != part.event.actor
        and other.raw >= part.raw * _RIVAL
        and other.fit.strength > 0
    ]
    if not rivals:
        return part.raw, ""
    if part.fit.value:
        rivals = [other for other in rivals if other.fit.value is not False]
        if not rivals:
            return part.raw, ""
    elif any(other.fit.value for other in rivals):
        return part.raw * _CONTRADICTED, "somebody else set the value that was found"
    later = [other for other in rivals if other.event.at > part.event.at]
    if later:
        return part.raw * _OVERTAKEN, "somebody else changed the same later"
    return min(part.raw, _CONTESTED), "others changed the same before"
