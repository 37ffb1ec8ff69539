"""What came of a person's answer to a plan."""

from runner.model.approval.approval import Person
from runner.model.approval.rules import Standing
from runner.model.schedule.change_rules import CHANGE_RULES
from runner.model.schedule.view import View
from runner.model.values.frozen import dataclass
from runner.view.facts import given
from runner.view.run_page import RunPage

# The rules of a stack that an approved run has to wait for too.
_HELD_BACK = frozenset({"locked", "window", "no_room", "put_off", "account_full"})


@dataclass(frozen=True)
class Approved:
    """`by` is who approved, and `missing` how many more approvals it needs.

    `waits` says what keeps the approved run from being applied at once, and `way_out` is the command that goes on
    from there; `daemon` whether one runs that applies it.
    """

    run: RunPage
    by: str
    approvals: str  # such as `1 of 2`
    missing: int
    waits: str
    way_out: str
    daemon: bool

    @property
    def complete(self) -> bool:
        return self.missing == 0


@dataclass(frozen=True)
class Rejected:
    run: RunPage
    by: str


def approved(run: RunPage, person: Person, standing: Standing, view: View, *, daemon: bool) -> Approved:
    way_out = view.lock.way_out if view.lock is not None else f"driftline stack show {run.stack}"
    return Approved(
        run=run,
        by=person.name,
        approvals=given(standing),
        missing=standing.missing,
        waits=_waits(view),
        way_out=way_out,
        daemon=daemon,
    )


def _waits(view: View) -> str:
    """A pause does not keep it."""
    if view.open_change is None or view.open_change.claim is not None:
        return ""
    if view.open_check is not None and view.open_check.claim is not None:
        return f"{view.open_check.name} has not finished"
    rules = (rule for rule in CHANGE_RULES if rule.code in _HELD_BACK and rule.fits(view))
    return next((rule.sentence(view) for rule in rules), "")
