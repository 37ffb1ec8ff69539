"""Retention of versions, and what a crash leaves of one."""

import shutil
from pathlib import Path

import pytest
from cli_world import World, applied

from runner import failpoint
from runner.model.state.header import Header, with_serial
from runner.model.state.version import Origin, StateKey
from runner.service.cycle.prune import prune
from runner.service.state.record import record

pytestmark = pytest.mark.skipif(shutil.which("terraform") is None, reason="there is no terraform on PATH")


def numbers(world: World) -> list[int]:
    return [one["version"] for one in world.json("state", "list", "app")]


def sealed(world: World) -> int:
    return sum(path.is_file() for path in (world.root / "data/state-versions").rglob("*"))


def retain(world: World) -> None:
    app = world.app
    assert prune(app.control, app.workspaces, app.git).problems == ()


def test_only_the_newest_versions_stay_and_their_bytes(tmp_path: Path) -> None:
    world = applied(tmp_path, config="retention: {state_versions: 2}")
    for word in ("one", "two", "three"):
        world.cloud.write_text(word)
        world.applied("app")
    assert (numbers(world), sealed(world)) == ([4, 3, 2, 1], 4)
    retain(world)
    assert (numbers(world), sealed(world)) == ([4, 3], 2)
    world.run("state", "rollback", "app", "--to", "3", "--yes")
    assert numbers(world) == [5, 4, 3]


def test_the_version_stays_that_a_waiting_plan_was_made_on(tmp_path: Path) -> None:
    world = applied(tmp_path, config="retention: {state_versions: 1}")
    world.cloud.write_text("two")
    world.applied("app")
    world.cloud.write_text("three")
    world.run("plan", "app")
    key = StateKey("app", "default")
    with world.app.store.writing() as writer:
        # Whatever made a newer version meanwhile without ending the plan.
        newest = writer.newest_state(key)
        assert newest is not None
        content = world.app.states.get(key, newest.digest)
        later = with_serial(content, newest.serial + 1)
        header = Header(newest.lineage, newest.serial + 1, 1, "")
        record(world.app.states, writer, key, later, header, origin=Origin.PUSH, by="ana")
    retain(world)
    assert numbers(world) == [3, 2]


def test_bytes_whose_version_was_never_recorded_go_with_the_next_retention(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = applied(tmp_path)
    world.cloud.write_text("two")
    world.applied("app")
    with monkeypatch.context() as dying:
        dying.setattr(failpoint, "_ARMED", {"state.before_row": ("raise", 0)})
        world.run("state", "rollback", "app", "--to", "1", "--yes", expect=1)
    assert (numbers(world), sealed(world)) == ([2, 1], 3)
    assert [one["action"] for one in world.json("audit", "log")].count("state.rollback") == 0
    retain(world)
    assert (numbers(world), sealed(world)) == ([2, 1], 2)


def test_a_version_whose_bytes_are_damaged_or_gone_is_told_and_nothing_is_overwritten(tmp_path: Path) -> None:
    world = applied(tmp_path)
    (file,) = [path for path in (world.root / "data/state-versions").rglob("*") if path.is_file()]
    before = file.read_bytes()
    for content, told in ((before[:-1], "damaged"), (b"", "damaged"), (None, "missing")):
        file.unlink()
        if content is not None:
            file.write_bytes(content)
        assert told in world.run("state", "show", "app", expect=1).output
        assert world.json("plan", "app")[0]["state"] == "no_changes"
