"""Errors as problem details (RFC 9457), with the code, message and hint that the terminal shows."""

from collections.abc import Mapping
from typing import Any

from runner.errors import DriftlineError
from runner.model.values.codec import to_plain

MEDIA_TYPE = "application/problem+json"
# exit code of the terminal -> HTTP status
STATUS: Mapping[int, int] = {
    1: 422,
    3: 409,
    4: 409,
    5: 404,
    6: 403,
    7: 504,
    64: 400,
    69: 503,
    75: 503,
    78: 500,
    130: 503,
}


def status_of(error: DriftlineError) -> int:
    return STATUS.get(error.exit_code, 500)


def problem(error: DriftlineError) -> dict[str, Any]:
    """`facts` are what the message was made of, for clients that say it in their own words."""
    code = type(error).__name__
    return {
        "type": f"urn:driftline:error:{code}",
        "title": code,
        "status": status_of(error),
        "detail": error.message,
        "code": code,
        "exit_code": error.exit_code,
        "hint": error.hint,
        "facts": {name: to_plain(fact) for name, fact in error.facts.items() if _plain(fact)},
    }


def _plain(fact: Any) -> bool:
    return isinstance(fact, str | int | float | bool)
