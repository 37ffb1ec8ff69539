"""Who reads a feed: feed readers know basic authentication only, so that its password is an API token.

A token in the address would stand in logs, histories and bookmarks.
"""

from fastapi import Request

from runner.api.caller import Caller
from runner.web.identity.basic import credentials_in
from runner.web.identity.caller import caller_of
from runner.web.identity.tokens import BEARER

BASIC = "Basic "
CHALLENGE = {"WWW-Authenticate": 'Basic realm="Driftline: an API token is the password", charset="UTF-8"'}


def feed_caller(request: Request) -> Caller:
    """NotLoggedIn."""
    given = request.headers.get("authorization", "")
    if not given.startswith(BASIC):
        return caller_of(request)
    _, password = credentials_in(given.removeprefix(BASIC))
    return caller_of(_with_token(request, password))


def _with_token(request: Request, token: str) -> Request:
    """The same request as a program would send it. Of the same scope: what is noted in it, such as the turn that it
    takes, has to be found when it is answered.
    """
    others = [(name, value) for name, value in request.scope["headers"] if name != b"authorization"]
    bearer = (b"authorization", f"{BEARER}{token}".encode("latin-1", "replace"))
    request.scope["headers"] = [*others, bearer]
    return Request(request.scope)
