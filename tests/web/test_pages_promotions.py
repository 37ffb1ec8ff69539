from pathlib import Path

from cli_world import World, planned
from page_world import Browser
from web_world import access

CONFIG = access("ci") + "\npromotion: [{name: web, order: [dev/web, prod/web]}]"


def test_each_stage_says_what_it_waits_for(tmp_path: Path) -> None:
    world = World(tmp_path, more=CONFIG)
    world.stack("dev/web")
    world.stack("prod/web")
    world.run("source", "sync")
    text = Browser(world).get("/promotions")
    assert 'href="/stacks/dev/web"' in text
    assert "each stage gets a revision after the one before" in text
    assert "dev/web" in text.partition('href="/stacks/prod/web"')[2]


def test_a_stage_that_is_no_stack_is_shown(tmp_path: Path) -> None:
    assert "there is no such stack" in Browser(World(tmp_path, more=CONFIG)).get("/promotions")


def test_an_approved_run_waits_for_its_window_there(tmp_path: Path) -> None:
    config = access("ci") + "\nwindows: [{freeze: [2020-01-01/2099-01-01], reason: nobody is here}]"
    world = planned(tmp_path, config=config)
    world.approve("run-1")
    text = Browser(world).get("/promotions")
    assert 'href="/runs/run-1"' in text
    assert "nobody is here" in text
