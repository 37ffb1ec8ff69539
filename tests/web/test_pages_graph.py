from pathlib import Path

import pytest
from cli_world import World
from page_world import Browser
from web_world import access

from runner.web.pages import graph


@pytest.fixture
def world(tmp_path: Path) -> World:
    made = World(tmp_path, more=access("ci"))
    made.stack("network/vpc")
    made.stack("app/web", "depends_on: [network/vpc]\n")
    made.run("source", "sync")
    return made


def test_the_graph_is_a_tree_without_javascript(world: World) -> None:
    text = Browser(world).get("/graph")
    assert 'href="/stacks/network/vpc"' in text
    assert "─ </span>" in text


def test_only_its_page_may_compile_webassembly(world: World) -> None:
    browser = Browser(world)
    assert "'wasm-unsafe-eval'" in browser.policy("/graph")
    assert "wasm" not in browser.policy("/")


def test_nodes_of_the_drawing_are_links_to_stacks(world: World) -> None:
    text = Browser(world).get("/graph.dot")
    assert 'URL="/stacks/network/vpc"' in text
    assert 'class="new"' in text


def test_stacks_that_are_connected_to_none_are_listed_beside_the_drawing(world: World) -> None:
    world.stack("other")
    world.run("source", "sync")
    browser = Browser(world)
    assert "Connected to none" in browser.get("/graph")
    assert "other" not in browser.get("/graph.dot?connected=true")
    assert "network/vpc" in browser.get("/graph.dot?connected=true")


def test_of_many_stacks_that_are_connected_to_none_the_sound_ones_are_folded(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(graph, "SHOWN_ALONE", 0)
    world.stack("other")
    world.stack("sound")
    world.run("source", "sync")
    world.applied("sound")
    text = Browser(world).get("/graph")
    assert "1 sound stack" in text
    assert (
        text.index('href="/stacks/other"') < text.index("1 sound stack") < text.index('href="/stacks/sound"')
    )


def test_a_graph_is_narrowed_to_a_stack_and_what_is_connected(world: World) -> None:
    world.stack("other")
    world.run("source", "sync")
    browser = Browser(world)
    assert "other" in browser.get("/graph.dot")
    assert "other" not in browser.get("/graph.dot?name=app/web")
    assert "other" not in browser.get("/graph?label=env%3Dprod")


def test_a_limited_viewer_gets_only_their_stacks(tmp_path: Path) -> None:
    world = World(tmp_path, more=access("ci", "viewer", "app/**"))
    world.stack("network/vpc")
    world.stack("app/web")
    world.run("source", "sync")
    text = Browser(world).get("/graph")
    assert "app/web" in text
    assert "network/vpc" not in text
