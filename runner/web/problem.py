"""Errors as problem details (RFC 9457), with the code, message and hint that the terminal shows."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from fastapi.responses import JSONResponse

from runner.errors import (
    DatabaseBusy,
    DriftlineError,
    HostUnknown,
    InternalError,
    InvalidRequest,
    KeyReused,
    LoginEnded,
    MethodNotAllowed,
    NotJson,
    NotLoggedIn,
    RequestTooLarge,
    StateTooLarge,
    StillAnswering,
    TooManyAtOnce,
    TooManyFollowers,
    TooManyGuesses,
    WebhookRefused,
)
from runner.view.refusal import refusal_document

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
# Errors for which HTTP has a status of their own.
OWN_STATUS: Mapping[type[DriftlineError], int] = {
    NotLoggedIn: 401,
    LoginEnded: 401,
    MethodNotAllowed: 405,
    RequestTooLarge: 413,
    StateTooLarge: 413,
    NotJson: 415,
    KeyReused: 422,
    InternalError: 500,
    TooManyGuesses: 429,
    TooManyAtOnce: 429,
    TooManyFollowers: 429,
    DatabaseBusy: 503,
    WebhookRefused: 401,
    HostUnknown: 421,
}
# Seconds after which it may go better.
RETRY_AFTER: Mapping[type[DriftlineError], int] = {TooManyAtOnce: 1, TooManyFollowers: 30, DatabaseBusy: 5}
PROBLEM: Mapping[str, Any] = {
    "type": "object",
    "description": "An error (RFC 9457).",
    "properties": {
        "type": {"type": "string", "format": "uri"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string", "description": "What is wrong."},
        "code": {"type": "string", "description": "The kind of error; stable."},
        "exit_code": {"type": "integer", "description": "What the command line would exit with."},
        "hint": {"type": "string", "description": "What to do, as a command where there is one."},
        "facts": {
            "type": "object",
            "description": "What `detail` was made of.",
            "additionalProperties": {"type": ["string", "number", "boolean"]},
        },
        "errors": {
            "type": "array",
            "description": "Every part of the request that is invalid.",
            "items": {
                "type": "object",
                "properties": {
                    "in": {"enum": ["path", "query", "header", "body"]},
                    "pointer": {"type": "string", "format": "json-pointer"},
                    "message": {"type": "string"},
                },
                "required": ["in", "pointer", "message"],
            },
        },
    },
    "required": ["type", "title", "status", "detail", "code", "exit_code", "hint", "facts"],
}
NEVER_KEPT = "no-store"


def status_of(error: DriftlineError) -> int:
    return OWN_STATUS.get(type(error)) or STATUS.get(error.exit_code, 500)


def refusal(error: DriftlineError) -> JSONResponse:
    """The answer to a request that failed."""
    headers = {"Cache-Control": NEVER_KEPT, **headers_of(error)}
    return JSONResponse(problem(error), status_of(error), headers, MEDIA_TYPE)


def problem(error: DriftlineError) -> dict[str, Any]:
    code = type(error).__name__
    told = {
        "type": f"urn:driftline:error:{code}",
        "title": code,
        "status": status_of(error),
        **refusal_document(error),
    }
    if isinstance(error, InvalidRequest):
        told["errors"] = [_place(asdict(one)) for one in error.errors]
    return told


def headers_of(error: DriftlineError) -> dict[str, str]:
    match error:
        case NotLoggedIn():
            return {"WWW-Authenticate": "Bearer"}
        case WebhookRefused():
            return {"WWW-Authenticate": "Webhook-Signature"}
        case MethodNotAllowed():
            return {"Allow": str(error.facts["allowed"])}
        case StillAnswering() | TooManyGuesses():
            return {"Retry-After": str(error.facts["seconds"])}
        case _:
            seconds = RETRY_AFTER.get(type(error))
            return {} if seconds is None else {"Retry-After": str(seconds)}


def _place(invalid: dict[str, str]) -> dict[str, str]:
    return {"in": invalid.pop("place"), **invalid}
