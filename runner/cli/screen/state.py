"""Managed states, drawn."""

import json
from collections.abc import Iterator
from datetime import datetime

from runner.cli.screen.output import Cell, Screen, Table
from runner.cli.screen.plan import plan_lines
from runner.view.state import (
    StateDiff,
    StatePage,
    StateRow,
    StateRows,
    StateValue,
    StateVersionRow,
    StateVersionRows,
)
from runner.view.when import ago

HEADS = ("STACK", "VERSION", "SERIAL", "RESOURCES", "SIZE", "CHANGED", "BY", "KEPT", "LOCKED")
VERSION_HEADS = ("VERSION", "SERIAL", "RESOURCES", "SIZE", "WHEN", "HOW", "BY", "LINEAGE")
_KIB = 1024


def states_screen(rows: StateRows, now: datetime) -> Screen:
    yield Table(HEADS, [_row(row, now) for row in rows], empty="No stack has a managed state yet.")


def _row(of: StateRow, now: datetime) -> tuple[str, ...]:
    newest = of.newest
    return (
        of.stack,
        str(newest.version),
        str(newest.serial),
        _counted(newest),
        size(newest.size),
        ago(newest.at, now),
        newest.by,
        str(of.versions),
        of.locked_by or "-",
    )


def versions_screen(rows: StateVersionRows, now: datetime) -> Screen:
    yield Table(VERSION_HEADS, [_version(row, now) for row in rows], empty="No version is kept yet.")


def _version(of: StateVersionRow, now: datetime) -> tuple[str, ...]:
    return (
        str(of.version),
        str(of.serial),
        _counted(of),
        size(of.size),
        ago(of.at, now),
        of.origin,
        of.by,
        of.lineage,
    )


def state_screen(page: StatePage, now: datetime) -> Screen:
    yield Cell(f"{page.stack}, {told(page.version, now)}", "bold")
    if page.version.version != page.newest:
        yield f"The newest version is {page.newest}."
    yield ""
    yield Cell("Outputs:", "bold") if page.outputs else "No outputs."
    yield from _values(page.outputs)
    yield ""
    if not page.resources:
        yield "No resources."
    for resource in page.resources:
        deposed = f"  (deposed {resource.deposed})" if resource.deposed else ""
        yield Cell(f"{resource.address}{deposed}", "bold")
        yield from _values(resource.values)


def diff_screen(diff: StateDiff, now: datetime, *, full: bool = False) -> Screen:
    yield Cell(f"{diff.stack}:  - {told(diff.before, now)}", "bold")
    yield Cell(f"{' ' * len(diff.stack)}   + {told(diff.after, now)}", "bold")
    if not (diff.changes.resources or diff.changes.outputs):
        yield "Both have the same resources and outputs."
        return
    yield from plan_lines(diff.changes, full=full)


def told(version: StateVersionRow, now: datetime) -> str:
    return (
        f"version {version.version} (serial {version.serial}, {version.origin} by {version.by},"
        f" {ago(version.at, now)})"
    )


def size(count: int) -> str:
    return (
        f"{count} B"
        if count < _KIB
        else f"{count / _KIB:.0f} KiB"
        if count < _KIB**2
        else f"{count / _KIB**2:.1f} MiB"
    )


def _values(values: tuple[StateValue, ...]) -> Iterator[str]:
    for one in values:
        yield f"  {one.name} = {json.dumps(one.value, ensure_ascii=False) if not one.sensitive else one.value}"


def _counted(of: StateVersionRow) -> str:
    return "encrypted" if of.resources is None else str(of.resources)
