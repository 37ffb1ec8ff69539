"""Pages from templates: what every page knows, and how values are written on it."""

import re
from datetime import datetime
from functools import cache
from typing import Any
from urllib.parse import quote, urlencode

from fastapi import Request
from fastapi.responses import HTMLResponse
from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup, escape

from runner import __version__
from runner.api.caller import Caller
from runner.model.changes.snippet import code_rows
from runner.model.events.feed import TOPICS
from runner.model.run.life import State
from runner.model.values.text import safe_text
from runner.view import when, words
from runner.web.api.numbers import page_of_name
from runner.web.dashboard import flash, packed
from runner.web.dashboard.assets import asset_url
from runner.web.dashboard.icons import ICONS
from runner.web.dashboard.navigation import NAVIGATION
from runner.web.dashboard.states import Look, of_state, of_sync
from runner.web.dashboard.theme import theme_of
from runner.web.identity.csrf import csrf_of


def html(
    request: Request, template: str, caller: Caller | None = None, *, status: int = 200, **values: Any
) -> HTMLResponse:
    """The page, drawn for a caller; a message that a form left for it is shown once."""
    said = flash.told(request)
    known = {
        "caller": caller,
        "csrf": csrf_of(request) if caller is not None else "",
        "now": caller.app.clock.now() if caller is not None else None,
        "here": f"{request.url.path}?{request.url.query}" if request.url.query else request.url.path,
        "path": request.url.path,
        "said": said,
        "theme": theme_of(request),
        "seen": getattr(request.state, "seen", ""),
    }
    text = environment().get_template(template).render(known | values)
    answer = packed.page(request, text, status)
    if said is not None:
        flash.forget(request, answer)
    return answer


_TURNS = re.compile("[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")
_NAMED = re.compile(r"(?<![\w/-])((?:run|dr)-\d+)(?![\w-])")


@cache
def environment() -> Environment:
    made = Environment(
        loader=PackageLoader("runner.web"),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=_in_its_direction,
        auto_reload=False,  # installed templates do not change
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters |= {
        "rfc3339": when.rfc3339,
        "span": when.span,
        "duration": when.duration,
        "counted": words.counted,
        "path": _path,
        "marked": marked,
        "linked": linked,
        "code_rows": code_rows,
    }
    made.globals |= {
        "icon": ICONS.__getitem__,
        "static": asset_url,
        "version": __version__,
        "navigation": NAVIGATION,
        "state": of_state,
        "sync_state": of_sync,
        "time": _time,
        "topics": " ".join(TOPICS),
        "run_state": lambda name: of_state(State(name)),
        "link": link,
        "live": _live,
        "look": Look,
        "words": words,
    }
    return made


def _in_its_direction(value: Any) -> Any:
    """Characters that turn the text behind them around are shown: a commit could have a page read as it does not say."""
    if not isinstance(value, str) or value.isascii():
        return value
    return type(value)(_TURNS.sub(lambda found: safe_text(found[0]), value))


def _path(name: str) -> str:
    """A name in an address; the slashes of a stack's name stay."""
    return quote(name, safe="/")


def marked(text: str) -> Markup:
    """What stands between backquotes is code."""
    parts = (
        Markup("<code>{}</code>").format(part) if at % 2 else escape(part)
        for at, part in enumerate(text.split("`"))
    )
    return Markup().join(parts)


def linked(text: str) -> Markup:
    """Runs and drift reports that a message names are links to their pages."""
    parts = []
    for part in _NAMED.split(text):
        page = page_of_name(part)
        parts.append(
            escape(part) if page is None else Markup('<a class="id" href="{}">{}</a>').format(page, part)
        )
    return Markup().join(parts)


def link(path: str, /, **query: Any) -> str:
    """An address with those parts of a query that say something."""
    said = [(name, value) for name, value in query.items() if value not in {None, "", ()}]
    return f"{path}?{urlencode(said, doseq=True)}" if said else path


def _time(moment: datetime | None, now: datetime) -> Markup:
    """Relative for people; the exact time is its title, and for programs."""
    if moment is None:
        return Markup("never")
    exact = when.rfc3339(moment)
    text = when.ahead(moment, now) if moment > now else when.ago(moment, now)
    return Markup(  # noqa: S704 - times have no markup; a list writes hundreds, and `format` takes half of each
        f'<time datetime="{exact}" title="{moment:%a %Y-%m-%d %H:%M:%S} UTC">{text}</time>'
    )


def _live(here: str) -> Markup:
    """The attributes of a part of this page that refreshes itself; it has the id `live`."""
    return Markup(
        'hx-get="{}" hx-trigger="live from:body" hx-select="#live" hx-target="this" hx-swap="morph:outerHTML"'
    ).format(here)
