"""Tests write into memory where there is enough of it, and leave nothing there."""

import os
import shutil
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import in_memory
import pytest
from in_memory import PREFIX, InMemory, remove_abandoned, use_memory

PASSED, FAILED = pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED


@dataclass
class Configured:
    basetemp: Path | None = None
    plugins: list[InMemory] = field(default_factory=list)

    @property
    def option(self) -> "Configured":
        return self

    @property
    def pluginmanager(self) -> Any:
        return SimpleNamespace(register=lambda plugin, _name: self.plugins.append(plugin))


@pytest.fixture(autouse=True)
def of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", None)
    monkeypatch.setenv("TMPDIR", "")  # so that it is put back, also where there was none
    monkeypatch.delenv("TMPDIR")
    monkeypatch.setattr(in_memory, "ENOUGH", 1)


def used(memory: Path) -> Configured:
    config = Configured()
    use_memory(config, memory)  # type: ignore[arg-type]
    return config


def test_tests_and_what_they_start_write_there(tmp_path: Path) -> None:
    config = used(tmp_path)
    assert config.basetemp is not None
    assert config.basetemp.is_relative_to(tempfile.gettempdir())
    assert os.environ["TMPDIR"] == tempfile.gettempdir()
    assert Path(tempfile.gettempdir()).parent == tmp_path


@pytest.mark.parametrize(("status", "left"), [(PASSED, 0), (FAILED, 1)])
def test_only_what_failed_tests_left_stays(tmp_path: Path, status: pytest.ExitCode, left: int) -> None:
    (plugin,) = used(tmp_path).plugins
    plugin.pytest_sessionfinish(status)
    plugin.clean_up()
    assert len(list(tmp_path.iterdir())) == left


def test_the_next_run_removes_what_another_one_left_and_nothing_of_one_that_runs(tmp_path: Path) -> None:
    (ended,) = used(tmp_path).plugins
    del os.environ["TMPDIR"]
    (running,) = used(tmp_path).plugins
    ended.pytest_sessionfinish(FAILED)
    ended.clean_up()
    other = tmp_path / "of-somebody-else"
    other.mkdir()
    remove_abandoned(tmp_path)
    assert set(tmp_path.iterdir()) == {running.folder, other}


def test_a_folder_that_another_run_removes_before_it_is_locked_is_not_used(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[Path] = []

    def lose_the_first(folder: Path) -> int | None:
        made.append(folder)
        if len(made) == 1:
            folder.rmdir()
        return locked(folder)

    locked = in_memory._locked
    monkeypatch.setattr(in_memory, "_locked", lose_the_first)
    config = used(tmp_path)
    assert len(made) == 2
    assert config.plugins[0].folder == made[1]
    assert made[1].is_dir()


def test_a_link_of_somebody_else_is_not_followed(tmp_path: Path) -> None:
    kept = tmp_path / "kept"
    kept.mkdir()
    (tmp_path / f"{PREFIX}link").symlink_to(kept)
    remove_abandoned(tmp_path)
    assert kept.is_dir()


def test_where_memory_is_short_nothing_changes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(in_memory, "ENOUGH", shutil.disk_usage(tmp_path).total + 1)
    assert used(tmp_path) == Configured()
    assert used(tmp_path / "none") == Configured()


def test_a_place_that_somebody_chose_stays(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    config = Configured(basetemp=tmp_path / "chosen")
    use_memory(config, tmp_path)  # type: ignore[arg-type]
    assert config == Configured(basetemp=tmp_path / "chosen")
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    assert used(tmp_path) == Configured()
