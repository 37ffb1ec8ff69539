"""Locks of stacks: who holds them and why, taking one, and releasing it."""

from typing import Annotated

from fastapi import APIRouter, Depends, Form, Request
from fastapi.responses import HTMLResponse, Response

from runner.api.caller import Caller
from runner.api.locks import list_locks, release_lock, take_lock
from runner.model.access.role import Role
from runner.web.api.routes import endpoint
from runner.web.dashboard.form import done
from runner.web.dashboard.html import html
from runner.web.identity.caller import page_caller

PATH = "/locks"

router = APIRouter(include_in_schema=False)
router.add_api_route("/locks.json", endpoint(list_locks))


@router.get(PATH)
def locks(
    request: Request, caller: Annotated[Caller, Depends(page_caller)], release: str = ""
) -> HTMLResponse:
    """With `release`, it asks for the reason to release the lock of that stack."""
    found = list_locks(caller)
    releasing = release if any(lock.stack == release for lock in found) else ""
    somewhere = not caller.app.read_only and caller.access.holds(Role.OWNER)
    return html(
        request,
        "locks.html",
        caller,
        locks=found,
        releasing=releasing,
        may_lock=somewhere,
        may_release=lambda stack: caller.may_change(Role.OWNER, stack),
    )


@router.post(PATH)
def take(
    request: Request,
    caller: Annotated[Caller, Depends(page_caller)],
    stack: Annotated[str, Form()],
    reason: Annotated[str, Form()],
) -> Response:
    return done(
        request,
        PATH,
        lambda: take_lock(caller, stack.strip(), reason=reason),
        lambda lock: f"Locked {lock.stack}.",
    )


@router.post("/locks/release")
def release(
    request: Request,
    caller: Annotated[Caller, Depends(page_caller)],
    stack: Annotated[str, Form()],
    reason: Annotated[str, Form()],
) -> Response:
    return done(
        request,
        PATH,
        lambda: release_lock(caller, stack, reason=reason),
        lambda lock: f"Released the lock of {lock.stack}, which {lock.holder} held: {lock.reason}",
    )
