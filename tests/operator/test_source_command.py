"""`driftline source`: list, sync and check against a real repository."""

import json
from pathlib import Path

import pytest
from operator_world import Installation, git, installation

from runner.app import App


@pytest.fixture
def made(tmp_path: Path) -> Installation:
    return installation(tmp_path)


def listed(made: Installation) -> dict[str, dict[str, object]]:
    return {source["name"]: source for source in json.loads(made("source", "list", "-o", "json").stdout)}


def test_a_source_that_was_never_polled_is_listed(made: Installation) -> None:
    made("db", "migrate")
    answer = made("source", "list")
    assert answer.code == 0
    assert "not polled yet" in answer.stdout


def test_sync_says_what_moved(made: Installation) -> None:
    head = made.commit("second")
    answer = made("source", "sync")
    assert answer.code == 0
    assert f"moved to {head[:12]}, 1 stack" in answer.stdout
    assert "is still at" in made("source", "sync", "infra").stdout
    assert listed(made)["infra"]["revision"] == head
    assert listed(made)["infra"]["stacks"] == 1


def test_a_sync_is_one_json_document_too(made: Installation) -> None:
    head = made.commit("second")
    (synced,) = json.loads(made("source", "sync", "-o", "json").stdout)
    assert synced == {
        "source": "infra", "branch": "main", "revision": head, "moved": True, "stacks": 1,
        "problem": None, "problems": [], "notes": [], "rewritten_from": None, "refused": None,
        "untaken": None,
    }  # fmt: skip


def test_a_failed_source_is_shown_recorded_and_an_error(made: Installation) -> None:
    made.configure({"name": "infra", "url": str(made.folder / "gone")})
    answer = made("source", "sync")
    assert answer.code == 1
    assert "failed" in answer.stdout
    assert listed(made)["infra"]["failures"] == 1
    assert "✗ failed" in made("source", "list").stdout


def test_an_unknown_source_is_not_found(made: Installation) -> None:
    assert made("source", "sync", "other").code == 5
    assert made("source", "check", "other").code == 5


def test_a_source_with_a_similar_name_is_suggested(made: Installation) -> None:
    assert 'did you mean "infra"?' in made("source", "sync", "infrs").stderr
    assert "driftline source list" in made("source", "check", "other").stderr


def test_problems_of_stack_files_are_shown_with_their_place(made: Installation) -> None:
    (made.repository / "one/stack.yaml").write_text("name: one\naprovals: 2\n")
    made.commit("broken")
    assert "one/stack.yaml:2:1" in made("source", "sync").stdout
    assert "one/stack.yaml:2:1" in made("source", "list").stdout


def test_a_rewritten_history_is_shown(made: Installation) -> None:
    old = made.commit("to be thrown away")
    made("source", "sync")
    git(made.repository, "reset", "-q", "--hard", "HEAD^")
    made.commit("another")
    answer = made("source", "sync")
    assert f"rewritten (was {old[:12]})" in answer.stdout
    assert listed(made)["infra"]["rewritten_from"] == old
    assert "force-push" in made("source", "list").stdout


def test_check_reads_the_stacks_and_records_nothing(made: Installation) -> None:
    answer = made("source", "check", "infra")
    assert answer.code == 0
    assert "one/stack.yaml" in answer.stdout
    with App.from_config(made.config).store.reading() as reader:
        assert reader.stacks() == []
        assert reader.sources() == []


def test_check_fails_where_a_stack_file_is_broken(made: Installation) -> None:
    (made.repository / "one/stack.yaml").write_text("name: [\n")
    made.commit("broken")
    answer = made("source", "check", "infra")
    assert answer.code == 1
    assert "one/stack.yaml:" in answer.stdout


def test_check_of_a_remote_that_is_gone_says_so(made: Installation) -> None:
    made.configure({"name": "infra", "url": str(made.folder / "gone")})
    answer = made("source", "check", "infra")
    assert answer.code == 1
    assert "infra" in answer.stderr


def test_a_source_that_left_the_configuration_is_still_listed(made: Installation) -> None:
    made("source", "sync")
    made.configure({"name": "other", "url": str(made.repository)})
    assert listed(made)["infra"]["configured"] is False
    assert "no longer configured" in made("source", "list").stdout
