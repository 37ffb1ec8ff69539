"""The page of what nobody manages."""

import sys
from pathlib import Path

sys.path += [str(Path(__file__).parents[1] / room) for room in ("inventory", "store")]

from cli_world import World, planned
from inventory_listed import heard, listed
from page_world import Browser
from web_world import access

from runner.model.cloud_events.touched import Taken


def world_with(tmp_path: Path, *who: str) -> World:
    world = planned(tmp_path, config=access("ci", *who))
    listed(world.app.store)
    return world


def test_the_page_shows_coverage_by_type_what_is_unmanaged_and_what_is_missing(tmp_path: Path) -> None:
    text = Browser(world_with(tmp_path)).get("/coverage")
    assert "50 %" in text
    assert "by-hand" in text
    assert "of-web" not in text
    assert "belongs to a CloudFormation stack" in text
    assert "This is a partial answer" in text
    assert "sns:ListTopics" in text


def test_what_is_left_out_is_shown_on_request(tmp_path: Path) -> None:
    assert "of-web" in Browser(world_with(tmp_path)).get("/coverage?show=all")


def test_a_name_in_the_cloud_is_text_and_no_markup(tmp_path: Path) -> None:
    world = planned(tmp_path, config=access("ci"))
    listed(world.app.store, "<script>alert(1)</script>")
    assert "<script>alert(1)" not in Browser(world).get("/coverage")


def test_what_events_tell_of_things_that_nobody_manages_is_shown_on_every_face(tmp_path: Path) -> None:
    world = planned(tmp_path, config=access("ci"))
    made = heard("ana", "CreateQueue", "<b>new</b>", world.app.clock.now())
    with world.app.store.writing() as writer:
        writer.add_cloud_event(Taken(made, own=False, stacks=frozenset()))
    page = Browser(world).get("/coverage")
    assert "Created since, and managed by no stack" in page
    assert "&lt;b&gt;new&lt;/b&gt;" in page
    shown = world.run("drift", "coverage").stdout
    assert "No account was listed yet." in shown
    assert "CreateQueue" in shown
    (told,) = world.json("drift", "coverage")["created"]
    assert (told["name"], told["by"]) == ("<b>new</b>", "ana")


def test_before_the_first_list_it_is_said_how_to_begin(tmp_path: Path) -> None:
    text = Browser(planned(tmp_path, config=access("ci"))).get("/coverage")
    assert "No account was listed yet." in text
    assert "driftline drift coverage --now" in text


def test_accounts_are_not_shown_to_whoever_sees_some_stacks_only(tmp_path: Path) -> None:
    world = world_with(tmp_path, "viewer", "elsewhere/**")
    page = Browser(world).json("/coverage.json")
    assert (page["listed_at"], page["resources"], page["types"], page["gaps"]) == (None, [], [], [])
