"""The session cookie: a random secret, signed. What it stands for is in the database, where it can be ended."""

import hashlib
from urllib.parse import urlsplit

from fastapi import Request
from fastapi.responses import Response
from itsdangerous import BadSignature, Signer

from runner.app import App
from runner.datadir.keys import key_file

KEY = "web"
NAME = "driftline"
HOST_PREFIX = "__Host-"  # browsers accept it with Secure, Path=/ and no domain only: no other host can set it


def signer(app: App, purpose: str) -> Signer:
    """`purpose` keeps what is signed for one use from being valid for another."""
    key = key_file(app.settings.data_dir / "keys" / KEY)
    return Signer(key, salt=f"driftline.{purpose}", key_derivation="hmac", digest_method=hashlib.sha256)


def secure(request: Request) -> bool:
    """Whether browsers may send our cookies over TLS only."""
    app: App = request.app.state.app
    public = app.settings.web.public_url
    return request.url.scheme == "https" or (public is not None and urlsplit(public).scheme == "https")


def signed_cookie(request: Request, name: str) -> str | None:
    """The value of our cookie, if we signed it."""
    given = request.cookies.get(_name(request, name))
    if given is None:
        return None
    try:
        return signer(request.app.state.app, name).unsign(given).decode()
    except BadSignature:
        return None


def set_cookie(request: Request, answer: Response, name: str, value: str, seconds: int) -> None:
    sealed = signer(request.app.state.app, name).sign(value).decode()
    answer.set_cookie(
        _name(request, name),
        sealed,
        max_age=seconds,
        path="/",
        secure=secure(request),
        httponly=True,
        samesite="lax",
    )


def drop_cookie(request: Request, answer: Response, name: str) -> None:
    answer.delete_cookie(
        _name(request, name), path="/", secure=secure(request), httponly=True, samesite="lax"
    )


def _name(request: Request, name: str) -> str:
    return HOST_PREFIX + name if secure(request) else name
