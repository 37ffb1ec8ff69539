"""Drift reports, and what becomes of what they tell."""

from datetime import datetime

from runner.api.caller import Caller
from runner.api.operation import operation
from runner.errors import Blocked
from runner.model.access.role import Role
from runner.service.operator import report as reports
from runner.view.healing import HealPage, heal_page
from runner.view.report import ReportPage, ReportPages, report_page, report_pages
from runner.view.run import RunRow, run_row

MOST = 100_000


@operation("GET", "/reports", Role.VIEWER)
def list_reports(
    caller: Caller,
    *,
    stack: str | None = None,
    reported: bool = False,
    resolved: bool = False,
    limit: int = 100,
    before: int | None = None,
) -> ReportPages:
    """Drift reports that are not resolved, newest first.

    `reported` leaves out those that are not confirmed, or acknowledged. `resolved` includes resolved ones.
    """
    now = caller.app.clock.now()
    with caller.reading() as reader:
        found = reader.reports(stack=stack, open_only=not resolved)
    wanted = [
        one for one in found if (before is None or one.id < before) and (not reported or one.is_reported(now))
    ]
    wanted.sort(key=lambda one: one.id, reverse=True)
    return report_pages(wanted[:limit])


@operation("GET", "/reports/{report}", Role.VIEWER)
def show_report(caller: Caller, report: int) -> ReportPage:
    """What moved, attribute by attribute, and what people did about it."""
    with caller.reading() as reader:
        return report_page(reader.report(report))


@operation("PUT", "/reports/{report}/acknowledgement", Role.OPERATOR)
def acknowledge_report(caller: Caller, report: int, *, until: datetime, reason: str) -> ReportPage:
    """Known, and to be left so for a while; another drift opens it again at once."""
    return report_page(reports.acknowledge(caller.app.control, report, caller.person, reason, until))


@operation("GET", "/reports/{report}/heal", Role.VIEWER)
def explain_heal(caller: Caller, report: int) -> HealPage:
    """Which heal rule decides about each part of what would undo the drift."""
    app = caller.app
    with caller.reading() as reader:
        of = reader.report(report)
        page = heal_page(reader, app.settings, app.clock, of)
    if page is None:
        raise Blocked(
            f"no plan that would heal {of.name} is on record", hint=f"driftline drift check {of.stack}"
        )
    return page


@operation("POST", "/reports/{report}/heal", Role.APPROVER)
def heal_report(caller: Caller, report: int) -> RunRow:
    """Queue a plan of what would undo the drift: a change run, with its own approval."""
    return run_row(reports.heal(caller.app.control, report, caller.person))
