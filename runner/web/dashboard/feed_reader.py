"""Who reads a feed: feed readers know basic authentication only, so that its password is an API token.

A token in the address would stand in logs, histories and bookmarks.
"""

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
    except ValueError:  # binascii.Error, or it is no ASCII, or no UTF-8
        return ""


def _with_token(request: Request, token: str) -> Request:
    """The same request as a program would send it. Of the same scope: what is noted in it, such as the turn that it
    takes, has to be found when it is answered.
    """
    others = [(name, value) for name, value in request.scope["headers"] if name != b"authorization"]
    bearer = (b"authorization", f"{BEARER}{token}".encode("latin-1", "replace"))
    request.scope["headers"] = [*others, bearer]
    return Request(request.scope)
