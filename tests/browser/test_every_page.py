"""What holds for every page of the dashboard, in a real browser."""

from collections.abc import Callable, Collection, Iterable, Iterator
from contextlib import ExitStack
from functools import cache
from importlib import import_module
from pathlib import PurePosixPath
from typing import Any

import pytest
from _pytest.mark.structures import ParameterSet
from browser_pages import ONE_OF_EACH, PLACES, Place
from browser_visit import DESK, PHONE, Visit, visiting
from playwright.sync_api import Browser
from rich_world import CANARY, Rich

from runner.web.pages.table import PAGES

pytestmark = pytest.mark.browser
# Answers that are no pages: a list for programs, a feed, a graph.
NO_PAGE = {".json", ".jsonl", ".atom", ".dot", ".txt"}
PARTS = {"/runs/{run}/log/head"}  # of pages that are seen here
# What all others are made of: a list, a form, a table, a drawing, what an attacker wrote. Others repeat what these show.
ALWAYS = {"overview", "login", "inbox", "graph", "drift report", "hostile stack", "hostile run"}


def repeated(places: Iterable[Place], always: Collection[str]) -> list[ParameterSet]:
    return [
        pytest.param(place, id=place.name, marks=[] if place.name in always else pytest.mark.thorough)
        for place in places
    ]


# What is asked of one place is asked while it is open.
every_place = pytest.mark.parametrize("place", repeated(PLACES, ALWAYS), scope="module")


@pytest.fixture(scope="module")
def windows(address: str, browser: Browser, sessions: Callable[[str], Any]) -> Iterator[Callable[..., Visit]]:
    """One for each person, with JavaScript and without: a new one takes longer than a page."""
    with ExitStack() as kept:

        @cache
        def window_of(who: str, **options: object) -> Visit:
            return kept.enter_context(visiting(browser, address, storage_state=sessions(who), **options))

        yield window_of


@pytest.fixture
def seen(windows: Callable[..., Visit], installation: Rich) -> Iterator[Callable[..., Visit]]:
    """A place by day at a desk, in a window that has seen others before; nothing unexpected may happen in it."""
    used: list[Visit] = []

    def see(place: Place, **options: object) -> Visit:
        window = windows(place.who, **options)
        used.append(window)
        window.page.emulate_media(color_scheme="light")
        window.page.set_viewport_size(DESK)
        if window.page.url != window.address + place.path(installation):
            window.open(place.path(installation))
        return window

    yield see
    for window in used:
        window.listen()
        wrong = window.wrong.copy()
        window.wrong.clear()
        assert wrong == []


@every_place
def test_axe_finds_nothing(seen: Callable[..., Visit], place: Place) -> None:
    window = seen(place)
    assert window.axe() == []
    # Nothing but colours is another in the dark.
    window.page.emulate_media(color_scheme="dark")
    assert window.axe("color-contrast") == []


@every_place
def test_nothing_is_cut_off_at_a_desk_or_on_a_phone(seen: Callable[..., Visit], place: Place) -> None:
    window = seen(place)
    window.page.evaluate("document.querySelectorAll('details').forEach((one) => (one.open = true))")
    assert window.overflow() == []
    window.page.set_viewport_size(PHONE)
    assert window.overflow() == []


@pytest.mark.parametrize("place", PLACES, ids=lambda place: place.name, scope="module")
def test_it_has_no_secret_and_no_link_that_is_code(
    seen: Callable[..., Visit], installation: Rich, place: Place
) -> None:
    page = seen(place).page
    content = page.content()
    assert not [secret for secret in (CANARY, *installation.tokens.values()) if secret in content]
    assert page.locator("a[href^='javascript:'], form[action^='javascript:']").count() == 0
    assert page.evaluate("window.__pwned === undefined")


@pytest.mark.parametrize("place", repeated(ONE_OF_EACH, {"overview", "graph", "api/docs"}))
def test_its_first_visit_stays_in_the_budget(
    visit: Callable[..., Visit], installation: Rich, place: Place
) -> None:
    window = visit(place.who)
    window.open(place.path(installation))
    window.page.wait_for_load_state("load")
    assert window.transferred() <= place.budget


@pytest.mark.parametrize("place", repeated(ONE_OF_EACH, {"overview", "inbox", "long stack"}))
def test_it_says_everything_without_javascript(seen: Callable[..., Visit], place: Place) -> None:
    bare = seen(place, java_script_enabled=False).page
    assert bare.locator("h1").inner_text()
    assert bare.locator("main").inner_text().strip()


def test_every_page_of_the_server_is_seen_here() -> None:
    served = {
        route.path
        for page in PAGES
        for route in import_module(f"runner.web.pages.{page}").router.routes
        if "GET" in route.methods and PurePosixPath(route.path).suffix not in NO_PAGE
    }
    assert served - PARTS - {place.route for place in PLACES} == set()
