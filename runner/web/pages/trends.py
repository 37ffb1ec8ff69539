"""How it went over weeks: lines where there is JavaScript, tables where there is none."""

from collections.abc import Callable
from typing import Annotated

from fastapi import APIRouter, Depends, Request
from fastapi.responses import HTMLResponse

from runner.api.caller import Caller
from runner.api.trends import show_trends
from runner.model.values.frozen import dataclass
from runner.view.trends import DayRow
from runner.view.when import span
from runner.web.api.routes import endpoint
from runner.web.dashboard.html import html
from runner.web.identity.caller import page_caller

SPANS = {7: "Week", 30: "30 days", 90: "90 days", 365: "Year"}

router = APIRouter(include_in_schema=False)
router.add_api_route("/trends.json", endpoint(show_trends))


@dataclass(frozen=True)
class Series:
    """`tone` names a colour of the stylesheet."""

    name: str
    tone: str
    value: Callable[[DayRow], float | None]


@dataclass(frozen=True)
class Chart:
    """`axis` says what is counted, and in which unit. `form` is `bars`, where the series add up, or `lines`, whose values are seconds."""

    name: str
    note: str
    axis: str
    form: str
    series: tuple[Series, ...]

    def text(self, value: float | None) -> str:
        if value is None:
            return "-"
        return span(value) if self.form == "lines" else f"{value:.0f}"


CHARTS = (
    Chart(
        "Changes",
        "by result",
        "runs per day",
        "bars",
        (
            Series("applied", "ok", lambda day: day.runs.applied),
            Series("no changes", "line-strong", lambda day: day.runs.unchanged),
            Series("stopped", "faint", lambda day: day.runs.stopped),
            Series("failed", "fail", lambda day: day.runs.failed),
        ),
    ),
    Chart(
        "Drift checks",
        "by result",
        "checks per day",
        "bars",
        (
            Series("clean", "line-strong", lambda day: day.checks.unchanged),
            Series("drifted", "drift", lambda day: day.checks.drifted),
            Series("stopped", "faint", lambda day: day.checks.stopped),
            Series("failed", "fail", lambda day: day.checks.failed),
        ),
    ),
    Chart(
        "Drift reports",
        "opened and resolved",
        "reports per day",
        "bars",
        (
            Series("resolved", "ok", lambda day: day.drift_resolved),
            Series("opened", "drift", lambda day: day.drift_opened),
        ),
    ),
    Chart(
        "Waiting",
        "for approval, and for the apply",
        "median time per day",
        "lines",
        (
            Series("plan to approval", "wait", lambda day: day.seconds_to_approval),
            Series("approval to applied", "run", lambda day: day.seconds_to_applied),
        ),
    ),
)


@router.get("/trends")
def trends(request: Request, caller: Annotated[Caller, Depends(page_caller)], days: int = 30) -> HTMLResponse:
    page = show_trends(caller, days=days)
    return html(request, "trends.html", caller, page=page, days=days, spans=SPANS, charts=CHARTS)
