"""Who is not logged in is sent to the login page, and back to where they wanted to go."""

from urllib.parse import quote

from fastapi import Request
from fastapi.responses import RedirectResponse, Response

HTMX = "hx-request"


class LoginFirst(Exception):
    """Raised for a page that only somebody known may see."""


async def to_login(request: Request, _error: Exception) -> Response:
    if HTMX in request.headers:  # a part of a page: the whole page has to go there
        return Response(status_code=401, headers={"HX-Redirect": "/login"})
    back = request.url.path + (f"?{request.url.query}" if request.url.query else "")
    query = "" if request.method != "GET" or back == "/" else f"?next={quote(back, safe='/')}"
    return RedirectResponse(f"/login{query}", 303)
