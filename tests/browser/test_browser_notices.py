"""What goes wrong in a page without being seen is noticed; otherwise every other test here could pass for nothing."""

from collections.abc import Iterator

import pytest
from browser_visit import Visit, visiting
from playwright.sync_api import Browser, Route

pytestmark = pytest.mark.browser
ADDRESS = "http://127.0.0.1:9"
STRICT = "default-src 'none'; img-src http: data:"


@pytest.fixture
def window(browser: Browser) -> Iterator[Visit]:
    with visiting(browser, ADDRESS) as visit:
        yield visit


def show(visit: Visit, body: str, policy: str = "") -> list[str]:
    def answer(route: Route) -> None:
        html = f'<html lang=en><head><title>It</title><link rel=icon href="data:,"></head>{body}</html>'
        route.fulfill(body=html, content_type="text/html", headers={"Content-Security-Policy": policy})

    visit.context.route(f"{ADDRESS}/", answer)
    visit.open("/")
    visit.page.wait_for_load_state("networkidle")
    return visit.wrong


@pytest.mark.parametrize(
    ("body", "policy", "said"),
    [
        ("<script>console.error('broken')</script>", "", "console: broken"),
        ("<script>nothing.at.all</script>", "", "nothing is not defined"),
        ("<script>alert(1)</script>", STRICT, "CSP: script-src-elem"),
        ("<p style='color: red'>", STRICT, "CSP: style-src-attr"),
        ("<script>alert(1)</script>", "", "dialog: 1"),
        ("<img alt='' src='http://elsewhere.example/i.png'>", STRICT, "request elsewhere"),
        ("<img alt='' src='/gone.png'>", "", "failed: "),
    ],
)
def test_it_is_noticed(window: Visit, body: str, policy: str, said: str) -> None:
    assert any(said in wrong for wrong in show(window, body, policy))


def test_a_sound_page_says_nothing(window: Visit) -> None:
    assert show(window, "<main><h1>It</h1></main>", STRICT) == []
    assert window.axe() == []
    assert window.overflow() == []


def test_grey_on_grey_is_an_axe_violation(window: Visit) -> None:
    show(window, "<main><h1 style='color: #999; background: #aaa'>It</h1></main>")
    assert any(found.startswith("color-contrast") for found in window.axe())


def test_what_is_wider_than_the_window_is_named(window: Visit) -> None:
    show(window, "<main class=wide style='width: 4000px'>It</main>")
    assert window.overflow() == ["MAIN.wide ends at 4008"]
