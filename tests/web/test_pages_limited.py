from pathlib import Path

import pytest
from cli_world import planned
from page_world import Browser
from web_world import access


@pytest.fixture
def browser(tmp_path: Path) -> Browser:
    """Of somebody who sees the stacks below dev/, of which there is none."""
    return Browser(planned(tmp_path, config=access("ci", "viewer", "dev/**")))


@pytest.mark.parametrize("path", ["/", "/stacks", "/runs"])
def test_a_page_names_nothing_that_the_caller_may_not_see(browser: Browser, path: str) -> None:
    page = browser.get(path)
    assert "/stacks/app" not in page
    assert "run-1" not in page
    assert "waits for approval" not in page


@pytest.mark.parametrize("path", ["/stacks/app", "/runs/run-1", "/runs/run-1/log", "/runs/run-1/log.txt"])
def test_what_the_caller_may_not_see_is_not_found(browser: Browser, path: str) -> None:
    assert "Not found" in browser.get(path, 404)


def test_what_the_caller_may_not_see_they_cannot_act_on(browser: Browser) -> None:
    for path, form in (
        ("/stacks/app", {"do": "plan"}),
        ("/runs/run-1/approve", {"digest": "0" * 64}),
        ("/runs/run-1/cancel", {}),
    ):
        answer = browser.post(path, form)
        assert answer.status_code == 303
        browser.get(answer.headers["location"], 404)
