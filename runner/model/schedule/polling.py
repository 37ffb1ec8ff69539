"""How often a source is polled: at a fixed interval, or with `poll: auto` by what happens in it and who looks."""

from collections.abc import Callable, Mapping
from dataclasses import field
from datetime import datetime, timedelta

from runner.model.values.frozen import dataclass

LEAST, MOST = 3.0, 60.0  # seconds
SHARE = 0.001  # of a CPU that the polls of a source may take: 60 ms a minute
USUAL_COST = 0.01  # seconds of CPU, until the first polls were measured

JUST = timedelta(minutes=5)
LOOKING = timedelta(minutes=2)
QUIET = timedelta(hours=3)


@dataclass(frozen=True)
class PollFacts:
    """What a decision about the next poll of a source depends on."""

    failures: int = 0
    moved_at: datetime | None = None  # the last push, to the branch or to a pull request
    changed_at: datetime | None = None  # the last change of anything that is open
    looked_at: datetime | None = None  # when somebody last asked for anything
    executing: bool = False
    open_runs: bool = False
    open_requests: bool = False
    cost: float | None = None  # seconds of CPU that a poll takes

    def happened(self, now: datetime, within: timedelta) -> bool:
        return _recent(self.moved_at, now, within) or _recent(self.changed_at, now, within)


@dataclass(frozen=True)
class Cadence:
    seconds: float
    why: str


@dataclass(frozen=True)
class PollMeasures:
    """What no record knows: when somebody last looked, and what a poll of each source costs."""

    looked_at: datetime | None = None
    costs: Mapping[str, float] = field(default_factory=dict)


# The first that holds decides.
RULES: tuple[tuple[Callable[[PollFacts, datetime], bool], float, str], ...] = (
    (lambda facts, _: facts.failures > 0, MOST, "the last poll failed"),
    (lambda facts, now: _recent(facts.moved_at, now, JUST), LEAST, "pushed in the last 5 minutes"),
    (lambda facts, now: _recent(facts.looked_at, now, LOOKING), LEAST, "somebody is looking"),
    (lambda facts, _: facts.executing, 5.0, "a run is executing"),
    (lambda facts, now: not facts.happened(now, QUIET), MOST, "nothing has happened for 3 hours"),
    (lambda facts, _: facts.open_runs, 15.0, "a run is open"),
    (lambda facts, _: facts.open_requests, 15.0, "a pull request is open"),
)
OTHERWISE = Cadence(30.0, "pushed in the last 3 hours")


def cadence(facts: PollFacts, now: datetime) -> Cadence:
    """As often as the first rule says, and as its share of the CPU allows."""
    found = next((Cadence(every, why) for holds, every, why in RULES if holds(facts, now)), OTHERWISE)
    cost = USUAL_COST if facts.cost is None else facts.cost
    affordable = min(max(cost / SHARE, LEAST), MOST)
    if affordable <= found.seconds:
        return found
    return Cadence(affordable, f"{found.why}; a poll takes {cost * 1000:.0f} ms of CPU")


def _recent(moment: datetime | None, now: datetime, within: timedelta) -> bool:
    """A time that is yet to come is of a clock that was wrong: it says nothing."""
    return moment is not None and moment <= now < moment + within
