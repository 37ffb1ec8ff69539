"""One message for the next page, after a form was answered with a redirect.

It is kept in a signed cookie: in the address, a link of somebody else could put words in our mouth.
"""

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import asdict
from typing import Literal

from fastapi import Request, Response
from fastapi.responses import RedirectResponse

from runner.model.values.frozen import dataclass
from runner.web.identity.cookie import drop_cookie, set_cookie, signed_cookie

COOKIE = "driftline-said"
SECONDS = 60
LONGEST = 2000  # of the text: a cookie has 4 KB


@dataclass(frozen=True)
class Said:
    tone: Literal["ok", "fail"]
    text: str
    hint: str = ""


def back_to(request: Request, path: str, said: Said) -> Response:
    """Show the page at `path`, with the message."""
    answer = RedirectResponse(path, 303)
    short = Said(said.tone, said.text[:LONGEST], said.hint[:500])
    packed = urlsafe_b64encode(json.dumps(asdict(short)).encode()).decode()
    set_cookie(request, answer, COOKIE, packed, SECONDS)
    return answer


def told(request: Request) -> Said | None:
    packed = signed_cookie(request, COOKIE)
    return None if packed is None else Said(**json.loads(urlsafe_b64decode(packed)))


def forget(request: Request, answer: Response) -> None:
    drop_cookie(request, answer, COOKIE)
