"""Requests that change something are done once for each Idempotency-Key, also when the server dies in between."""

import hashlib
import re
from dataclasses import replace
from http import HTTPStatus
from typing import Any

from fastapi import Request, Response

from runner.api.caller import Caller
from runner.api.operation import Operation
from runner.errors import DriftlineError, Invalid, InvalidRequest
from runner.model.access.keyed import KeptAnswer, KeyedRequest
from runner.web.api.written import JSON, written
from runner.web.problem import MEDIA_TYPE, NEVER_KEPT, problem, status_of

HEADER = "Idempotency-Key"
REPLAYED = "Idempotency-Replayed"
_KEY = re.compile(r"[!-~]{1,255}")


def done_once(request: Request, of: Operation[..., Any], caller: Caller, given: dict[str, Any]) -> Response:
    key = request.headers.get(HEADER)
    if key is None:
        return _sent(_done(of, caller, given))
    if not _KEY.fullmatch(key):
        raise InvalidRequest.of([Invalid("header", f"/{HEADER}", "expected 1 to 255 visible characters")])
    return _done_with(_keyed(key, of, caller, given), of, caller, given)


def _done_with(
    keyed: KeyedRequest, of: Operation[..., Any], caller: Caller, given: dict[str, Any]
) -> Response:
    """The change and the note of it are one transaction. The answer is kept after it, so that a crash in between
    loses the answer, and never does it twice.
    """
    store = caller.app.store
    with store.writing() as writer:
        begun = writer.begin_keyed(keyed)
    if isinstance(begun, KeptAnswer):
        return _sent(begun, replayed=True)
    try:
        with store.alongside(lambda writer: writer.note_change(begun)):
            answer = _done(of, caller, given)
    except BaseException as error:
        with store.writing() as writer:
            if not writer.drop_keyed(begun) and isinstance(error, DriftlineError):
                writer.end_keyed(begun, _refused(error))
        raise
    secret = getattr(of.answer, "SHOWN_ONCE", False)
    with store.writing() as writer:
        writer.end_keyed(begun, replace(answer, body=None) if secret else answer)
    return _sent(answer)


def _keyed(key: str, of: Operation[..., Any], caller: Caller, given: dict[str, Any]) -> KeyedRequest:
    asked = written([of.name, dict(sorted(given.items()))])
    who = f"{caller.person.known_by} {caller.person.name}"
    return KeyedRequest(who, _digest(key.encode()), _digest(asked))


def _digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def _done(of: Operation[..., Any], caller: Caller, given: dict[str, Any]) -> KeptAnswer:
    value = of(caller, **given)
    if value is None:
        return KeptAnswer(HTTPStatus.NO_CONTENT, "", "")
    return KeptAnswer(HTTPStatus.OK, JSON, written(value).decode())


def _refused(error: DriftlineError) -> KeptAnswer:
    return KeptAnswer(status_of(error), MEDIA_TYPE, written(problem(error)).decode())


def _sent(answer: KeptAnswer, *, replayed: bool = False) -> Response:
    headers = {"Cache-Control": NEVER_KEPT, **({REPLAYED: "true"} if replayed else {})}
    return Response(answer.body, answer.status, headers, answer.media_type or None)
