from pathlib import Path

from cli_world import World, planned
from page_world import Browser
from web_world import Served, access


def test_the_overview_says_what_needs_somebody_and_links_there(tmp_path: Path) -> None:
    text = Browser(planned(tmp_path, config=access("ci"))).get("/")
    assert "1 thing needs you" in text
    assert 'href="/runs/run-1"' in text
    assert "Review" in text


def test_the_overview_of_an_empty_installation_is_a_page(tmp_path: Path) -> None:
    assert "Welcome to Driftline" in Browser(World(tmp_path, more=access("ci"))).get("/")


def test_a_page_that_does_not_exist_is_said_on_a_page(tmp_path: Path) -> None:
    answer = Served(World(tmp_path)).client(None).get("/nowhere", headers={"accept": "text/html"})
    assert answer.status_code == 404
    assert "Not found" in answer.text
    assert "<html" in answer.text
