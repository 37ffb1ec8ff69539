"""Requests over HTTP that cannot be read, or that the server does not take."""

from collections.abc import Sequence
from dataclasses import dataclass

from runner.errors.base import BadUsage, Conflict, DriftlineError, NotFound


@dataclass(frozen=True)
class Invalid:
    """`place` is path, query, header or body; `pointer` leads to the value there, as RFC 6901 says."""

    place: str
    pointer: str
    message: str

    def __str__(self) -> str:
        return f"{self.place}{self.pointer}: {self.message}"


class InvalidRequest(BadUsage):
    """the request is invalid: {problems}"""

    hint_template = "curl SERVER/openapi.json   describes every operation"
    errors: tuple[Invalid, ...] = ()

    @classmethod
    def of(cls, errors: Sequence[Invalid]) -> "InvalidRequest":
        made = cls(problems="; ".join(map(str, errors)))
        made.errors = tuple(errors)
        return made


class NothingServed(NotFound):
    """nothing is served at {path}"""

    hint_template = "curl SERVER/openapi.json   lists every path"


class MethodNotAllowed(BadUsage):
    """{path} does not take {method}, only {allowed}"""

    hint_template = "curl SERVER/openapi.json   describes every operation"


class NotJson(BadUsage):
    """the body must be application/json, not {given}"""

    hint_template = "curl --json '{{...}}' URL"


class RequestAmbiguous(BadUsage):
    """the request has both Content-Length and Transfer-Encoding, so its end is not certain"""

    hint_template = "send one of both headers"


class RequestTooLarge(BadUsage):
    """the {part} of this request exceeds {most} bytes"""

    hint_template = "send less"


class KeyReused(BadUsage):
    """the Idempotency-Key was used for another request before"""

    hint_template = "use a new key for each request, and the same one only to repeat it"


class StillAnswering(Conflict):
    """a request with this Idempotency-Key has been begun, and is not answered yet"""

    hint_template = "repeat the request in {seconds} s"


class AnswerLost(Conflict):
    """a request with this Idempotency-Key changed something, and its answer was not kept"""

    hint_template = "look at what it did before you send it with a new key: driftline audit log"


class TooManyFollowers(DriftlineError):
    """{who} may have {most} streams of events and logs at a time, and has them already"""

    exit_code = 69
    hint_template = "close pages that nobody looks at, or try again later"


class TooManyAtOnce(DriftlineError):
    """{who} may have {most} requests answered at a time, and has them already"""

    exit_code = 69
    hint_template = "try again when one of them is answered"


class InternalError(DriftlineError):
    """an internal error, which the server's log has as {id}"""

    hint_template = "journalctl --unit driftline --grep {id}"
