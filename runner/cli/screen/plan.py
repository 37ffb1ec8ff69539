"""A plan, drawn: what terraform would do."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from runner.cli.screen.output import Cell, Colour, Line, Screen
from runner.model.changes.attribute_text import Line as PlanLine
from runner.model.changes.attribute_text import attribute_lines
from runner.model.changes.changes import Action, ChangeSet
from runner.model.evaluated.text import applied_lines
from runner.model.plan.text import headlines, lines
from runner.view.apply_only import ApplyOnlyView, apply_only
from runner.view.attribute import AttributeRow, attribute_change
from runner.view.changes import ChangesView, change_set

if TYPE_CHECKING:
    from runner.view.run_page import RunPage

_COLOURS: dict[Action, Colour] = {
    Action.CREATE: "green",
    Action.UPDATE: "yellow",
    Action.REPLACE: "red",
    Action.DELETE: "red",
    Action.READ: "cyan",
    Action.FORGET: "dim",
    Action.NO_OP: "dim",
}


def plan_screen(run: RunPage, *, full: bool = False) -> Screen:
    """Under one line that says of which run it is."""
    yield Cell(f"{run.id} of {run.stack}", "bold")
    yield from plan_lines(run.changes, full=full)


def plan_lines(changes: ChangesView | None, *, full: bool = False) -> list[Line]:
    return _coloured(lines(change_set(changes) if changes else ChangeSet(), full=full))


def headline_lines(changes: ChangesView) -> list[Line]:
    """What happens to which resource, without its attributes."""
    return _coloured(headlines(change_set(changes)))


def apply_only_lines(changes: ApplyOnlyView | None) -> list[Line]:
    """What only the apply does: where it works, what it runs and invokes."""
    return _coloured(applied_lines(apply_only(changes))) if changes else []


def changed_lines(attributes: Sequence[AttributeRow], *, full: bool = False) -> list[Line]:
    return _coloured(attribute_lines([attribute_change(row) for row in attributes], full=full))


def both_plans(run: RunPage) -> list[Line]:
    """What was approved, and what the plan made again under the lock would do instead; empty where there is only one."""
    if run.changes is None or run.planned_again is None:
        return []
    return [
        Cell(f"Approved in {run.id}:", "bold"),
        *plan_lines(run.changes),
        "",
        Cell("Now it would be:", "bold"),
        *plan_lines(run.planned_again),
    ]


def _coloured(of: Iterable[PlanLine]) -> list[Line]:
    return [
        Cell(line.text, _COLOURS[line.action] if line.action else "bold" if line.loud else None)
        for line in of
    ]
