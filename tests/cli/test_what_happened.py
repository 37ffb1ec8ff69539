"""What happened to a stack, by whom and when: `stack history` and `audit log`."""

from pathlib import Path

import pytest
from cli_world import World


@pytest.fixture(scope="module")
def history(tmp_path_factory: pytest.TempPathFactory) -> World:
    """a was applied by run-1, the plan of b was rejected; the drift of a is acknowledged."""
    world = World(tmp_path_factory.mktemp("told"))
    world.stack("a")
    world.stack("b")
    world.applied("a")
    world.run("plan", "b")
    world.run("reject", "run-2", "-m", "not now")
    world.cloud.write_text("by hand\n")
    world.run("drift", "check", "a", expect=2)
    world.run("drift", "ack", "1", "--until", "2w", "-m", "known")
    return world


def actions(world: World, *words: str) -> set[str]:
    return {entry["action"] for entry in world.json("audit", "log", "-n", "1000", *words)}


@pytest.mark.parametrize("option", ["--stack", "--subject"])
def test_events_of_runs_and_reports_are_events_of_their_stack(history: World, option: str) -> None:
    found = actions(history, option, "a")
    assert {"run.approve", "run.succeed", "drift.open", "drift.acknowledge"} <= found
    assert "run.reject" not in found
    assert "run.reject" in actions(history, option, "b")
    assert "run.approve" not in actions(history, option, "b")


def test_a_run_is_a_subject_of_its_own(history: World) -> None:
    assert {entry["subject"] for entry in history.json("audit", "log", "--subject", "run-1")} == {"run-1"}


@pytest.mark.parametrize("option", ["--by", "--actor"])
def test_the_log_is_asked_by_person(history: World, option: str) -> None:
    assert "run.reject" in actions(history, option, "root")
    assert "run.claim" not in actions(history, option, "root")
    assert actions(history, option, "nobody-here") == set()


@pytest.mark.parametrize(
    ("words", "found"),
    [
        (["--since", "1d"], True),
        (["--since", "2090-01-01"], False),
        (["--until", "2020-01-01"], False),
        (["--until", "0s"], True),
        (["--since", "2020-01-01T00:00:00Z", "--until", "2090-01-01"], True),
    ],
)
def test_the_log_and_the_history_are_asked_by_time(history: World, words: list[str], *, found: bool) -> None:
    assert bool(history.json("audit", "log", *words)) is found
    assert bool(history.json("stack", "history", "a", *words)) is found


def test_history_shows_who_approved_and_how_they_are_known(history: World) -> None:
    (run,) = history.json("stack", "history", "a")
    assert [approval["by"] for approval in run["approvals"]] == ["root"]
    shown = history.run("stack", "history", "a").stdout
    assert "APPROVED BY" in shown
    assert f"root ({run['approvals'][0]['known_by']})" in shown


def test_history_without_a_stack_is_of_all_in_which_a_person_had_a_part(history: World) -> None:
    assert [run["id"] for run in history.json("stack", "history")] == ["run-2", "run-1"]
    assert [run["id"] for run in history.json("stack", "history", "--by", "root")] == ["run-2", "run-1"]
    assert history.json("stack", "history", "--by", "nobody-here") == []
    assert [run["id"] for run in history.json("stack", "history", "--stack", "b")] == ["run-2"]
    history.run("stack", "history", "nope", expect=5)


def test_times_are_absolute_where_that_is_asked_for(history: World) -> None:
    changed = history.json("stack", "history", "a")[0]["changed_at"]
    assert changed in history.run("stack", "history", "a", "--absolute").stdout
    assert " ago" not in history.run("audit", "log", "--absolute").stdout
    assert changed not in history.run("stack", "history", "a").stdout


def test_what_is_no_time_is_refused(history: World) -> None:
    history.run("audit", "log", "--since", "yesterday", expect=64)


def test_the_log_of_a_stack_that_is_not_known_is_empty(tmp_path: Path) -> None:
    world = World(tmp_path)
    world.stack("a")
    world.run("source", "sync")
    assert world.json("audit", "log", "--stack", "nope") == []
