"""Which engines the tests of engines run on, where more are named than the one on PATH."""

import os
from pathlib import Path

import pytest
from engine_under_test import FOLDERS, TESTS, about_engines, found
from wrapped import program


def test_each_engine_in_the_folders_is_found(tmp_path: Path) -> None:
    both = [program(tmp_path / "both" / name, "") for name in ("terraform", "tofu")]
    one = program(tmp_path / "one" / "tofu", "")
    assert list(found(os.pathsep.join([f"{tmp_path}/both", f"{tmp_path}/one"]))) == [*both, one]


def test_a_folder_without_an_engine_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "terraform").write_text("not executable")
    with pytest.raises(pytest.UsageError, match="there is no terraform and no tofu in"):
        list(found(str(tmp_path)))


def test_only_tests_of_engines_run_on_each() -> None:
    file = str(TESTS / "plan" / "test_real_plans.py")
    assert about_engines([file, str(TESTS / "model")]) == [file]
    assert about_engines([f"{file}::test_x"]) == [f"{file}::test_x"]
    assert about_engines([str(TESTS)]) == [str(TESTS / folder) for folder in FOLDERS]
    assert all((TESTS / folder).is_dir() for folder in FOLDERS)
