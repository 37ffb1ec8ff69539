"""Pages in gzip: a list of a hundred stacks takes a twentieth of its bytes.

Whoever can put words into a page and see how long it is could find out what else it says (BREACH). So a page that
another site leads to is sent as it is, and what is packed has a length that tells little ("Heal the Breach").
"""

import gzip
import io
import secrets

from fastapi import Request
from fastapi.responses import HTMLResponse

from runner.web.identity.csrf import OURS

LEAST = 2048  # bytes; less fits into two packets anyway
_LEVEL = 4
_PADDING = 100  # at most so many bytes, as the name of the file in gzip's header


def page(request: Request, text: str, status: int) -> HTMLResponse:
    content = text.encode()
    if len(content) < LEAST or not _may_pack(request):
        return HTMLResponse(content, status)
    return HTMLResponse(
        _packed(content), status, {"Content-Encoding": "gzip", "Vary": "Accept-Encoding, Sec-Fetch-Site"}
    )


def _may_pack(request: Request) -> bool:
    ours = request.headers.get("sec-fetch-site") in OURS
    return ours and "gzip" in request.headers.get("accept-encoding", "")


def _packed(content: bytes) -> bytes:
    into = io.BytesIO()
    name = "x" * secrets.randbelow(_PADDING)
    with gzip.GzipFile(filename=name, mode="wb", compresslevel=_LEVEL, fileobj=into, mtime=0) as file:
        file.write(content)
    return into.getvalue()
