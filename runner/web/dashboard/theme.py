"""Light or dark: as the system says, or as somebody chose for this browser."""

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse

COOKIE = "driftline_theme"
THEMES = ("auto", "light", "dark")
YEAR = 365 * 24 * 3600

router = APIRouter(include_in_schema=False)


def theme_of(request: Request) -> str:
    chosen = request.cookies.get(COOKIE)
    return chosen if chosen in THEMES else "auto"


@router.get("/theme/{theme}")
def choose(theme: str, back: str = "/") -> RedirectResponse:
    """It changes how pages look in this browser and nothing else, so a link will do."""
    answer = RedirectResponse(_own(back), 303)
    if theme in THEMES:
        answer.set_cookie(COOKIE, theme, max_age=YEAR, httponly=True, samesite="lax")
    return answer


def _own(path: str) -> str:
    """The path, if it is one of this server: browsers take `//` for the start of another host, and backslashes for slashes."""
    return path if path.startswith("/") and path[1:2] not in {"/", "\\"} and path.isprintable() else "/"
