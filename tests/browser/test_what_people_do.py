"""What people do in the dashboard, and what they see happen."""

import re
from collections.abc import Callable, Iterator
from datetime import date

import pytest
from browser_visit import Visit, visiting
from playwright.sync_api import Browser, Page, Route, expect
from rich_world import LOG_LINES, MARKUP, Rich

pytestmark = pytest.mark.browser
Visits = Callable[..., Visit]


def run_of(installation: Rich, stack: str) -> str:
    return f"run-{installation.runs[stack]}"


def state_of(installation: Rich, stack: str) -> str:
    state: str = installation.world.json("run", "show", run_of(installation, stack))["state"]
    return state


@pytest.mark.parametrize(("script", "stack"), [(True, "act/approve"), (False, "act/plain")])
def test_a_plan_is_approved_with_and_without_javascript(
    visit: Visits, installation: Rich, *, script: bool, stack: str
) -> None:
    page = visit(java_script_enabled=script).open(f"/runs/{run_of(installation, stack)}")
    page.get_by_role("button", name="Approve").click()
    page.get_by_role("button", name="Approve").wait_for(state="detached")
    assert state_of(installation, stack) == "approved"


def test_a_plan_is_rejected_with_a_reason(visit: Visits, installation: Rich) -> None:
    page = visit().open(f"/runs/{run_of(installation, 'act/reject')}")
    page.get_by_text("Reject instead").click()
    page.get_by_label("Reason").fill("not on a Friday")
    page.get_by_role("button", name="Reject", exact=True).click()
    expect(page.locator("main")).to_contain_text("not on a Friday")
    assert state_of(installation, "act/reject") == "rejected"


def test_who_may_only_look_is_offered_no_yes(visit: Visits, installation: Rich) -> None:
    page = visit("vera").open(f"/runs/{run_of(installation, 'app/hostile')}")
    assert page.get_by_role("button", name="Approve").count() == 0


def test_the_overview_changes_by_itself_when_something_happens(visit: Visits, installation: Rich) -> None:
    page = visit().open("/")
    page.evaluate("window.notReloaded = true")
    expect(page.locator("main")).not_to_contain_text("act/lock is being moved")
    with page.expect_response("**/"):
        installation.world.run("lock", "take", "act/lock", "-m", "act/lock is being moved")
    expect(page.locator("main")).to_contain_text("act/lock is being moved")
    assert page.evaluate("window.notReloaded")


def test_a_page_shows_what_happened_before_it_could_listen(visit: Visits, installation: Rich) -> None:
    visitor = visit()

    def happen_first(route: Route) -> None:
        installation.world.run("lock", "take", "act/watch", "-m", "act/watch is being moved")
        route.continue_()

    visitor.context.route("**/api/v1/events*", happen_first, times=1)
    page = visitor.open("/")
    expect(page.locator("main")).to_contain_text("act/watch is being moved")


DRAWN = """\
window.drawn = [];
const draw = CanvasRenderingContext2D.prototype.fillText;
CanvasRenderingContext2D.prototype.fillText = function (text, ...place) {
  window.drawn.push(String(text));
  return draw.call(this, text, ...place);
};
"""


@pytest.mark.parametrize("zone", ["UTC", "Pacific/Kiritimati"])
def test_charts_say_what_they_count_by_days_in_utc(visit: Visits, zone: str) -> None:
    visitor = visit(timezone_id=zone)
    visitor.context.add_init_script(DRAWN)
    page = visitor.open("/trends?days=7")
    page.wait_for_function("window.drawn.filter((text) => text === 'day (UTC)').length >= 4")
    drawn = set(page.evaluate("window.drawn"))
    assert {"runs per day", "checks per day", "reports per day", "median time per day"} <= drawn
    days = {f"{day.day} {day:%b}" for day in map(date.fromisoformat, page.evaluate(DAYS))}
    marked = {text for text in drawn if re.fullmatch(r"\d+ [A-Z][a-z]{2}", text)}
    assert marked
    assert marked <= days


DAYS = (
    "[...document.querySelector('figure.chart').querySelectorAll('[data-day]')].map((row) => row.dataset.day)"
)


def test_a_long_log_is_read_to_its_end(visit: Visits, installation: Rich) -> None:
    page = visit().open(f"/runs/{run_of(installation, 'app/long')}/log")
    lines = page.locator("#log li")
    assert lines.count() == LOG_LINES
    assert (lines.last.text_content() or "").endswith(f"[id={LOG_LINES - 1}]")


def test_a_log_is_text_whatever_is_in_it(visit: Visits, installation: Rich) -> None:
    page = visit().open(f"/runs/{run_of(installation, 'app/long')}/log")
    assert MARKUP in (page.locator("#log").text_content() or "")
    assert page.evaluate("window.__pwned === undefined")


def test_a_log_is_followed_while_it_is_written(visit: Visits, installation: Rich) -> None:
    page = visit().open(f"/runs/{run_of(installation, 'app/running')}/log")
    path = installation.world.app.workspaces.log(installation.runs["app/running"])
    with path.open("a") as log:
        log.write(f"written just now {MARKUP}\n")
    expect(page.locator("#log")).to_contain_text(f"written just now {MARKUP}")
    assert page.evaluate("window.__pwned === undefined")


def test_stacks_are_found_by_the_keyboard_alone(visit: Visits) -> None:
    page = visit().open("/stacks")
    page.keyboard.press("/")
    page.keyboard.type("drifted-nothing app/web")
    expect(page.locator("main")).to_contain_text("No stack matches")
    page.locator("#q").fill("app/web")
    expect(page.locator("[data-row]")).to_have_count(1)
    page.keyboard.press("Escape")
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    page.wait_for_url("**/stacks/app/web")


def test_the_keys_are_shown_on_request(visit: Visits) -> None:
    page = visit().open("/")
    page.keyboard.press("?")
    assert page.locator("#keys").is_visible()


def test_who_is_not_logged_in_is_led_back_to_the_page_after_the_login(
    visit: Visits, installation: Rich
) -> None:
    page = visit("").open("/stacks/app/web")
    page.locator("input[name=secret]").fill(installation.tokens["ana"])
    page.locator("main button[type=submit]").click()
    page.wait_for_url("**/stacks/app/web")
    assert page.locator("h1").inner_text().strip() == "app/web"


@pytest.fixture
def elsewhere(address: str, browser: Browser) -> Iterator[Page]:
    """A page of another site that shows the dashboard in a frame."""
    with visiting(browser, address) as visit:

        def answer(route: Route) -> None:
            route.fulfill(body=f"<iframe src='{address}/login'></iframe>", content_type="text/html")

        visit.context.route("http://elsewhere.example/", answer)
        visit.page.goto("http://elsewhere.example/")
        yield visit.page


def test_no_other_site_can_show_it_in_a_frame(elsewhere: Page) -> None:
    elsewhere.wait_for_load_state("networkidle")
    assert elsewhere.frames[1].locator("form").count() == 0
