"""A note about something that no stack needs is shown, and asks nobody for anything."""

from pathlib import Path

import pytest
from cli_world import World


@pytest.fixture
def noted(tmp_path: Path) -> World:
    world = World(tmp_path)
    link = world.repository / "docs" / "hosts"
    link.parent.mkdir()
    link.symlink_to("/etc/hosts")
    world.stack("a")
    return world


def test_a_pass_over_a_source_with_a_note_ends_with_0(noted: World) -> None:
    assert "docs/hosts:1:1: the link points outside the repository" in noted.run("daemon", "--once").stderr
    noted.run("source", "check", "infra")


def test_nobody_is_needed_for_a_note(noted: World) -> None:
    noted.run("source", "sync")
    assert "Nothing needs you" in noted.run("status").stdout
    [source] = noted.json("source", "list")
    assert (source["problems"], len(source["notes"])) == ([], 1)
