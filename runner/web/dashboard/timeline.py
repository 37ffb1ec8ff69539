"""What happened to a run, in order. Pure."""

from collections.abc import Iterator
from datetime import datetime

from runner.model.run.life import State
from runner.model.values.frozen import dataclass
from runner.view.run_page import RunPage
from runner.web.dashboard.states import Look, of_state

# While a run is in one of these, nothing has ended yet.
_BEFORE_THE_PLAN = frozenset({State.QUEUED, State.PLANNING})


@dataclass(frozen=True)
class Moment:
    """`at` is None for what happens now. `seconds` is how long it took since the moment before."""

    look: Look
    text: str
    at: datetime
    note: str = ""
    seconds: float | None = None


def timeline(of: RunPage) -> tuple[Moment, ...]:
    """From the request to how it stands."""
    found: list[Moment] = []
    for moment in _moments(of):
        seconds = (moment.at - found[-1].at).total_seconds() if found else None
        found.append(Moment(moment.look, moment.text, moment.at, moment.note, seconds))
    return tuple(found)


def _moments(of: RunPage) -> Iterator[Moment]:
    by = f"requested by {of.requested_by}"
    yield Moment(Look("run", "idle", ""), by, of.created_at, of.trigger.value)
    if of.planned_at is not None:
        version = f"{of.engine} {of.engine_version}" if of.engine_version else ""
        note = ", ".join(part for part in (version, of.planned_how) if part)
        yield Moment(Look("file", "idle", ""), "planned", of.planned_at, note)
    for one in of.approvals:
        accepted = " ".join(one.accepted)
        note = "; ".join(part for part in (one.comment, f"accepted {accepted}" if accepted else "") if part)
        yield Moment(Look("check", "ok", ""), f"approved by {one.by}", one.at, note)
    if of.break_glass is not None:
        yield Moment(
            Look("warn", "wait", ""),
            f"windows opened by {of.break_glass.by}",
            of.break_glass.at,
            of.break_glass.reason,
        )
    look = of_state(of.state)
    yield Moment(look, look.word, of.changed_at, "" if of.state in _BEFORE_THE_PLAN else of.reason)
