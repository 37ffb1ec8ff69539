"""Drift: what moved outside of Driftline, for how long, and who has said what about it."""

from collections.abc import Callable
from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import HTMLResponse, Response

from runner.api.caller import Caller
from runner.api.drift import MOST, list_reports
from runner.errors import NotLoggedIn
from runner.model.drift.report import DriftClass, ReportStatus
from runner.model.settings.web import web_address
from runner.view.report import ReportPage
from runner.web.api.arguments import MAX_ID
from runner.web.api.numbers import report_number
from runner.web.api.routes import endpoint
from runner.web.dashboard.atom import MEDIA_TYPE, atom
from runner.web.dashboard.feed_reader import CHALLENGE, feed_caller
from runner.web.dashboard.html import html, link
from runner.web.identity.caller import page_caller

RESOLVED = "resolved"
ROWS = 100
ENTRIES = 100  # of the feed

router = APIRouter(include_in_schema=False)
router.add_api_route("/drift.json", endpoint(list_reports))


@router.get("/drift")
def drift(
    request: Request,
    caller: Annotated[Caller, Depends(page_caller)],
    show: str = "",
    before: Annotated[int | None, Query(ge=0, le=MAX_ID)] = None,
) -> HTMLResponse:
    """The unresolved ones, the oldest first; of resolved ones there may be thousands, and the newest come first."""
    now = caller.app.clock.now()
    unresolved = list_reports(caller, limit=MOST)
    found = {key: [one for one in unresolved if fits(one, now)] for key, (_, fits) in TABS.items()}
    chosen = show if show in TABS or show == RESOLVED else ""
    older = ""
    if chosen == RESOLVED:
        page = list_reports(caller, resolved=True, limit=ROWS, before=before)
        rows = [one for one in page if one.status is ReportStatus.RESOLVED]
        older = link("/drift", show=RESOLVED, before=report_number(page[-1].id)) if len(page) == ROWS else ""
    else:
        rows = sorted(found[chosen], key=lambda report: report.first_seen)
    tabs = {key: (name, len(found[key])) for key, (name, _) in TABS.items()}
    return html(
        request, "drift.html", caller, reports=rows, older=older, tabs=tabs, chosen=chosen, classes=_classes
    )


@router.get("/drift.atom")
def feed(request: Request) -> Response:
    """What the caller may see, for a feed reader: an API token is the password."""
    try:
        caller = feed_caller(request)
    except NotLoggedIn:
        return Response(status_code=401, headers=CHALLENGE)
    base = web_address(caller.app.settings.web) or str(request.base_url)
    reports = list_reports(caller, resolved=True, limit=ENTRIES)
    return Response(atom(reports, base.rstrip("/"), caller.app.clock.now()), media_type=MEDIA_TYPE)


def _open(report: ReportPage, now: datetime) -> bool:
    return not _acknowledged(report, now)


def _acknowledged(report: ReportPage, now: datetime) -> bool:
    """One that has lapsed is open again, even before a check says so."""
    known = report.acknowledgement
    return report.status is ReportStatus.ACKNOWLEDGED and known is not None and now < known.until


# What each tab shows of the reports that are not resolved.
TABS: dict[str, tuple[str, Callable[[ReportPage, datetime], bool]]] = {
    "": ("Needs somebody", lambda report, now: _open(report, now) and report.confirmed),
    "contested": ("Contested", lambda report, now: _open(report, now) and report.contested is not None),
    "unconfirmed": ("Not confirmed", lambda report, now: _open(report, now) and not report.confirmed),
    "acknowledged": ("Acknowledged", _acknowledged),
}


def _classes(report: ReportPage) -> list[tuple[DriftClass, int]]:
    """How many resources of each class, those that count first."""
    found = [DriftClass(row.class_) for row in report.resources]
    return [(one, found.count(one)) for one in DriftClass if one in found]
