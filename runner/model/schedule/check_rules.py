"""Whether a stack is checked for drift, and why."""

from datetime import timedelta

from runner.model.schedule.rule import (
    LEFT,
    Next,
    Rule,
    crowd_sentence,
    crowded,
    open_sentence,
    pause_sentence,
    put_off,
    put_off_sentence,
    waits_for_room,
)
from runner.model.schedule.view import View
from runner.model.stack.definition import DriftStatus
from runner.model.values.clock import went_back

CHECK_RETRY = timedelta(minutes=3)
MAX_CHECK_RETRY = timedelta(hours=4)


def _changed_outside(view: View) -> bool:
    at = view.stack.check_wanted_at
    return at is not None and view.now >= at


CHECK_RULES: tuple[Rule, ...] = (
    LEFT,
    Rule(
        "source_missing",
        Next.NOTHING,
        lambda v: v.stack.missing_since is not None,
        lambda _: "source missing: it is no longer in Git",
    ),
    Rule(
        "never_applied",
        Next.NOTHING,
        lambda v: v.stack.applied_revision is None,
        lambda _: "nothing has been applied yet, so there is nothing to check for drift",
    ),
    Rule("paused", Next.NOTHING, lambda v: v.paused, pause_sentence),
    Rule("no_engine", Next.WAIT, lambda v: v.stack.no_engine is not None, lambda v: v.stack.no_engine or ""),
    Rule("no_room", Next.WAIT, lambda v: waits_for_room(v, v.open_check), lambda v: v.shortage or ""),
    Rule(
        "put_off",
        Next.WAIT,
        lambda v: put_off(v, v.open_check),
        lambda v: put_off_sentence(v.open_check),
    ),
    Rule(
        "account_full",
        Next.WAIT,
        lambda v: crowded(v, v.open_check),
        lambda v: crowd_sentence(v, v.open_check),
    ),
    Rule("check_open", Next.WAIT, lambda v: v.open_check is not None, lambda v: open_sentence(v.open_check)),
    Rule(
        "applying",
        Next.WAIT,
        lambda v: v.open_change is not None and v.open_change.claim is not None,
        lambda v: open_sentence(v.open_change),
    ),
    Rule("no_room", Next.WAIT, lambda v: bool(v.needed_by and v.shortage), lambda v: v.shortage or ""),
    Rule(
        "outputs_needed",
        Next.CHECK,
        # A check that failed is retried like any other.
        lambda v: bool(v.needed_by) and v.stack.drift is not DriftStatus.ERROR,
        lambda v: f"{', '.join(v.needed_by)} needs its outputs, which nobody has read yet",
    ),
    Rule(
        "no_room", Next.WAIT, lambda v: bool(_changed_outside(v) and v.shortage), lambda v: v.shortage or ""
    ),
    Rule(
        "changed_outside",
        Next.CHECK,
        _changed_outside,
        lambda v: v.stack.check_wanted_for,
    ),
    Rule(
        "not_due",
        Next.WAIT,
        lambda v: (
            v.stack.next_check_at is not None
            and v.now < v.stack.next_check_at
            # Otherwise a clock that went back would stop the checks until it catches up.
            and not went_back(v.now, v.stack.check_scheduled_at)
        ),
        lambda v: f"next check at {v.stack.next_check_at:%Y-%m-%d %H:%M} UTC",
    ),
    Rule("no_room", Next.WAIT, lambda v: v.shortage is not None, lambda v: v.shortage or ""),
    Rule("due", Next.CHECK, lambda _: True, lambda _: "a drift check is due"),
)


def check_retry(failures: int) -> timedelta:
    """The delay before a failed check is retried: doubling from three minutes to four hours."""
    doubled: int = 2 ** min(max(failures - 1, 0), 10)
    return min(CHECK_RETRY * doubled, MAX_CHECK_RETRY)
