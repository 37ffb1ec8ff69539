from pathlib import Path

import pytest
from cli_world import World
from page_world import Browser
from web_world import access


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
