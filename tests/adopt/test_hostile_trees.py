"""A tree that somebody made to hurt is looked at within limits: nothing hangs, and nothing outside is read."""

import os
from pathlib import Path

import pytest
from trees import backend, plant

from runner.adopt.expand import root_modules
from runner.adopt.scan import scan
from runner.foreign.budget import Budget
from runner.model.adopt.roots import verdicts
from runner.model.code.module import LARGEST


def taken(top: Path, budget: Budget | None = None) -> set[str]:
    return {project.folder for project in root_modules(scan(top, budget).layout)}


@pytest.fixture
def top(tmp_path: Path) -> Path:
    return plant(tmp_path / "infra", {"a/main.tf": backend("a")})


def test_links_to_directories_are_not_followed(top: Path, tmp_path: Path) -> None:
    plant(tmp_path / "outside", {"b/main.tf": backend("b")})
    (top / "link").symlink_to(tmp_path / "outside")
    (top / "circle").symlink_to(top)
    assert taken(top) == {"a"}


def test_a_link_to_a_file_counts_only_inside_the_tree(top: Path, tmp_path: Path) -> None:
    (tmp_path / "secret.tf").write_text(backend("secret"))
    plant(top, {"shared/backend.txt": "", "c/x.tf": "", "d/x.tf": ""})
    (top / "c/main.tf").symlink_to("../a/main.tf")
    (top / "d/main.tf").symlink_to(tmp_path / "secret.tf")
    found = scan(top).layout
    assert found.code["c"].facts.backend is not None
    assert found.code["d"].facts.backend is None
    assert "d/main.tf" in {one.folder for one in found.left_out}


def test_a_pipe_is_not_opened(top: Path) -> None:
    os.mkfifo(top / "a" / "pipe.tf")
    os.mkfifo(top / "a" / "x.tfbackend")
    assert taken(top) == {"a"}
    assert "a/pipe.tf" in {one.folder for one in scan(top).layout.left_out}


def test_too_many_files_end_the_search_and_that_is_told(top: Path) -> None:
    for number in range(50):
        (top / f"file-{number}").touch()
    found = scan(top, Budget(entries=40)).layout
    assert not found.complete
    assert "too many files" in found.left_out[-1].why


def test_code_that_is_no_hcl_is_left_out_with_its_reason(top: Path) -> None:
    plant(top, {"bad/main.tf": 'terraform {\n  backend "s3" {\n', "deep/main.tf": "x = " + "[" * 100_000})
    (top / "binary").mkdir()
    (top / "binary" / "main.tf").write_bytes(b"terraform {\xff\xfe}")
    reasons = {one.folder: one.because for one in verdicts(scan(top).layout) if not one.taken}
    assert all("cannot be read" in reasons[name] for name in ("bad", "binary"))
    assert taken(top) == {"a"}


def test_a_file_that_is_too_large_is_not_read(top: Path) -> None:
    plant(top, {"big/main.tf": ""})
    os.truncate(top / "big" / "main.tf", LARGEST + 1)
    assert taken(top) == {"a"}
    assert scan(top).layout.code["big"].facts.unreadable == ("main.tf",)


def test_a_directory_that_may_not_be_read_stops_nothing_and_stays(
    top: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plant(top, {"0-hidden/main.tf": backend("hidden")})
    (top / "0-hidden").chmod(0)
    opened = os.open

    def refuse(path: str | Path, *words: int, dir_fd: int | None = None) -> int:
        if path == "0-hidden" and not words[0] & os.O_PATH:
            raise PermissionError(13, "Permission denied", path)
        return opened(path, *words, dir_fd=dir_fd)

    monkeypatch.setattr(os, "open", refuse)  # root may open everything
    found = scan(top).layout
    assert "0-hidden" in {one.folder for one in found.left_out}
    assert found.code.keys() == {"a"}
    assert (top / "0-hidden").stat().st_mode & 0o777 == 0


def test_what_engines_and_package_managers_leave_behind_is_passed_over(top: Path) -> None:
    plant(
        top,
        {f"a/{name}/m/main.tf": backend("x") for name in (".terraform", ".terragrunt-cache", "node_modules")},
    )
    assert taken(top) == {"a"}
