"""When a change from outside makes a check due: at once, but not for each event of a burst, and not for what a check has seen."""

from datetime import datetime, timedelta

from runner.model.run.life import Run, State
from runner.model.suspects.event import TrailEvent

DEBOUNCE = timedelta(seconds=30)  # between checks of one stack for this reason
# CloudTrail cuts times to seconds: a check has seen a change for certain only if it began a second later.
MARGIN = timedelta(seconds=1)
# So a check begins a second after the first event of a burst, and the rest of the burst needs no other one.
SETTLE = timedelta(seconds=1)
_SAW_NOTHING = frozenset({State.CANCELED, State.SUPERSEDED, State.PLAN_FAILED})


def due_at(
    event: TrailEvent, checks: list[Run], wanted_at: datetime | None, now: datetime
) -> datetime | None:
    """None if no further check is needed. `checks` are the newest ones of the stack, the newest first."""
    newest = checks[0] if checks else None
    if newest is not None and newest.state is State.QUEUED and newest.claim is None:
        return None  # it will see the change
    if any(_saw(check, event) for check in checks):
        return None
    due = now + SETTLE if newest is None else max(now + SETTLE, newest.created_at + DEBOUNCE)
    return due if wanted_at is None else min(due, wanted_at)


def _saw(check: Run, event: TrailEvent) -> bool:
    """Whether it began after the change, and reads or has read everything."""
    if check.state in _SAW_NOTHING:
        return False
    began = check.claim.since if check.claim is not None else check.created_at
    return event.at + MARGIN <= began


def why(event: TrailEvent) -> str:
    """Such as `ModifyDBInstance by ops-bot at 21:58:03 UTC`."""
    return f"{event.name} by {event.actor.name} at {event.at:%H:%M:%S} UTC"
