"""How a run ended: its exit code, and both plans where it was planned again and would do something else."""

import json

from runner.cli.options import Cli
from runner.cli.screen.output import Cell, Line
from runner.cli.screen.plan_view import plan_lines
from runner.errors import ArtifactNotFound
from runner.model.changes.changes import ChangeSet
from runner.model.run.life import Run, State

FRESH = "fresh.json"
# Of a run that a person waited for; what is not final is no failure.
EXIT_CODES: dict[State, int] = {
    State.QUEUED: 0,
    State.PLANNING: 0,
    State.AWAITING_APPROVAL: 0,
    State.APPROVED: 0,
    State.APPLYING: 0,
    State.APPLIED: 0,
    State.NO_CHANGES: 0,
    State.DRIFTED: 0,
    State.SUPERSEDED: 3,
    State.REJECTED: 3,
    State.CANCELED: 1,
    State.PLAN_FAILED: 1,
    State.APPLY_FAILED: 1,
    State.INTERRUPTED: 1,
}


def exit_code(run: Run) -> int:
    return EXIT_CODES[run.state]


def both_plans(cli: Cli, run: Run) -> list[Line]:
    """What was approved, and what the plan made again under the lock would do instead."""
    with cli.app.store.reading() as reader:
        approved = reader.changes(run.id)
    fresh = fresh_changes(cli, run)
    if approved is None or fresh is None:
        return []
    return [
        Cell(f"Approved in {run.name}:", "bold"),
        *plan_lines(approved),
        "",
        Cell("Now it would be:", "bold"),
        *plan_lines(fresh),
    ]


def fresh_changes(cli: Cli, run: Run) -> ChangeSet | None:
    """The change set of the plan that was made again, where there was one."""
    from runner.model.values.codec import from_plain

    try:
        return from_plain(ChangeSet, json.loads(cli.app.artifacts.get(run.id, FRESH)))
    except ArtifactNotFound:
        return None
