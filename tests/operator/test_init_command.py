"""`driftline init`: what it writes is sound, and nothing is written over."""

import shutil
from pathlib import Path

import pytest
from operator_world import IDENTITY, driftline, git

from runner.config.server_file import check, load
from runner.config.stack_file import StackFileReader
from runner.model.settings.source import Allow


def test_the_configuration_it_writes_is_sound(tmp_path: Path) -> None:
    assert driftline("init", str(tmp_path / "new")).code == 0
    settings, problems = check(tmp_path / "new/driftline.yaml")
    assert problems == []
    assert settings is not None
    assert settings.data_dir == tmp_path / "new/driftline-data"
    assert settings.sources[0].url == str(tmp_path / "new")


def test_the_stack_file_it_writes_is_sound(tmp_path: Path) -> None:
    driftline("init", str(tmp_path))
    content = (tmp_path / "stacks/hello/stack.yaml").read_bytes()
    stacks, problems = StackFileReader(1).read("stacks/hello/stack.yaml", content, Allow())
    assert problems == []
    assert [stack.name for stack in stacks] == ["hello"]


def test_nothing_is_written_over(tmp_path: Path) -> None:
    (tmp_path / "driftline.yaml").write_text("mine\n")
    answer = driftline("init", str(tmp_path))
    assert answer.code == 4
    assert (tmp_path / "driftline.yaml").read_text() == "mine\n"
    assert not (tmp_path / "stacks").exists()


def test_the_data_directory_is_kept_out_of_git(tmp_path: Path) -> None:
    git(tmp_path, "init", "-q", "-b", "main")
    (tmp_path / ".gitignore").write_text("*.log")
    driftline("init", str(tmp_path))
    (tmp_path / "driftline-data").mkdir()
    (tmp_path / "driftline-data/plan").touch()
    assert "driftline-data" not in git(tmp_path, "status", "--porcelain", "-uall")
    assert "*.log" in (tmp_path / ".gitignore").read_text().splitlines()


def test_inside_a_repository_that_repository_and_its_branch_are_the_source(tmp_path: Path) -> None:
    git(tmp_path, "init", "-q", "-b", "trunk")
    driftline("init", str(tmp_path / "deploy"))
    source = load(tmp_path / "deploy/driftline.yaml").sources[0]
    assert (source.url, source.branch) == (str(tmp_path), "trunk")


@pytest.mark.parametrize("name", ["a b", "ü", "it's", "x: y #z"])
def test_a_folder_of_any_name_gives_a_configuration_that_can_be_read(tmp_path: Path, name: str) -> None:
    driftline("init", str(tmp_path / name))
    _, problems = check(tmp_path / name / "driftline.yaml")
    assert problems == []


@pytest.mark.skipif(shutil.which("terraform") is None, reason="no terraform on PATH")
def test_after_init_one_pass_shows_a_plan_that_waits(tmp_path: Path) -> None:
    driftline("init", str(tmp_path))
    git(tmp_path, "init", "-q", "-b", "main")
    git(tmp_path, "add", ".")
    git(tmp_path, *IDENTITY, "commit", "-q", "-m", "A first stack")
    answer = driftline("-c", str(tmp_path / "driftline.yaml"), "daemon", "--once")
    assert answer.code == 0, answer.stderr
    assert "awaiting approval" in answer.stdout


def test_the_next_commands_are_shown(tmp_path: Path) -> None:
    shown = driftline("init", str(tmp_path)).stderr
    assert "git init -b main" in shown
    assert "driftline daemon --once" in shown


@pytest.mark.skipif(shutil.which("terraform") is None, reason="no terraform on PATH")
def test_the_first_stack_stays_sound_after_the_first_pass(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    git(tmp_path, "init", "-q", "-b", "main")
    driftline("init")
    git(tmp_path, "add", "--all")
    git(tmp_path, *IDENTITY, "commit", "-q", "-m", "A first stack")
    assert driftline("daemon", "--once").code == 0
    assert list((tmp_path / "driftline-data/trees").rglob("stack.yaml"))
    answer = driftline("stack", "validate")
    assert (answer.code, answer.stdout) == (0, "")
