"""The log of one run: to read and to save. `log.js` follows it at `runner/web/stream/log_stream.py`."""

from typing import Annotated

from fastapi import APIRouter, Depends, Request
from fastapi.responses import HTMLResponse, StreamingResponse

from runner.api.caller import Caller
from runner.api.logs import read_log
from runner.api.runs import show_run
from runner.web.api.numbers import run_number
from runner.web.dashboard.html import html
from runner.web.dashboard.log import log_of, log_text
from runner.web.identity.caller import page_caller

router = APIRouter(include_in_schema=False)


@router.get("/runs/{run}/log")
def log(request: Request, run: str, caller: Annotated[Caller, Depends(page_caller)]) -> HTMLResponse:
    number = run_number(run)
    return html(request, "run_log.html", caller, page=show_run(caller, number), log=log_of(caller, number))


@router.get("/runs/{run}/log/head")
def head(request: Request, run: str, caller: Annotated[Caller, Depends(page_caller)]) -> HTMLResponse:
    """What is above the log, to be refreshed without it."""
    return html(request, "run_log_head.html", caller, page=show_run(caller, run_number(run)))


@router.get("/runs/{run}/log.txt")
def save(run: str, caller: Annotated[Caller, Depends(page_caller)]) -> StreamingResponse:
    number = run_number(run)
    read_log(caller, number)  # what is refused is refused before the answer begins
    name = f'attachment; filename="run-{number}.log"'
    return StreamingResponse(
        log_text(caller, number),
        media_type="text/plain; charset=utf-8",
        headers={"Content-Disposition": name},
    )
