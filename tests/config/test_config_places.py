"""Places that a configuration may not name, since Driftline keeps its own there, or hides it from runs."""

import json
import os
from pathlib import Path
from typing import Any

import pytest

from runner.config.server_file import check
from runner.engine.environment import NEVER, TABLE


def problems_of(folder: Path, **config: Any) -> list[str]:
    path = folder / "driftline.yaml"
    path.write_text(json.dumps({"data_dir": "data", **config}))
    return [problem.message for problem in check(path, {})[1]]


def checkpoints(folder: Path, named: str) -> str:
    return "; ".join(problems_of(folder, audit={"checkpoints": named}))


def visible(folder: Path, named: str) -> str:
    return "; ".join(problems_of(folder, executor={"visible": [named]}))


@pytest.mark.parametrize("named", ["data", "data/keys/audit", "data/driftline.db", "data/logs/new", ".", "/"])
def test_checkpoints_are_not_where_driftline_keeps_its_own_files(tmp_path: Path, named: str) -> None:
    assert "Driftline keeps its own files there" in checkpoints(tmp_path, named)


def test_checkpoints_behind_a_link_to_a_file_of_driftline_are_refused(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").symlink_to(tmp_path / "data" / "driftline.db")
    assert "Driftline keeps its own files there" in checkpoints(tmp_path, "elsewhere")


@pytest.mark.parametrize("named", ["data/checkpoints.jsonl", "audit.jsonl", "not-mounted/audit.jsonl"])
def test_checkpoints_are_at_the_default_or_outside_even_if_missing(tmp_path: Path, named: str) -> None:
    assert checkpoints(tmp_path, named) == ""


def test_a_link_from_the_default_place_to_another_disk_is_followed(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "checkpoints.jsonl").symlink_to(tmp_path / "disk.jsonl")
    assert checkpoints(tmp_path, "data/checkpoints.jsonl") == ""


def test_a_folder_is_no_file_of_checkpoints(tmp_path: Path) -> None:
    (tmp_path / "audit").mkdir()
    assert "this is a directory" in checkpoints(tmp_path, "audit")


def test_what_keeps_nothing_is_no_file_of_checkpoints(tmp_path: Path) -> None:
    assert "expected a regular file" in checkpoints(tmp_path, "/dev/null")


def test_a_pipe_is_no_file_of_checkpoints(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    assert "expected a regular file" in checkpoints(tmp_path, "pipe")


def test_checkpoints_below_a_file_are_refused(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    assert "its parent is not a directory" in checkpoints(tmp_path, "file/audit.jsonl")


def test_a_path_with_an_impossible_character_is_reported_alone(tmp_path: Path) -> None:
    assert "not allowed" in checkpoints(tmp_path, "a\0b")


def test_the_whole_machine_is_not_made_visible(tmp_path: Path) -> None:
    assert "the whole machine" in visible(tmp_path, "/")


@pytest.mark.parametrize("named", ["~", "~/", "~/.."])
def test_a_home_as_a_whole_is_not_made_visible(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, named: str
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path / "homes" / "ana"))
    assert "an entire home directory" in visible(tmp_path, named)


def test_what_holds_data_dir_is_not_made_visible(tmp_path: Path) -> None:
    assert "this contains data_dir" in visible(tmp_path, ".")


def test_a_link_into_data_dir_is_not_made_visible(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / ".aws").symlink_to(tmp_path / "data" / "keys")
    assert "runs may not use Driftline's own" in visible(tmp_path, "data/.aws")


def test_what_holds_data_dir_by_another_name_is_not_made_visible(tmp_path: Path) -> None:
    (tmp_path / "real" / "data").mkdir(parents=True)
    (tmp_path / "data").symlink_to(tmp_path / "real" / "data")
    assert "this contains data_dir" in visible(tmp_path, "real")


def test_the_file_of_checkpoints_is_not_made_visible(tmp_path: Path) -> None:
    (problem,) = problems_of(
        tmp_path, executor={"visible": ["audit.jsonl"]}, audit={"checkpoints": "audit.jsonl"}
    )
    assert "runs may not use audit.checkpoints" in problem


@pytest.mark.parametrize("named", [".git/data", "repo/.git", ".GIT/x/data"])
def test_data_dir_does_not_lie_in_what_is_gits(tmp_path: Path, named: str) -> None:
    (problem,) = problems_of(tmp_path, data_dir=named)
    assert "this is inside a .git directory" in problem


def test_data_dir_does_not_lie_behind_a_link_into_what_is_gits(tmp_path: Path) -> None:
    (tmp_path / "data").symlink_to(tmp_path / ".git" / "data")
    (problem,) = problems_of(tmp_path)
    assert "this is inside a .git directory" in problem


def test_data_dir_may_have_git_in_its_name(tmp_path: Path) -> None:
    assert problems_of(tmp_path, data_dir="infra.git/.github") == []


NEVER_THERE = [glob.replace("*", "x") for glob in NEVER] + [
    row.name for row in TABLE if row.fixed is not None
]


@pytest.mark.parametrize("name", NEVER_THERE)
def test_a_variable_that_never_reaches_a_run_is_refused_not_dropped(tmp_path: Path, name: str) -> None:
    (problem,) = problems_of(tmp_path, engines={"env": [name]})
    assert problem.startswith("engines.env[0]: ")


@pytest.mark.parametrize("name", ["LD_PRELOAD", "LD_LIBRARY_PATH", "DYLD_INSERT_LIBRARIES", "GCONV_PATH"])
def test_what_loads_code_into_every_program_is_not_handed_to_runs(tmp_path: Path, name: str) -> None:
    (problem,) = problems_of(tmp_path, engines={"env": [name]})
    assert "it would load code into every program that a run starts" in problem


@pytest.mark.parametrize(
    "name", ["AWS_PROFILE", "VAULT_TOKEN", "PATH", "GOGC", "GIT_SSH_COMMAND", "PYTHONPATH", "TF_VAR_x", "ENV"]
)
def test_credentials_places_and_settings_are_the_operators_to_hand_over(tmp_path: Path, name: str) -> None:
    assert problems_of(tmp_path, engines={"env": [name]}) == []
