"""The audit log: who did what, whether anybody edited it, and all of it as a file."""

import json
from collections.abc import Callable, Iterator
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import HTMLResponse, Response, StreamingResponse

from runner.api.audit import export_audit, list_audit, verify_audit
from runner.api.caller import Caller
from runner.model.access.role import Role
from runner.model.values.moment import Moment
from runner.view.audit import AuditRow, AuditRows, VerdictPage
from runner.view.document import document
from runner.web.api.arguments import MAX_ID
from runner.web.api.numbers import page_of_name
from runner.web.api.routes import endpoint
from runner.web.dashboard.form import moment
from runner.web.dashboard.html import html, link
from runner.web.identity.caller import page_caller

ROWS = 50
EXPORTED_AT_ONCE = 500

router = APIRouter(include_in_schema=False)
router.add_api_route("/audit.json", endpoint(list_audit))


@router.get("/audit")
def audit(
    request: Request,
    caller: Annotated[Caller, Depends(page_caller)],
    about: str = "",
    by: str = "",
    since: str = "",
    until: str = "",
    before: Annotated[int | None, Query(ge=0, le=MAX_ID)] = None,
) -> HTMLResponse:
    """`about` names a run, a stack, a report or a source."""
    now = caller.app.clock.now()
    first, last = _moment(since), _moment(until)
    rows = list_audit(
        caller,
        subject=about.strip() or None,
        by=by.strip() or None,
        since=first.since(now) if first else None,
        until=last.until(now) if last else None,
        before=before,
        limit=ROWS,
    )
    asked = {"about": about, "by": by, "since": since, "until": until}
    older = link("/audit", **asked, before=rows[-1].seq) if len(rows) == ROWS else ""
    return _page(request, caller, rows=rows, asked=asked, older=older, newer=before is not None)


@router.get("/audit/verify")
def verify(request: Request, caller: Annotated[Caller, Depends(page_caller)]) -> HTMLResponse:
    return _page(request, caller, verdict=verify_audit(caller), rows=list_audit(caller, limit=ROWS))


@router.get("/audit.jsonl")
def export(caller: Annotated[Caller, Depends(page_caller)], since: str = "", until: str = "") -> Response:
    """The log, oldest first, one entry a line; of the whole of it there is a page in memory."""
    now = caller.app.clock.now()
    first, last = _moment(since), _moment(until)

    def page(after: int | None) -> AuditRows:
        return export_audit(
            caller,
            after=after,
            since=first.since(now) if first else None,
            until=last.until(now) if last else None,
            limit=EXPORTED_AT_ONCE,
        )

    begun = page(None)  # here, so that a missing role is said
    name = f"audit-{caller.app.clock.now():%Y-%m-%d}.jsonl"
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return StreamingResponse(_lines(begun, page), media_type="application/jsonl", headers=headers)


def _lines(rows: AuditRows, page: Callable[[int], AuditRows]) -> Iterator[str]:
    while rows:
        yield "".join(json.dumps(document(row)) + "\n" for row in rows)
        rows = page(rows[-1].seq)


def _page(
    request: Request,
    caller: Caller,
    *,
    rows: tuple[AuditRow, ...],
    verdict: VerdictPage | None = None,
    asked: dict[str, str] | None = None,
    older: str = "",
    newer: bool = False,
) -> HTMLResponse:
    said = asked or dict.fromkeys(("about", "by", "since", "until"), "")
    return html(
        request,
        "audit.html",
        caller,
        rows=rows,
        page_of=page_of_name,
        asked=said,
        filtered=any(said.values()),
        older=older,
        newest=link("/audit", **said) if newer else "",
        verdict=verdict,
        may_verify=caller.access.allows(Role.ADMIN, None),
    )


def _moment(text: str) -> Moment | None:
    return moment(text.strip(), such_as="7d") if text.strip() else None
