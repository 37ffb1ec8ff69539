"""Coverage of the accounts, drawn."""

from collections.abc import Iterator
from datetime import datetime

from runner.cli.screen.facts import fact_lines
from runner.cli.screen.output import Cell, Line, Screen, Table
from runner.view.coverage import CoveragePage, CoverageRow, CreatedRow, UnmanagedRow
from runner.view.when import ago
from runner.view.words import counted

_TYPES = ("TYPE", "ACCOUNT", "REGION", "MANAGED", "UNMANAGED", "LEFT OUT", "COVERAGE")
_RESOURCES = ("RESOURCE", "TYPE", "ACCOUNT", "REGION", "AGE", "CREATED BY", "NOTE")
_CREATED = ("CREATED", "CALL", "ACCOUNT", "REGION", "AGE", "BY")


def coverage_screen(page: CoveragePage, now: datetime) -> Screen:
    if page.listed_at is None:
        yield "No account was listed yet."
        yield from _created(page, now)
        return
    yield from fact_lines(
        [
            ("coverage", f"{percent(page.coverage)}, {page.managed} managed and {page.unmanaged} unmanaged"),
            ("left out", _left_out(page)),
            ("listed", ago(page.listed_at, now)),
        ]
    )
    yield from _partial(page)
    yield ""
    yield Table(_TYPES, [_type(one) for one in page.types], empty="Nothing was found.")
    if page.resources:
        yield ""
        yield Table(_RESOURCES, [_resource(one, now) for one in page.resources], empty="")
    shown = sum(not one.left_out for one in page.resources)
    if shown < page.unmanaged:
        yield Cell(f"{page.unmanaged - shown} more unmanaged; show them with --limit", "dim")
    yield from _created(page, now)


def _created(page: CoveragePage, now: datetime) -> Screen:
    if page.created:
        yield ""
        yield "Created since, and managed by no stack:"
        yield Table(_CREATED, [_created_row(one, now) for one in page.created], empty="")


def _created_row(of: CreatedRow, now: datetime) -> tuple[str | Cell, ...]:
    return (of.name or "-", of.call, of.account, of.region, ago(of.at, now), of.by)


def percent(share: float | None) -> str:
    """Rounded down: 100 % is all."""
    return "-" if share is None else f"{int(share * 1000) / 10:g} %"


def _left_out(page: CoveragePage) -> str:
    reasons = "; ".join(f"{one.count} {one.sentence}" for one in page.reasons)
    return f"{page.left_out}{f' ({reasons})' if reasons else ''}"


def _partial(page: CoveragePage) -> Iterator[Line]:
    if not page.partial:
        return
    yield ""
    yield Cell("This is a partial answer:", "yellow")
    for one in page.gaps:
        missing = f" (missing permission: {one.action})" if one.action else ""
        yield f"  {one.what} in {one.account}/{one.region} not listed: {one.reason}{missing}"
    if page.unread_stacks:
        names = ", ".join(page.unread_stacks[:5]) + (", ..." if len(page.unread_stacks) > 5 else "")
        yield f"  {counted(len(page.unread_stacks), 'state')} not read yet, whose resources seem unmanaged: {names}"


def _type(of: CoverageRow) -> tuple[str | Cell, ...]:
    counts = (str(of.managed), Cell(str(of.unmanaged), "yellow" if of.unmanaged else "dim"), str(of.left_out))
    return (of.type, of.account, of.region, *counts, percent(of.coverage))


def _resource(of: UnmanagedRow, now: datetime) -> tuple[str | Cell, ...]:
    age = ago(of.created_at, now) if of.created_at else f"seen first {ago(of.first_seen, now)}"
    return (
        of.arn or of.import_id or of.name,
        of.type,
        of.account,
        of.region,
        age,
        of.creator or "-",
        of.left_out,
    )
