"""Who reads a feed: feed readers know basic authentication only, so that its password is an API token.

A token in the address would stand in logs, histories and bookmarks.
"""

import binascii
from base64 import b64decode

from fastapi import Request

from runner.api.caller import Caller
from runner.web.identity.caller import caller_of
from runner.web.identity.tokens import BEARER

BASIC = "Basic "
CHALLENGE = {"WWW-Authenticate": 'Basic realm="Driftline: an API token is the password", charset="UTF-8"'}


def feed_caller(request: Request) -> Caller:
    """NotLoggedIn."""
    given = request.headers.get("authorization", "")
    return caller_of(_with_token(request, _password(given)) if given.startswith(BASIC) else request)


def _password(given: str) -> str:
    try:
        return b64decode(given.removeprefix(BASIC), validate=True).decode().partition(":")[2]
    except (binascii.Error, UnicodeDecodeError):
        return ""


def _with_token(request: Request, token: str) -> Request:
    """The same request as a program would send it."""
    others = [(name, value) for name, value in request.scope["headers"] if name != b"authorization"]
    bearer = (b"authorization", f"{BEARER}{token}".encode("latin-1", "replace"))
    return Request({**request.scope, "headers": [*others, bearer]})
