"""The checked-out tree: what was committed and nothing else, written nowhere else, whole or not at all."""

import os
import shutil
import stat
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Thread

import pytest
from remote.repository import Remote

from runner.errors import GitFailed
from runner.source import arguments, record
from runner.source import export as exporting


def taken_tree(remote: Remote) -> Path:
    return remote.mirrors.export(remote.source, remote.taken())


def files_of(tree: Path) -> dict[str, bytes]:
    return {
        path.relative_to(tree).as_posix(): path.read_bytes()
        for path in tree.rglob("*")
        if path.is_file() and not path.is_symlink()
    }


def test_a_tree_lies_where_its_source_and_revision_say(remote: Remote) -> None:
    remote.commit({"a/b.tf": "one"})
    head = remote.taken()
    tree = remote.mirrors.export(remote.source, head)
    assert tree == remote.data / "trees" / "infra" / head
    assert files_of(tree) == {"a/b.tf": b"one"}


def test_contents_are_bytes_whatever_they_are(remote: Remote) -> None:
    files: dict[str, str | bytes | None] = {
        "empty": b"",
        "binary": bytes(range(256)) * 9000,
        "crlf": b"a\r\nb\r\n",
        "no-end": b"x",
        "with space/ü.txt": b"y",
        "-dash": b"z",
        "same": b"x",
    }
    remote.commit(files)
    assert files_of(taken_tree(remote)) == files


def test_a_name_that_is_not_utf_8_keeps_its_bytes(remote: Remote) -> None:
    remote.commit()
    (remote.path / os.fsdecode(b"caf\xe9.txt")).write_bytes(b"x")
    remote.commit()
    assert os.fsdecode(b"caf\xe9.txt") in files_of(taken_tree(remote))


def test_modes_are_for_the_owner_alone_and_executables_stay_so(remote: Remote) -> None:
    remote.commit({"run.sh": "#!/bin/sh\n", "folder/main.tf": ""})
    (remote.path / "run.sh").chmod(0o755)
    remote.commit()
    tree = taken_tree(remote)
    modes = {
        name: stat.S_IMODE((tree / name).stat().st_mode)
        for name in ("run.sh", "folder", "folder/main.tf", ".")
    }
    assert modes == {"run.sh": 0o700, "folder": 0o700, "folder/main.tf": 0o600, ".": 0o700}


def test_nothing_of_git_is_in_a_tree_and_a_submodule_is_an_empty_folder(remote: Remote) -> None:
    remote.commit(
        {"main.tf": "", ".gitmodules": '[submodule "m"]\n\tpath = m\n\turl = https://h.example/m\n'}
    )
    remote.git("update-index", "--add", "--cacheinfo", f"160000,{'1' * 40},m")
    remote.git("commit", "--quiet", "-m", "a submodule")
    tree = taken_tree(remote)
    assert sorted(path.name for path in tree.iterdir()) == [".gitmodules", "m", "main.tf"]
    assert list((tree / "m").iterdir()) == []


# Links


def test_links_inside_the_repository_are_made(remote: Remote) -> None:
    remote.commit({"common/backend.tf": "x", "stacks/a/main.tf": ""})
    (remote.path / "stacks/a/backend.tf").symlink_to("../../common/backend.tf")
    (remote.path / "stacks/all").symlink_to("../common", target_is_directory=True)
    (remote.path / "dangling").symlink_to("not/there")
    remote.commit()
    tree = taken_tree(remote)
    assert (tree / "stacks/a/backend.tf").read_text() == "x"
    assert (tree / "stacks/all/backend.tf").read_text() == "x"
    assert (tree / "dangling").readlink() == Path("not/there")


STRAY_LINKS: tuple[dict[str, str], ...] = (
    {"l": "/etc/passwd"},
    {"l": "../outside"},
    {"a/l": "../../outside"},
    {"l": "./../x"},
    {"l": "l"},
    {"l": "m", "m": "l"},
    {"l": "/etc", "m": "l/passwd"},
    {"l": "..", "m": "l/remote"},  # outside, though it would come back
    {"l": "x/" * 1500 + "../" * 1501 + "y"},
)
MIXED_LINKS: tuple[dict[str, str], ...] = (
    {"a/b/deep": "../..", "l": "a/b/deep/../x"},  # inside by its letters, outside on a disk
    {"d": "a/b", "a/b": "..", "l": "d/../../x"},
)


def commit_links(remote: Remote, links: dict[str, str]) -> None:
    files: dict[str, str | bytes | None] = {"main.tf": "", "a/x.tf" if "a/b" in links else "a/b/c/x.tf": ""}
    remote.commit(files)
    for name, target in links.items():
        oid = remote.blob(target.encode())
        remote.git("update-index", "--add", "--cacheinfo", f"120000,{oid},{name}")
    remote.git("commit", "--quiet", "-m", "links")


def links_of(tree: Path) -> set[str]:
    return {path.relative_to(tree).as_posix() for path in tree.rglob("*") if path.is_symlink()}


@pytest.mark.parametrize("links", STRAY_LINKS, ids=str)
def test_a_link_that_leads_out_or_in_a_circle_is_left_out_of_the_tree(
    remote: Remote, links: dict[str, str]
) -> None:
    commit_links(remote, links)
    tree = taken_tree(remote)
    assert links_of(tree) == set()
    assert files_of(tree) == {"main.tf": b"", "a/b/c/x.tf": b""}


@pytest.mark.parametrize("links", MIXED_LINKS, ids=str)
def test_a_link_that_leads_out_through_others_is_left_out_and_they_are_not(
    remote: Remote, links: dict[str, str]
) -> None:
    commit_links(remote, links)
    assert links_of(taken_tree(remote)) == set(links) - {"l"}


def test_links_beside_one_that_is_left_out_are_made(remote: Remote) -> None:
    commit_links(remote, {"before": "main.tf", "l": "/etc/passwd", "too": "main.tf"})
    assert links_of(taken_tree(remote)) == {"before", "too"}


@pytest.mark.parametrize("links", STRAY_LINKS + MIXED_LINKS, ids=str)
def test_no_link_of_a_tree_leads_out_of_it(remote: Remote, links: dict[str, str]) -> None:
    commit_links(remote, links)
    tree = taken_tree(remote)
    ends = {name: Path(os.path.realpath(tree / name)) for name in links_of(tree)}
    assert [name for name, end in ends.items() if not end.is_relative_to(tree)] == []


# Trees that git would not make


EVIL_NAMES = (
    "..", ".", ".git", ".GIT", ".Git", "git~1", "GIT~1", "../x", "/etc", "a/../b", "a//b", ".git/hooks/x", "a/.git",
)  # fmt: skip


@pytest.mark.repeats("name")
@pytest.mark.parametrize("name", EVIL_NAMES)
@pytest.mark.parametrize("checked", [True, False], ids=["fsck", "no fsck"])
def test_an_evil_name_is_written_nowhere_and_the_rest_is(
    remote: Remote,
    name: str,
    checked: bool,  # noqa: FBT001
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Refused by git's own check, it would stop the source for good: a revert leaves it in the history."""
    remote.commit({"main.tf": "good"})
    if not checked:
        monkeypatch.setitem(arguments.CONFIG, "transfer.fsckObjects", "false")
    good = remote.blob(b"good")
    remote.commit_raw_tree(("100644", remote.blob(b"evil"), name), ("100644", good, "main.tf"))
    before = {path for path in remote.root.rglob("*") if remote.data not in path.parents}
    tree = taken_tree(remote)
    assert {path for path in remote.root.rglob("*") if remote.data not in path.parents} == before
    assert list(files_of(tree).values()) == [b"good"]


@pytest.mark.parametrize("kinds", [("40000", "100644"), ("100644", "100644"), ("100644", "40000")])
def test_of_a_name_that_stands_twice_in_a_folder_none_is_written(
    remote: Remote, kinds: tuple[str, str]
) -> None:
    """Whoever reads the one and runs the other would be deceived."""
    remote.commit({"inner/x": "evil", "main.tf": "good"})
    folder, good = remote.git("rev-parse", "HEAD:inner"), remote.blob(b"good")
    twice = [(kind, folder if kind == "40000" else remote.blob(kind.encode()), "a") for kind in kinds]
    remote.commit_raw_tree(*twice, ("100644", good, "main.tf"))
    assert list(files_of(taken_tree(remote)).values()) == [b"good"]


def test_a_file_below_a_link_of_the_same_name_is_not_written_through_it(
    remote: Remote, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """CVE-2024-32002: a tree with both the link `a` and the folder `a`."""
    monkeypatch.setitem(arguments.CONFIG, "transfer.fsckObjects", "false")
    remote.commit({"inner/x": "evil", "b/x": ""})
    folder = remote.git("rev-parse", "HEAD:inner")
    link = remote.blob(b"b")
    remote.commit_raw_tree(("120000", link, "a"), ("40000", folder, "a"), ("40000", folder, "b"))
    tree = taken_tree(remote)
    assert not (tmp_path / "x").exists()
    assert sorted(files_of(tree)) == ["b/x"]


@pytest.mark.parametrize("first", ["120000", "40000"])
def test_a_file_is_not_written_through_a_link_of_the_same_name(
    remote: Remote, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, first: str
) -> None:
    monkeypatch.setitem(arguments.CONFIG, "transfer.fsckObjects", "false")
    outside = tmp_path / "outside"
    outside.mkdir()
    remote.commit({"inner/x": "evil"})
    both = [
        ("120000", remote.blob(os.fsencode(outside)), "a"),
        ("40000", remote.git("rev-parse", "HEAD:inner"), "a"),
    ]
    remote.commit_raw_tree(*sorted(both, key=lambda entry: entry[0] != first))
    with suppress(GitFailed):
        taken_tree(remote)
    assert list(outside.iterdir()) == []


# Whole or not at all


def test_a_tree_is_made_once_and_then_shared(remote: Remote) -> None:
    remote.commit({"main.tf": "one"})
    tree = taken_tree(remote)
    (tree / ".terraform.lock.hcl").write_text("made by terraform")
    remote.mirrors.settle(remote.source, tree.name)
    shutil.rmtree(remote.mirror)
    shutil.rmtree(remote.path)
    assert remote.mirrors.export(remote.source, tree.name) == tree
    assert (tree / ".terraform.lock.hcl").exists()


def test_half_a_tree_of_a_killed_process_is_never_used(remote: Remote) -> None:
    remote.commit({"main.tf": "one"})
    head = remote.taken()
    trees = remote.data / "trees" / "infra"
    (trees / head).mkdir(parents=True)
    (trees / head / "main.tf").write_text("")
    (trees / f"{exporting.TEMPORARY}abc").mkdir()
    assert files_of(remote.mirrors.export(remote.source, head)) == {"main.tf": b"one"}
    assert sorted(path.name for path in trees.iterdir()) == [".lock", head, f"{head}.complete", f"{head}.use"]


def test_a_tree_of_an_earlier_boot_is_made_again(remote: Remote, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its files were never synced: a power cut may have left them empty."""
    remote.commit({"main.tf": "one"})
    head = remote.taken()
    monkeypatch.setattr(record, "boot_of_this_host", lambda: "an earlier boot")
    tree = remote.mirrors.export(remote.source, head)
    (tree / "main.tf").write_text("")
    monkeypatch.undo()
    assert files_of(remote.mirrors.export(remote.source, head)) == {"main.tf": b"one"}


def test_a_failed_export_leaves_no_tree(remote: Remote, monkeypatch: pytest.MonkeyPatch) -> None:
    remote.commit({"main.tf": "one"})
    head = remote.taken()

    def no_space(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(exporting, "_write_files", no_space)
    with pytest.raises(GitFailed, match="No space left"):
        remote.mirrors.export(remote.source, head)
    monkeypatch.undo()
    assert files_of(remote.mirrors.export(remote.source, head)) == {"main.tf": b"one"}


def test_a_corrupted_object_is_repaired_on_the_way(remote: Remote) -> None:
    remote.commit({"main.tf": os.urandom(3000).hex()})
    head = remote.taken()
    for pack in remote.mirror.glob("objects/pack/*.pack"):
        pack.chmod(0o600)
        data = bytearray(pack.read_bytes())
        data[2000:2040] = b"x" * 40
        pack.write_bytes(data)
    assert (
        files_of(remote.mirrors.export(remote.source, head))["main.tf"]
        == (remote.path / "main.tf").read_bytes()
    )


def test_many_at_once_get_one_whole_tree(remote: Remote) -> None:
    remote.commit({f"{number}/main.tf": str(number) for number in range(50)})
    head = remote.taken()
    seen: list[int] = []
    threads = [
        Thread(target=lambda: seen.append(len(files_of(remote.mirrors.export(remote.source, head)))))
        for _ in range(6)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert seen == [50] * 6


# Retention


def test_trees_that_nothing_needs_are_removed_after_an_hour(remote: Remote) -> None:
    remote.commit({"main.tf": "one"})
    old = remote.taken()
    remote.mirrors.export(remote.source, old)
    remote.commit({"main.tf": "two"})
    new = remote.taken()
    remote.mirrors.export(remote.source, new)
    needed = frozenset({("infra", new)})
    now = datetime.now(UTC)
    assert remote.mirrors.keep_only(needed, now) == 0
    assert remote.mirrors.keep_only(needed, now + timedelta(hours=2)) == 1
    trees = remote.data / "trees" / "infra"
    assert sorted(path.name for path in trees.iterdir()) == sorted(
        [".lock", new, f"{new}.complete", f"{new}.use"]
    )
    assert files_of(remote.mirrors.export(remote.source, old)) == {"main.tf": b"one"}


def test_an_old_tree_that_is_used_again_is_spared(remote: Remote) -> None:
    remote.commit({"main.tf": "one"})
    tree = taken_tree(remote)
    long_ago = (datetime.now(UTC) - timedelta(days=9)).timestamp()
    os.utime(tree.with_name(f"{tree.name}.complete"), (long_ago, long_ago))
    remote.mirrors.export(remote.source, tree.name)
    assert remote.mirrors.keep_only(frozenset(), datetime.now(UTC)) == 0
