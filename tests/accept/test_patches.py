"""A patch is one that `git apply` takes, whatever its files are called."""

import subprocess
from pathlib import Path

import pytest

from runner.model.accept.patch import Edited, patch

NAMES = (
    "app/main.tf",
    "my app/main file.tf",
    "trailing /x .tf",
    'a "quoted" one.tf',
    "back\\slash.tf",
    "tab\there and blank.tf",
    "line\nbreak.tf",
    "bell\a\x01\x7f.tf",
    "größe/öde straße.tf",
    "日本.tf",
    "a/b/c b/d.tf",
    "'$(touch canary)'.tf",
    "\udcff latin.tf",
)


def applied(folder: Path, edited: Edited) -> bytes:
    subprocess.run(
        ["git", "apply", "--whitespace=nowarn", "-"],
        cwd=folder,
        input=patch({edited.path: edited}),
        check=True,
    )
    return (folder / edited.path).read_bytes()


@pytest.mark.parametrize("name", NAMES)
def test_git_applies_a_patch_of_a_file_of_this_name(name: str, tmp_path: Path) -> None:
    before, after = b"one = 1\ntwo = 2\n", b"one = 1\ntwo = 3\n"
    (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
    (tmp_path / name).write_bytes(before)
    assert applied(tmp_path, Edited(name, before, after)) == after


@pytest.mark.parametrize("name", NAMES)
def test_git_applies_a_patch_that_makes_a_file_of_this_name(name: str, tmp_path: Path) -> None:
    assert applied(tmp_path, Edited(name, b"", b"new\n", is_new=True)) == b"new\n"


@pytest.mark.parametrize("after", [b"one", b"one\r\ntwo\r\n", b"\x0cone\n\x85two\n", b"one\n\n", b"\n"])
def test_git_applies_a_patch_of_a_file_with_these_ends_of_lines(after: bytes, tmp_path: Path) -> None:
    (tmp_path / "main.tf").write_bytes(b"zero")
    assert applied(tmp_path, Edited("main.tf", b"zero", after)) == after
