"""What a server answered, as the value or the error that the operation has here.

The server may be of another version: a key that this one does not know is passed over, and one that is missing and has
a default has its default. Where that is not enough, the error names both versions.
"""

from typing import TypeVar, cast

import httpx2

from runner import __version__
from runner.api.content import Content
from runner.api.http import VERSION
from runner.api.operation import Operation
from runner.errors import (
    DriftlineError,
    InvalidRequest,
    MethodNotAllowed,
    NotDriftline,
    NothingServed,
    NotLoggedIn,
    OtherVersion,
)
from runner.view.document import read_document
from runner.view.refusal import raised_again

T = TypeVar("T")

# What reading JSON of any other shape raises.
NOT_OURS = (ValueError, KeyError, TypeError, AttributeError, RecursionError)
# How a server refuses what only another version knows.
_UNKNOWN = (NothingServed, MethodNotAllowed, InvalidRequest)


def read_answer(operation: Operation[..., T], answer: httpx2.Response) -> T:
    if operation.answer is Content:
        return cast("T", Content(operation.name, answer.content))
    try:
        found: T = read_document(operation.answer, answer.json() if answer.content else None)
    except NOT_OURS as error:
        raise _other_version(answer, f"its answer cannot be read here ({error})") or strange(answer) from None
    return found


def error_of(answer: httpx2.Response) -> DriftlineError:
    """As the server raised it; what is not a problem of Driftline came from something in between."""
    try:
        raised = raised_again(answer.json())
    except NOT_OURS:
        return strange(answer)
    if isinstance(raised, NotLoggedIn):
        raised.hint = raised.hint.replace("driftline login URL", f"driftline login {_address(answer)}")
    if isinstance(raised, _UNKNOWN):
        return _other_version(answer, raised.message) or raised
    return raised


def _other_version(answer: httpx2.Response, problem: str) -> OtherVersion | None:
    """None where both are of one version."""
    server = answer.headers.get(VERSION, __version__)
    if server == __version__:
        return None
    return OtherVersion(url=_address(answer), server=server, here=__version__, problem=problem)


def strange(answer: httpx2.Response) -> NotDriftline:
    return NotDriftline(url=_address(answer), status=f"{answer.status_code} {answer.reason_phrase}".strip())


def _address(answer: httpx2.Response) -> str:
    return str(answer.url.copy_with(path="/", query=None)).rstrip("/")
