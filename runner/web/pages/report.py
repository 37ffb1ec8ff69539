"""One drift report: what moved, attribute by attribute, and what can be done about it."""

from collections.abc import Iterator
from typing import Annotated

from fastapi import APIRouter, Depends, Form, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from runner.api.caller import Caller
from runner.api.drift import acknowledge_report, explain_heal, heal_report, show_report
from runner.errors import Blocked, DriftlineError
from runner.model.access.role import Role
from runner.model.changes.changes import SYMBOLS
from runner.model.drift.report import DriftClass, ReportStatus
from runner.model.evaluated.text import applied_lines
from runner.model.values.frozen import dataclass
from runner.view.apply_only import apply_only
from runner.view.healing import HealPage
from runner.view.report import FindingRow, ReportPage
from runner.view.when import ahead_of
from runner.web.api.numbers import report_number, run_path
from runner.web.dashboard import plan
from runner.web.dashboard.form import done, moment, refused
from runner.web.dashboard.html import html
from runner.web.dashboard.states import Look, of_state
from runner.web.identity.caller import page_caller

SPANS = {"1d": "a day", "1w": "a week", "2w": "two weeks", "4w": "four weeks"}

router = APIRouter(include_in_schema=False)


@dataclass(frozen=True)
class Found:
    """A resource that moved."""

    row: FindingRow
    look: Look
    symbol: str
    tone: str
    differences: tuple[plan.Difference, ...]


@router.get("/drift/{report}")
def report(
    request: Request, report: str, caller: Annotated[Caller, Depends(page_caller)], *, full: bool = False
) -> HTMLResponse:
    page = show_report(caller, report_number(report))
    unresolved = page.status is not ReportStatus.RESOLVED
    return html(
        request,
        "report.html",
        caller,
        page=page,
        counted=tuple(_found(page, counts=True, full=full)),
        others=tuple(_found(page, counts=False, full=full)),
        besides=tuple(applied_lines(apply_only(page.apply))),
        heal=_explained(caller, page),
        may_acknowledge=unresolved and caller.may_change(Role.OPERATOR, page.stack),
        may_heal=unresolved and caller.may_change(Role.APPROVER, page.stack),
        spans=SPANS,
        full=full,
    )


@router.post("/drift/{report}/acknowledge")
def acknowledge(
    request: Request,
    report: str,
    caller: Annotated[Caller, Depends(page_caller)],
    until: Annotated[str, Form()],
    reason: Annotated[str, Form()],
) -> Response:
    def perform() -> ReportPage:
        end = ahead_of(moment(until, such_as="2w"), caller.app.clock.now())
        return acknowledge_report(caller, report_number(report), reason=reason, until=end)

    return done(
        request, f"/drift/{report}", perform, lambda page: f"You acknowledged {page.id} of {page.stack}."
    )


@router.post("/drift/{report}/heal")
def heal(request: Request, report: str, caller: Annotated[Caller, Depends(page_caller)]) -> Response:
    """It leads to the run, whose plan has to be approved."""
    try:
        run = heal_report(caller, report_number(report))
    except DriftlineError as error:
        return refused(request, f"/drift/{report}", error)
    return RedirectResponse(run_path(run.id), 303)


def _found(page: ReportPage, *, counts: bool, full: bool) -> Iterator[Found]:
    for row in page.resources:
        if row.counts is counts:
            yield Found(
                row=row,
                look=of_state(DriftClass(row.class_)),
                symbol=SYMBOLS[row.action].strip() or "=",
                tone=plan.TONES[row.action],
                differences=plan.differences(row.attributes, full=full),
            )


def _explained(caller: Caller, page: ReportPage) -> HealPage | None:
    """None where no plan of it is on record, or none is needed."""
    if page.status is ReportStatus.RESOLVED:
        return None
    try:
        return explain_heal(caller, report_number(page.id))
    except Blocked:
        return None
