"""Forms of pages: each performs an operation, and leads to a page that says how it went."""

from collections.abc import Callable

from fastapi import Response

from runner.errors import DriftlineError
from runner.web.flash import Said, back_to


def performed(path: str, perform: Callable[[], str]) -> Response:
    """Perform it, and show the page at `path` with what `perform` says, or with the error."""
    try:
        said = Said("ok", perform())
    except DriftlineError as error:
        said = Said("fail", error.message, error.hint or "")
    return back_to(path, said)
