"""Commit statuses of a pull request: one for each stack, and one for all of them that a forge can require."""

from collections.abc import Mapping

from runner.model.forge.comment import headline
from runner.model.forge.planned import PlannedRequest, PlannedStack, PlanState
from runner.model.forge.text import CommitStatus, StatusState
from runner.model.plan.text import summary_text
from runner.model.values.text import safe_text

AGGREGATE = "driftline/plan"
MOST = 50  # stacks with a status of their own: each is a request to the forge, and a row on the page
LONGEST = 140  # characters of a description at GitHub

_STATES: Mapping[PlanState, StatusState] = {
    PlanState.FAILED: "failure",
    PlanState.REFUSED: "failure",
    PlanState.PLANNED: "success",
    PlanState.WAITING: "pending",
    PlanState.NO_CHANGES: "success",
}
_WORST: tuple[StatusState, ...] = ("failure", "pending", "success")


def statuses(of: PlannedRequest) -> tuple[CommitStatus, ...]:
    """The one for all comes last: it says that everything is there."""
    each = tuple(map(_status, of.stacks)) if len(of.stacks) <= MOST else ()
    return (*each, _aggregate(of))


def _status(of: PlannedStack) -> CommitStatus:
    note = f": {of.note}" if of.note else ""
    told = summary_text(of.summary) if of.state is PlanState.PLANNED else f"{of.state}{note}"
    return CommitStatus(f"{AGGREGATE}: {of.stack}", _STATES[of.state], cut(told), of.url)


def _aggregate(of: PlannedRequest) -> CommitStatus:
    states = {_STATES[one.state] for one in of.stacks}
    worst: StatusState = next((state for state in _WORST if state in states), "success")
    if of.problem:
        return CommitStatus(AGGREGATE, "failure", cut(of.problem), of.url)
    if of.problems or of.beyond:
        worst = "failure"
    return CommitStatus(AGGREGATE, worst, cut(headline(of).removeprefix("Driftline: ")), of.url)


def cut(text: str) -> str:
    """One line of plain text."""
    safe = safe_text(text)
    return safe if len(safe) <= LONGEST else f"{safe[: LONGEST - 1]}…"
