"""Titles and authors of pull requests, as their forge says: shown, and never more than text."""

import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from forge_world import Person
from hostile import hostile
from kept_world import KeptWorld, at_forge
from pulls_world import module

from runner.model.forge.request import RequestAtForge
from runner.model.values.text import safe_text

sys.path.append(str(Path(__file__).parents[1] / "web"))

from page_world import Browser
from web_world import access

HOSTILE = "\x1b]0;owned\x07\x1b[31m\u202eevil\r\n<script>alert(1)</script> @team ![x](https://evil.example/x)"


@pytest.fixture
def kept(tmp_path: Path) -> Iterator[KeptWorld]:
    with at_forge(tmp_path) as one:
        one.world.more = access("ci")
        one.world.configured()
        one.open(7, {"app/main.tf": module("new")})
        yield one


def told(kept: KeptWorld, title: str, author: str = "ana") -> None:
    (pull,) = kept.fake.world.pulls
    kept.fake.world.pulls = [replace(pull, title=title, author=Person(8, author))]
    kept.look()


def test_title_and_author_are_shown(kept: KeptWorld) -> None:
    shown = kept.world.json("pr", "list")[0]
    assert (shown["title"], shown["author"]) == ("Bigger network", "ana")
    assert "Bigger network" in kept.world.run("pr", "list").stdout
    assert "Bigger network, by ana" in kept.world.run("pr", "show", "7").stdout
    text = Browser(kept.world).get("/pulls")
    assert "Bigger network" in text
    assert "Author" in text


def test_a_title_that_changes_is_followed(kept: KeptWorld) -> None:
    told(kept, "Smaller network")
    assert kept.world.shown(7)["title"] == "Smaller network"


def test_a_look_at_git_forgets_no_title(kept: KeptWorld) -> None:
    kept.world.pull(7, {"app/main.tf": module("newer")})
    kept.world.run("source", "sync")
    assert kept.world.shown(7)["title"] == "Bigger network"


def test_a_hostile_title_is_only_text_everywhere(kept: KeptWorld) -> None:
    told(kept, HOSTILE, "\x1b[2Jana\u202e<b>")
    listed, shown = kept.world.run("pr", "list").output, kept.world.run("pr", "show", "7").output
    page = Browser(kept.world).get("/pulls")
    for text in (listed, shown, kept.world.run("pr", "list", "-o", "json").output, page):
        assert not {"\x1b", "\x07", "\u202e", "\r"} & set(text)
    assert "<script>alert" not in page
    assert "<b>" not in page
    assert "@team" not in kept.comment()
    assert "evil" not in kept.comment()


@hostile
def test_what_is_shown_of_a_request_is_one_plain_line(text: str) -> None:
    title, author = RequestAtForge(1, text, text, "a" * 40, "main", "").shown
    assert (safe_text(title), safe_text(author)) == (title, author)
    assert len(title.splitlines()) <= 1
