"""What is planned is what Git has, whatever has become of the exported files: they are put right before each use."""

import os
import shutil
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from remote.repository import Remote

from runner.errors import GitFailed
from runner.source import record

FILES: dict[str, str | bytes | None] = {
    "web/main.tf": "# one\n",
    "web/run.sh": "#!/bin/sh\n",
    "shared/policy.json": "{}",
    "dns/.terraform.lock.hcl": 'provider "p" {\n  version = "1.0.0"\n  hashes = [\n    "h1:aaa=",\n  ]\n}\n',
}


@pytest.fixture
def tree(remote: Remote) -> Path:
    remote.commit(FILES)
    (remote.path / "web/run.sh").chmod(0o755)
    (remote.path / "web/link.tf").symlink_to("main.tf")
    remote.commit()
    return remote.mirrors.export(remote.source, remote.taken())


def again(remote: Remote, tree: Path) -> str:
    """Export again; returns what was reported."""
    shown: list[str] = []
    assert remote.mirrors.export(remote.source, tree.name, report=shown.append) == tree
    return "\n".join(shown)


def content(top: Path) -> dict[str, object]:
    return {
        path.relative_to(top).as_posix(): path.readlink()
        if path.is_symlink()
        else (path.read_bytes(), path.stat().st_mode)
        for path in top.rglob("*")
        if path.is_symlink() or path.is_file()
    }


def swap_folder(tree: Path) -> None:
    shutil.rmtree(tree / "web")
    outside = tree.parents[3] / "outside"
    outside.mkdir()
    (outside / "main.tf").write_text("somebody else's")
    (tree / "web").symlink_to(outside)


def keep_times(tree: Path) -> None:
    path = tree / "web/main.tf"
    before = path.stat()
    path.write_text("# two\n")
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))


def turn_link(tree: Path) -> None:
    (tree / "web/link.tf").unlink()
    (tree / "web/link.tf").symlink_to("run.sh")


def add_deep(tree: Path) -> None:
    (tree / "web/new/deep").mkdir(parents=True)
    (tree / "web/new/deep/x.tf").touch()


def file_to_folder(tree: Path) -> None:
    (tree / "web/main.tf").unlink()
    (tree / "web/main.tf").mkdir()
    (tree / "web/main.tf/inner.tf").touch()


def file_to_pipe(tree: Path) -> None:
    (tree / "shared/policy.json").unlink()
    os.mkfifo(tree / "shared/policy.json")


def change_lock(old: str, new: str) -> Callable[[Path], object]:
    text = str(FILES["dns/.terraform.lock.hcl"]).replace(old, new)
    return lambda tree: (tree / "dns/.terraform.lock.hcl").write_text(text)


TAMPERING: dict[str, tuple[str, Callable[[Path], object]]] = {
    "edited": ("web/main.tf was changed", lambda tree: (tree / "web/main.tf").write_text("# two\n")),
    "edited, time put back": ("web/main.tf was changed", keep_times),
    "removed": ("shared/policy.json was missing", lambda tree: (tree / "shared/policy.json").unlink()),
    "mode": ("web/run.sh was changed", lambda tree: (tree / "web/run.sh").chmod(0o600)),
    "link turned": ("web/link.tf was changed", turn_link),
    "override": ("web/zz_override.tf is not in Git", lambda tree: (tree / "web/zz_override.tf").touch()),
    "values": ("web/x.auto.tfvars is not in Git", lambda tree: (tree / "web/x.auto.tfvars").touch()),
    "any file": ("shared/more.json is not in Git", lambda tree: (tree / "shared/more.json").touch()),
    "a link": ("shared/more is not in Git", lambda tree: (tree / "shared/more").symlink_to("/etc/passwd")),
    "deep": ("web/new/deep/x.tf is not in Git", add_deep),
    "folder to link": ("web is not in Git", swap_folder),
    "file to folder": ("web/main.tf/inner.tf is not in Git", file_to_folder),
    "file to pipe": ("shared/policy.json was changed", file_to_pipe),
    "provider version": ("dns/.terraform.lock.hcl was changed", change_lock("1.0.0", "1.0.1")),
    "checksum": ("dns/.terraform.lock.hcl was changed", change_lock("aaa", "bbb")),
}


@pytest.mark.parametrize("case", TAMPERING)
def test_a_tampered_tree_is_repaired_and_reported(remote: Remote, tree: Path, case: str) -> None:
    shown, tamper = TAMPERING[case]
    before = content(tree)
    tamper(tree)
    found = again(remote, tree)
    assert shown in found
    assert found.startswith(f"the exported files of {tree.name[:12]} differed from Git")
    assert content(tree) == before
    assert again(remote, tree) == ""


def test_nothing_is_written_through_a_link_in_the_place_of_a_folder(remote: Remote, tree: Path) -> None:
    swap_folder(tree)
    again(remote, tree)
    outside = tree.parents[3] / "outside"
    assert [path.name for path in outside.iterdir()] == ["main.tf"]
    assert (outside / "main.tf").read_text() == "somebody else's"


def test_a_tree_that_was_swapped_for_a_link_is_made_again(remote: Remote, tree: Path) -> None:
    before = content(tree)
    tree.rename(tree.with_name("elsewhere"))
    tree.symlink_to("elsewhere")
    again(remote, tree)
    assert not tree.is_symlink()
    assert content(tree) == before


def test_a_file_that_was_only_touched_is_as_good(remote: Remote, tree: Path) -> None:
    inode = (tree / "web/main.tf").stat().st_ino
    (tree / "web/main.tf").touch()
    assert again(remote, tree) == ""
    assert (tree / "web/main.tf").stat().st_ino == inode


# Links that lead out of the repository, which are left out


@pytest.fixture
def outside(tmp_path: Path) -> Path:
    folder = tmp_path / "outside"
    folder.mkdir()
    (folder / "kept").write_text("somebody else's")
    return folder


@pytest.fixture
def without(remote: Remote, outside: Path) -> Path:
    """A tree without `sym/out`."""
    remote.commit(FILES | {"sym/other": ""})
    (remote.path / "sym/out").symlink_to(outside)
    (remote.path / "sym/out.tfstate").symlink_to(outside / "kept")
    remote.commit()
    return remote.mirrors.export(remote.source, remote.taken())


def test_a_link_that_was_left_out_is_not_missing(remote: Remote, without: Path) -> None:
    assert again(remote, without) == ""
    assert sorted(path.name for path in (without / "sym").iterdir()) == ["other"]


def test_a_link_that_was_left_out_is_not_made_when_the_tree_is_put_right(
    remote: Remote, without: Path
) -> None:
    before = content(without)
    shutil.rmtree(without / "sym")
    assert again(remote, without).endswith(": sym/other was missing")
    assert content(without) == before


@pytest.mark.parametrize("name", ["out", "out.tfstate"])
@pytest.mark.parametrize("used", [True, False], ids=["in use", "alone"])
def test_a_left_out_link_that_a_run_creates_is_removed_again(
    remote: Remote,
    without: Path,
    outside: Path,
    name: str,
    used: bool,  # noqa: FBT001
) -> None:
    users: list[int] = []
    if used:
        remote.mirrors.export(remote.source, without.name, keep=users.append)
    before = content(without)
    (without / "sym" / name).symlink_to((remote.path / "sym" / name).readlink())
    remote.mirrors.settle(remote.source, without.name)
    assert f"sym/{name} is not in Git" in again(remote, without)
    assert content(without) == before
    assert (outside / "kept").read_text() == "somebody else's"
    for user in users:
        os.close(user)


# What runs leave


def test_what_a_run_has_left_stays_and_what_comes_after_it_does_not(remote: Remote, tree: Path) -> None:
    (tree / "web/.terraform.lock.hcl").write_text("by init")
    (tree / "web/build").mkdir()
    (tree / "web/build/lambda.zip").write_text("by archive_file")
    remote.mirrors.settle(remote.source, tree.name)
    assert again(remote, tree) == ""
    assert (tree / "web/.terraform.lock.hcl").read_text() == "by init"
    (tree / "web/build/lambda.zip").write_text("by somebody")
    assert "web/build/lambda.zip is not in Git" in again(remote, tree)
    assert not (tree / "web/build/lambda.zip").exists()
    assert (tree / "web/.terraform.lock.hcl").read_text() == "by init"


def test_code_that_a_run_has_left_does_not_stay(remote: Remote, tree: Path) -> None:
    (tree / "shared/zz_override.tf").write_text("# x")
    remote.mirrors.settle(remote.source, tree.name)
    assert "shared/zz_override.tf is not in Git" in again(remote, tree)


def test_checksums_that_init_added_to_a_committed_lock_file_stay(remote: Remote, tree: Path) -> None:
    lock = tree / "dns/.terraform.lock.hcl"
    grown = lock.read_text().replace('    "h1:aaa=",\n', '    "h1:aaa=",\n    "zh:bbb",\n')
    lock.write_text(grown)
    assert again(remote, tree) == ""
    assert lock.read_text() == grown


def test_a_state_that_could_not_be_saved_is_never_taken_away(remote: Remote, tree: Path) -> None:
    (tree / "web/errored.tfstate").write_text("{}")
    assert again(remote, tree) == ""
    assert (tree / "web/errored.tfstate").exists()


def test_folders_that_terraform_leaves_empty_are_nothing(remote: Remote, tree: Path) -> None:
    (tree / "web/terraform.tfstate.d/blue").mkdir(parents=True)
    assert again(remote, tree) == ""


# While another run is there


def test_in_a_tree_in_use_only_files_that_pass_for_code_are_removed(remote: Remote, tree: Path) -> None:
    used: list[int] = []
    remote.mirrors.export(remote.source, tree.name, keep=used.append)
    (tree / "web/lambda.zip").write_text("being written")
    (tree / "web/x.tf").write_text("# x")
    (tree / "web/main.tf").write_text("# two")
    shown = again(remote, tree)
    assert "web/x.tf is not in Git" in shown
    assert "web/main.tf was changed" in shown
    assert (tree / "web/lambda.zip").read_text() == "being written"
    os.close(used[0])
    assert "web/lambda.zip is not in Git" in again(remote, tree)


def test_a_tree_that_is_in_use_is_not_removed_whatever_is_asked(remote: Remote, tree: Path) -> None:
    used: list[int] = []
    remote.mirrors.export(remote.source, tree.name, keep=used.append)
    later = datetime.now(UTC) + timedelta(hours=2)
    assert remote.mirrors.keep_only(frozenset(), later) == 0
    tree.with_name(f"{tree.name}.complete").unlink()
    with pytest.raises(GitFailed, match="a run uses"):
        again(remote, tree)
    assert (tree / "web/main.tf").exists()
    os.close(used[0])
    assert again(remote, tree) == ""
    assert remote.mirrors.keep_only(frozenset(), later) == 1


# What it costs


def test_a_look_at_a_thousand_files_takes_less_than_five_milliseconds(remote: Remote) -> None:
    remote.commit({f"stacks/{number % 100}/{number}.tf": str(number) for number in range(1000)})
    tree = remote.mirrors.export(remote.source, remote.taken())
    marker = tree.with_name(f"{tree.name}.complete")

    def look() -> float:
        began = time.thread_time()
        known = record.read(marker)
        assert known is not None
        assert known.untouched(tree)
        assert known.nothing_new(tree)
        return time.thread_time() - began

    # Twice as long is let pass: other tests run beside it.
    assert min(look() for _ in range(30)) < 0.010
