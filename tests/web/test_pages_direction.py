"""What turns text around is shown on pages, and turns nothing around."""

from pathlib import Path

from cli_world import World
from page_world import Browser
from web_world import access


def test_a_commit_turns_no_text_of_a_page_around(tmp_path: Path) -> None:
    world = World(tmp_path, more=access("ci"))
    world.stack("app")
    world.commit({"README.md": "x"}, "Fix \u202egnp.exe")
    world.run("source", "sync")
    world.json("plan", "app")
    browser = Browser(world)
    for page in ("/runs/run-1", "/inbox"):
        text = browser.get(page)
        assert "\u202e" not in text
        assert r"Fix \u202egnp.exe" in text
