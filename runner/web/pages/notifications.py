"""Notifications: how the delivery of each goes, trying one, and what it could not deliver."""

from itertools import groupby
from typing import Annotated

from fastapi import APIRouter, Depends, Form, Request
from fastapi.responses import HTMLResponse, Response

from runner.api.caller import Caller
from runner.api.events import list_undelivered
from runner.api.notifications import drop_letters, list_notifications, retry_letters, try_notification
from runner.model.access.role import Role
from runner.model.notify.consumer import consumer_of
from runner.model.values.frozen import dataclass
from runner.view.event import LetterRow
from runner.view.notification import NotificationRow
from runner.view.words import counted
from runner.web.api.routes import endpoint
from runner.web.dashboard.form import done
from runner.web.dashboard.html import html
from runner.web.identity.caller import page_caller

PATH = "/notifications"
AT_ONCE = 50  # dead letters of one notification

router = APIRouter(include_in_schema=False)
router.add_api_route(f"{PATH}.json", endpoint(list_notifications))


@dataclass(frozen=True)
class Delivery:
    """A notification and its oldest dead letters. `dropping` says which of them somebody asked to forget."""

    row: NotificationRow
    letters: tuple[LetterRow, ...]
    dropping: str


@router.get(PATH)
def notifications(
    request: Request,
    caller: Annotated[Caller, Depends(page_caller)],
    drop: str = "",
    event: int | None = None,
) -> HTMLResponse:
    """With `drop`, it asks whether the dead letters of that notification are to be forgotten, or one of them."""
    rows = list_notifications(caller)
    letters = sorted(list_undelivered(caller), key=lambda letter: (letter.consumer, letter.id))
    of = {name: tuple(some) for name, some in groupby(letters, key=lambda letter: letter.consumer)}
    may_drop = caller.may_change(Role.OWNER, None)
    found = [
        Delivery(
            row,
            of.get(consumer_of(row.name), ())[:AT_ONCE],
            _dropping(of.get(consumer_of(row.name), ()), event) if may_drop and row.name == drop else "",
        )
        for row in rows
    ]
    return html(
        request,
        "notifications.html",
        caller,
        deliveries=found,
        event=event,
        may_send=caller.may_change(Role.OPERATOR, None),
        may_drop=may_drop,
    )


def _dropping(letters: tuple[LetterRow, ...], event: int | None) -> str:
    if event is None:
        return counted(len(letters), "dead letter") if letters else ""
    return f"event {event}" if any(letter.id == event for letter in letters) else ""


@router.post(f"{PATH}/test")
def test(
    request: Request, caller: Annotated[Caller, Depends(page_caller)], name: Annotated[str, Form()]
) -> Response:
    return done(request, PATH, lambda: try_notification(caller, name), lambda _: f"Sent a test to {name}.")


@router.post(f"{PATH}/retry")
def retry(
    request: Request,
    caller: Annotated[Caller, Depends(page_caller)],
    name: Annotated[str, Form()],
    event: Annotated[int | None, Form()] = None,
) -> Response:
    """All of its dead letters, or one."""
    return done(
        request,
        PATH,
        lambda: retry_letters(caller, name, event=event),
        lambda handled: f"Sent {counted(handled.events, 'event')} to {name}.",
    )


@router.post(f"{PATH}/drop")
def drop(
    request: Request,
    caller: Annotated[Caller, Depends(page_caller)],
    name: Annotated[str, Form()],
    event: Annotated[int | None, Form()] = None,
) -> Response:
    """All of its dead letters, or one."""
    return done(
        request,
        PATH,
        lambda: drop_letters(caller, name, event=event),
        lambda handled: f"Dropped {counted(handled.events, 'event')} of {name}.",
    )
