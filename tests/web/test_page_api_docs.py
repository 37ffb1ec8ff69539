from pathlib import Path

from cli_world import World
from page_world import Browser
from web_world import access

from runner.api.table import operations


def test_every_operation_is_on_the_page(tmp_path: Path) -> None:
    page = Browser(World(tmp_path, more=access("ci"))).get("/api/docs")
    assert [one.name for one in operations() if f'id="{one.name}"' not in page] == []


def test_the_page_says_what_is_sent_and_what_comes_back(tmp_path: Path) -> None:
    page = Browser(World(tmp_path, more=access("ci"))).get("/api/docs")
    assert "PUT /api/v1/locks/{stack}" in page
    assert "moving to the new account" in page
