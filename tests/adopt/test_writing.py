"""Nothing that is there is overwritten, and nothing is written outside of the directory that was named."""

import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result
from trees import Tree, backend

from runner.adopt.placing import placed, write
from runner.errors import Conflict
from runner.host.files import write_new

Call = Callable[..., Result]
Made = Callable[[Tree], Path]
CODE: Tree = {"a/main.tf": backend("a"), "b/main.tf": backend("b")}


def test_a_file_that_is_there_stays_and_the_others_are_written(repository: Made, driftline: Call) -> None:
    top = repository({**CODE, "a/stack.yaml": "name: mine\n"})
    shown = driftline("init", "--scan")
    assert (shown.exit_code, "1 file already there" in shown.stderr) == (4, True)
    assert "-name: mine" in shown.stdout
    assert (top / "a/stack.yaml").read_text() == "name: mine\n"
    assert "name: b" in (top / "b/stack.yaml").read_text()


def test_force_asks_before_it_replaces(repository: Made, driftline: Call) -> None:
    top = repository({**CODE, "a/stack.yaml": "name: mine\n"})
    shown = driftline("init", "--scan", "--force")
    assert (shown.exit_code, "no terminal" in shown.stderr) == (64, True)
    assert (top / "a/stack.yaml").read_text() == "name: mine\n"
    assert not (top / "b/stack.yaml").exists()
    assert driftline("init", "--scan", "--force", "--yes").exit_code == 0
    assert "name: a" in (top / "a/stack.yaml").read_text()


def test_a_dry_run_writes_nothing(repository: Made, driftline: Call) -> None:
    top = repository(CODE)
    before = sorted(top.rglob("*"))
    shown = driftline("init", "--scan", "--diff")
    assert (shown.exit_code, "+name: a" in shown.stdout) == (0, True)
    assert sorted(top.rglob("*")) == before


def test_a_configuration_that_is_there_is_never_replaced(repository: Made, driftline: Call) -> None:
    top = repository({**CODE, "driftline.yaml": "data_dir: mine\n"})
    assert driftline("init", "--scan", "--force", "--yes").exit_code == 0
    assert (top / "driftline.yaml").read_text() == "data_dir: mine\n"
    assert not (top / ".gitignore").exists()


def test_files_go_below_the_directory_that_was_named(
    repository: Made, driftline: Call, tmp_path: Path
) -> None:
    top = repository(CODE)
    out = tmp_path / "elsewhere"
    assert driftline("import", "--format", "folders", "--out", str(out)).exit_code == 0
    assert sorted(path.relative_to(out).as_posix() for path in out.rglob("*.yaml")) == [
        "a/stack.yaml",
        "b/stack.yaml",
        "driftline.yaml",
    ]
    assert not (top / "a/stack.yaml").exists()


def test_no_symlink_leads_a_file_out_of_the_directory(tmp_path: Path) -> None:
    out, outside = tmp_path / "out", tmp_path / "outside"
    out.mkdir()
    outside.mkdir()
    (out / "a").symlink_to(outside)
    with pytest.raises(Conflict, match="symlink"):
        write(out, placed(out, {"a/b/stack.yaml": "name: a\n"}), replace=True)
    assert list(outside.iterdir()) == []


@pytest.mark.parametrize("make", [lambda path: path.symlink_to("/etc/passwd"), os.mkfifo, Path.mkdir])
def test_something_else_of_that_name_is_neither_read_nor_replaced(
    repository: Made, driftline: Call, make: Callable[[Path], None]
) -> None:
    top = repository(CODE)
    make(top / "a/stack.yaml")
    before = (top / "a/stack.yaml").lstat()
    shown = driftline("init", "--scan", "-o", "json")
    assert shown.exit_code == 4
    states = {row["path"]: row["state"] for row in json.loads(shown.stdout)["files"]}
    assert states["a/stack.yaml"] == "differs"
    assert "root:" not in shown.stdout
    assert (top / "a/stack.yaml").lstat().st_ino == before.st_ino


def test_a_file_that_appears_meanwhile_is_not_overwritten(tmp_path: Path) -> None:
    files = placed(tmp_path, {"stack.yaml": "name: new\n"})
    (tmp_path / "stack.yaml").write_text("name: mine\n")
    with pytest.raises(FileExistsError):
        write(tmp_path, files, replace=False)
    assert (tmp_path / "stack.yaml").read_text() == "name: mine\n"
    assert [path.name for path in tmp_path.iterdir()] == ["stack.yaml"]


def test_a_written_file_may_be_read_as_the_umask_allows(tmp_path: Path) -> None:
    write_new(tmp_path / "stack.yaml", b"")
    mask = os.umask(0)
    os.umask(mask)
    assert (tmp_path / "stack.yaml").stat().st_mode & 0o777 == 0o666 & ~mask


def test_where_everything_was_left_out_the_reasons_and_a_way_on_are_told(
    repository: Made, driftline: Call
) -> None:
    repository({"modules/a/main.tf": 'variable "a" {}\n', "atlantis.yaml": "version: 3\nprojects: []\n"})
    scanned, imported = driftline("init", "--scan"), driftline("import")
    assert (scanned.exit_code, imported.exit_code) == (5, 5)
    assert "1 directory was left out, for the reasons above" in scanned.stderr
    assert "writes a stack file to fill in" in scanned.stderr
