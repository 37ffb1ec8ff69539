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
LONGEST = 2000  # characters of the text
# Bytes as it is kept, with room for name and signature: a browser drops a cookie of more than 4 KB.
MOST = 3600


@dataclass(frozen=True)
class Said:
    tone: Literal["ok", "fail"]
    text: str
    hint: str = ""


def back_to(request: Request, path: str, said: Said) -> Response:
    """Show the page at `path`, with the message."""
    answer = RedirectResponse(path, 303)
    short = Said(said.tone, said.text[:LONGEST], said.hint[:500])
    set_cookie(request, answer, COOKIE, _packed(short), SECONDS)
    return answer


def _packed(said: Said) -> str:
    """Shorter where a character takes more than one byte: why something was refused must not get lost."""
    while len(packed := urlsafe_b64encode(json.dumps(asdict(said)).encode())) > MOST:
        said = Said(said.tone, said.text[: len(said.text) * 3 // 4], said.hint[: len(said.hint) * 3 // 4])
    return packed.decode()


def told(request: Request) -> Said | None:
    packed = signed_cookie(request, COOKIE)
    return None if packed is None else Said(**json.loads(urlsafe_b64decode(packed)))


def forget(request: Request, answer: Response) -> None:
    drop_cookie(request, answer, COOKIE)
