"""What a form asks for: it is done, and the next page says what came of it."""

from collections.abc import Callable
from typing import TypeVar

from fastapi import Request, Response

from runner.errors import BadUsage, DriftlineError
from runner.model.values.moment import Moment
from runner.web.dashboard.flash import Said, back_to

T = TypeVar("T")


def done(request: Request, path: str, perform: Callable[[], T], say: Callable[[T], str]) -> Response:
    """Perform it, and go back to the page, which says so, or why it was refused."""
    try:
        result = perform()
    except DriftlineError as error:
        return refused(request, path, error)
    return back_to(request, path, Said("ok", say(result)))


def refused(request: Request, path: str, error: DriftlineError) -> Response:
    """Go back to the page, which says why it was not done."""
    return back_to(request, path, Said("fail", error.message, error.hint or ""))


def moment(text: str, *, such_as: str) -> Moment:
    """What a field for a time says; BadUsage with what it may say."""
    try:
        return Moment.parse(text)
    except ValueError as error:
        raise BadUsage(str(error), hint=f"{such_as}, 2026-12-24, or 2026-12-24T18:00:00Z") from error
