"""What a form asks for: it is done, and the next page says what came of it."""

from collections.abc import Callable
from typing import TypeVar

from fastapi import Request, Response

from runner.errors import DriftlineError
from runner.web.dashboard.flash import Said, back_to

T = TypeVar("T")


def done(request: Request, path: str, perform: Callable[[], T], say: Callable[[T], str]) -> Response:
    """Perform it, and go back to the page, which says so, or why it was refused."""
    try:
        result = perform()
    except DriftlineError as error:
        return back_to(request, path, Said("fail", error.message, error.hint or ""))
    return back_to(request, path, Said("ok", say(result)))
