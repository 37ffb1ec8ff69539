"""Managed states are copied aside from a folder that runs write to: nothing in there leads anywhere else."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from runner.datadir.managed_state import STATE, WORKSPACES
from runner.datadir.workspace import LocalWorkspaces
from runner.host.files import read_foreign
from runner.ports.workspace import Workspace

SECRET = "canary-6e1d"
GOOD = '{"serial": 3}'


class Place:
    def __init__(self, root: Path) -> None:
        (root / "tree").mkdir()
        self.secret = root / "secret"
        self.secret.mkdir()
        (self.secret / STATE).write_text(SECRET)
        self.workspaces = LocalWorkspaces(root / "data")
        self.workspace: Workspace = self.workspaces.prepare(7, "a", root / "tree", "", managed_state=True)
        assert self.workspace.state is not None
        self.state = self.workspace.state
        self.others = self.state.parent / WORKSPACES

    def copies(self) -> list[Path]:
        self.workspaces.backup_state(self.workspace, 7)
        return [path for path in self.workspace.data.parent.rglob("backups/**/*.tfstate") if path.is_file()]


def test_what_a_killed_apply_only_began_to_write_is_no_copy_to_go_back_to(tmp_path: Path) -> None:
    place = Place(tmp_path)
    place.state.write_text("")
    assert place.copies() == []
    place.state.write_text("")  # the next one is killed as early
    assert place.workspaces.put_back_torn_states(place.workspace, 7) == ()
    assert list(place.workspaces.damaged_states("a")) == []


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(tmp_path)


def a_linked_state(place: Place) -> None:
    place.state.symlink_to(place.secret / STATE)


def a_linked_state_of_a_workspace(place: Place) -> None:
    (place.others / "blue").mkdir(parents=True)
    (place.others / "blue" / STATE).symlink_to(place.secret / STATE)


def a_linked_workspace(place: Place) -> None:
    place.others.mkdir()
    (place.others / "blue").symlink_to(place.secret)


def linked_workspaces(place: Place) -> None:
    (place.secret / "blue").mkdir()
    (place.secret / "blue" / STATE).write_text(SECRET)
    place.others.symlink_to(place.secret)


LINKS: list[Callable[[Place], None]] = [
    a_linked_state,
    a_linked_state_of_a_workspace,
    a_linked_workspace,
    linked_workspaces,
]


@pytest.mark.parametrize("link", LINKS)
def test_no_symlink_brings_a_file_of_others_among_the_copies(
    place: Place, link: Callable[[Place], None]
) -> None:
    link(place)
    assert place.copies() == []


def test_a_pipe_in_the_place_of_a_state_stops_nobody(place: Place) -> None:
    os.mkfifo(place.state)
    assert place.copies() == []
    assert place.workspaces.put_back_torn_states(place.workspace, 7) == ()


def test_nothing_is_applied_without_a_copy_of_an_unreadable_state(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    place.state.write_text(GOOD)
    monkeypatch.setattr("runner.datadir.managed_state.LARGEST_STATE", 5)
    with pytest.raises(OSError, match="more than 5 bytes"):
        place.copies()
    assert place.workspaces.put_back_torn_states(place.workspace, 7) == ()


def test_copies_are_kept_where_no_run_can_lead_them_elsewhere(place: Place) -> None:
    (place.state.parent / "backups").symlink_to(place.secret)
    place.state.write_text(GOOD)
    place.workspaces.backup_state(place.workspace, 7)
    assert [path.name for path in place.secret.iterdir()] == [STATE]


def test_a_torn_state_is_put_back_where_it_was_and_through_no_symlink(place: Place) -> None:
    (place.others / "blue").mkdir(parents=True)
    (place.others / "blue" / STATE).write_text(GOOD)
    place.workspaces.backup_state(place.workspace, 7)
    (place.others / "blue" / STATE).unlink()
    (place.others / "blue").rmdir()
    (place.secret / STATE).write_text("")
    (place.others / "blue").symlink_to(place.secret)
    assert place.workspaces.put_back_torn_states(place.workspace, 7) == ()
    assert (place.secret / STATE).read_text() == ""


def test_what_is_read_of_a_run_is_no_more_than_was_asked_for(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_bytes(b"x" * 11)
    assert read_foreign(file, 11) == b"x" * 11
    with pytest.raises(OSError, match="more than 10 bytes"):
        read_foreign(file, 10)
    with pytest.raises(OSError, match="not a regular file"):
        read_foreign(Path("/dev/zero"), 10)
