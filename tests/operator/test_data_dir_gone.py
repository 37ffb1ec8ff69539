"""A data directory or a database that is moved, removed or not there yet: nothing makes a second one in its place."""

import json
from pathlib import Path

import pytest
from daemon_world import daemon, until, wait_for_run, waiting_terraform
from operator_world import Installation, installation

from runner.host.files import never_make_again, private_folder

LISTS = ["stack list", "run list", "drift list", "lock list", "source list"]


@pytest.fixture
def made(tmp_path: Path) -> Installation:
    return installation(tmp_path)


def log_of(made: Installation) -> str:
    return (made.folder / "daemon.log").read_text()


def test_a_daemon_with_a_moved_data_directory_waits_until_it_is_back(
    made: Installation,
) -> None:
    away = made.folder / "away"
    with daemon(made):
        wait_for_run(made, "awaiting_approval")
        made.data_dir.rename(away)
        until(lambda: "daemon.read_only" in log_of(made), "word of it")
        made.add_stack("two")
        made.commit("two")
        assert "moved or removed while it was open" in log_of(made)
        answer = made("status")
        assert (answer.code, "has no database yet" in answer.stderr) == (5, True)
        assert not made.data_dir.exists()
        away.rename(made.data_dir)
        until(lambda: "daemon.writable" in log_of(made), "word that it is over")
        until(
            lambda: len(json.loads(made("run", "list", "-o", "json").stdout)) == 2, "the second stack's run"
        )
        assert log_of(made).count("daemon.read_only") == 1


def test_an_apply_with_a_moved_data_directory_is_recorded_once_it_is_back(
    made: Installation,
) -> None:
    (made.repository / "one" / "stack.yaml").write_text("name: one\napply: {mode: automatic}\n")
    terraform = waiting_terraform(made, "apply")
    made.commit("automatic")
    away = made.folder / "away"
    with daemon(made):
        until(lambda: terraform.starts, "start of an apply")
        made.data_dir.rename(away)
        until(lambda: "daemon.read_only" in log_of(made), "word of it")
        assert not made.data_dir.exists()
        away.rename(made.data_dir)
        terraform.hold.unlink()
        wait_for_run(made, "applied")
    assert terraform.starts == 1


@pytest.mark.parametrize("words", LISTS)
def test_a_list_without_a_database_is_empty_and_makes_none(made: Installation, words: str) -> None:
    answer = made(*words.split(), "-o", "json")
    assert answer.code == 0
    assert [one for one in json.loads(answer.stdout) if one.get("name") != "infra"] == []
    assert "has no database yet" in answer.stderr
    assert not made.data_dir.exists()


@pytest.mark.parametrize(
    "words", ["status", "run show run-1", "audit log", "audit verify", "db backup copy.db"]
)
def test_a_look_without_a_database_says_so_and_makes_none(made: Installation, words: str) -> None:
    answer = made(*words.split())
    assert answer.code == 5
    assert f"{made.data_dir} has no database yet" in answer.stderr
    assert not made.data_dir.exists()


def test_a_command_that_starts_an_installation_reports_the_new_database(made: Installation) -> None:
    assert "created a new database in" in made("source", "sync").stderr
    assert "created a new database in" not in made("source", "sync").stderr


def test_a_folder_that_is_in_use_is_never_made_again(tmp_path: Path) -> None:
    data = tmp_path / "data"
    private_folder(data)
    never_make_again(data)
    private_folder(data / "below" / "it")
    data.rename(tmp_path / "away")
    with pytest.raises(FileNotFoundError, match="moved or removed"):
        private_folder(data / "below" / "another")
    assert not data.exists()
