"""What holds for every page of the dashboard, in a real browser."""

from collections.abc import Callable
from importlib import import_module
from pathlib import PurePosixPath

import pytest
from browser_pages import PLACES, Place
from browser_visit import PHONE, Visit
from rich_world import CANARY, Rich

from runner.web.pages.table import PAGES

pytestmark = pytest.mark.browser
# Answers that are no pages: a list for programs, a feed, a graph.
NO_PAGE = {".json", ".jsonl", ".atom", ".dot"}
every_page = pytest.mark.parametrize("place", PLACES, ids=lambda place: place.name)


@pytest.fixture
def opened(visit: Callable[..., Visit], installation: Rich) -> Callable[..., Visit]:
    def open_place(place: Place, **options: object) -> Visit:
        window = visit(place.who, **options)
        window.open(place.path(installation))
        return window

    return open_place


@every_page
def test_axe_finds_nothing(opened: Callable[..., Visit], place: Place) -> None:
    window = opened(place)
    assert window.axe() == []
    # Nothing but colours is another in the dark.
    window.page.emulate_media(color_scheme="dark")
    assert window.axe("color-contrast") == []


@every_page
def test_nothing_is_cut_off_at_a_desk_or_on_a_phone(opened: Callable[..., Visit], place: Place) -> None:
    window = opened(place)
    assert window.overflow() == []
    window.page.set_viewport_size(PHONE)
    assert window.overflow() == []


@every_page
def test_its_first_visit_stays_in_the_budget(opened: Callable[..., Visit], place: Place) -> None:
    window = opened(place)
    window.page.wait_for_load_state("load")
    assert window.transferred() <= place.budget


@every_page
def test_it_has_no_secret_and_no_link_that_is_code(opened: Callable[..., Visit], place: Place) -> None:
    window = opened(place)
    assert CANARY not in window.page.content()
    assert window.page.locator("a[href^='javascript:'], form[action^='javascript:']").count() == 0
    assert window.page.evaluate("window.__pwned === undefined")


@every_page
def test_it_says_everything_without_javascript(opened: Callable[..., Visit], place: Place) -> None:
    bare = opened(place, java_script_enabled=False).page
    assert bare.locator("h1").inner_text()
    assert bare.locator("main").inner_text().strip()


def test_every_page_of_the_server_is_seen_here() -> None:
    served = {
        route.path
        for page in PAGES
        for route in import_module(f"runner.web.pages.{page}").router.routes
        if "GET" in route.methods and PurePosixPath(route.path).suffix not in NO_PAGE
    }
    assert served - {place.route for place in PLACES} == set()
