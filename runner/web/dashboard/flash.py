"""One message for the next page, after a form was answered with a redirect.

It is kept in a cookie: in the address, a link of somebody else could put words in our mouth.
"""

import base64
import binascii
import json
from dataclasses import asdict, dataclass
from typing import Literal

from fastapi import Request, Response
from fastapi.responses import RedirectResponse

COOKIE = "driftline_said"
SECONDS = 60
LONGEST = 2000  # of the text: a cookie has 4 KB


@dataclass(frozen=True)
class Said:
    tone: Literal["ok", "fail"]
    text: str
    hint: str = ""


def back_to(path: str, said: Said) -> Response:
    """Show the page at `path`, with the message."""
    answer = RedirectResponse(path, 303)
    short = Said(said.tone, said.text[:LONGEST], said.hint[:500])
    packed = base64.urlsafe_b64encode(json.dumps(asdict(short)).encode()).decode()
    answer.set_cookie(COOKIE, packed, max_age=SECONDS, httponly=True, samesite="strict")
    return answer


def told(request: Request) -> Said | None:
    packed = request.cookies.get(COOKIE)
    if packed is None:
        return None
    try:
        return Said(**json.loads(base64.urlsafe_b64decode(packed)))
    except (binascii.Error, ValueError, TypeError, RecursionError):
        return None


def forget(answer: Response) -> None:
    answer.delete_cookie(COOKIE, httponly=True, samesite="strict")
