"""A request is merged in the mirror as git would merge it in a checkout, without one, and always to the same revision."""

import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from pull_host import Files, Host
from remote.repository import PLAIN, Remote

from runner import failpoint
from runner.errors import GitFailed, GitTooOld
from runner.model.preview.heads import Conflict, Merged
from runner.source import arguments

Kinds = dict[str, tuple[Files, Files, Files]]


@pytest.fixture
def host(remote: Remote) -> Host:
    return Host(remote)


def text(changed: int | None = None, word: str = "changed") -> str:
    """Twenty lines, one of them changed."""
    return "".join(f"{word if line == changed else 'line'} {line}\n" for line in range(20))


# What was there, what the request does, and what main did meanwhile.
CLEAN: Kinds = {
    "two files": ({"a.tf": "1"}, {"b.tf": "2"}, {"c.tf": "3"}),
    "two parts of a file": ({"a.tf": text()}, {"a.tf": text(2)}, {"a.tf": text(17)}),
    "the same change": ({"a.tf": text()}, {"a.tf": text(2)}, {"a.tf": text(2)}),
    "renamed here, changed there": ({"a.tf": text()}, {"a.tf": None, "z.tf": text()}, {"a.tf": text(3)}),
    "folder renamed, file added": (
        {"old/a.tf": text(), "old/b.tf": text(1)},
        {"old/a.tf": None, "old/b.tf": None, "new/a.tf": text(), "new/b.tf": text(1)},
        {"old/a.tf": text(5)},
    ),
    "removed": ({"a.tf": "1", "b.tf": "2"}, {"a.tf": None}, {"c.tf": "3"}),
    "case": ({"a.tf": "1"}, {"A.tf": "2", "FOLDER/x": "1"}, {"folder/x": "2"}),
    "bytes": ({"a": bytes(range(256))}, {"b": b"\xff\x00"}, {"c": b"\r\n"}),
    "attributes": (
        {".gitattributes": "*.tf merge=evil filter=evil text eol=crlf ident\n", "a.tf": text()},
        {"a.tf": text(2)},
        {"a.tf": text(17)},
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", CLEAN)
def test_the_merge_is_that_of_a_checkout(host: Host, case: str) -> None:
    before, theirs, ours = CLEAN[case]
    host.main(before)
    head = host.open(1, theirs)
    base = host.main(ours)
    merged = host.merged(head)
    assert isinstance(merged, Merged)
    host.git("-c", "merge.conflictStyle=merge", "merge", "--quiet", "--no-edit", head.revision)
    assert merged.tree == host.git("rev-parse", "HEAD^{tree}")
    assert host.remote.mirrors.is_ancestor(host.remote.source, base, merged.revision)
    assert host.remote.mirrors.is_ancestor(host.remote.source, head.revision, merged.revision)


def test_links_modes_and_submodules_are_merged_too(host: Host) -> None:
    host.main({"a.tf": "1"})
    work = host.remote.path
    host.git("checkout", "--quiet", "--detach")
    (work / "link").symlink_to("/etc/passwd")
    (work / "run.sh").write_text("id")
    (work / "run.sh").chmod(0o755)
    host.git("add", ".")
    host.git("update-index", "--add", "--cacheinfo", f"160000,{'1' * 40},module")
    host.git("commit", "--quiet", "-m", "odd ones")
    head = host.show(1, host.remote.head)
    host.main({"b.tf": "2"})
    merged = host.merged(head)
    assert isinstance(merged, Merged)
    modes = {e.path: e.mode for e in host.remote.mirrors.tree(host.remote.source, merged.revision)}
    assert modes == {
        "a.tf": "100644",
        "b.tf": "100644",
        "link": "120000",
        "module": "160000",
        "run.sh": "100755",
    }
    tree = host.remote.mirrors.export(host.remote.source, merged.revision)
    assert sorted(path.name for path in tree.iterdir()) == ["a.tf", "b.tf", "module", "run.sh"]


def test_a_repository_of_sha256_is_merged_as_one(remote: Remote) -> None:
    shutil.rmtree(remote.path)
    remote.git_at(remote.root, "init", "--quiet", "-b", "main", "--object-format=sha256", str(remote.path))
    host = Host(remote, object_format="sha256")
    host.main({"a.tf": "1"})
    merged = host.merged(host.open(1, {"b.tf": "2"}))
    assert isinstance(merged, Merged)
    assert len(merged.revision) == 64
    assert host.paths(merged.revision) == ["a.tf", "b.tf"]


# Conflicts


CONFLICTS: dict[str, tuple[Files, Files, Files, tuple[str, ...]]] = {
    "a line": ({"a.tf": "1"}, {"a.tf": "2"}, {"a.tf": "3"}, ("a.tf",)),
    "changed and removed": ({"a.tf": "1"}, {"a.tf": "2"}, {"a.tf": None}, ("a.tf",)),
    "added twice": ({}, {"a.tf": "2", "b.tf": "1"}, {"a.tf": "3", "b.tf": "2"}, ("a.tf", "b.tf")),
    "union": ({".gitattributes": "* merge=evil"}, {"a.tf": "2"}, {"a.tf": "3"}, ("a.tf",)),
    "hostile name": (
        {"a\n\x1b[2J\u202eb": "1", "\udcff.tf": "1"},
        {"a\n\x1b[2J\u202eb": "2", "\udcff.tf": "2"},
        {"a\n\x1b[2J\u202eb": "3", "\udcff.tf": "3"},
        ("a  [2J b", "\ufffd.tf"),
    ),
}


@pytest.mark.parametrize("case", CONFLICTS)
def test_a_conflict_is_told_by_its_paths(host: Host, case: str) -> None:
    before, theirs, ours, paths = CONFLICTS[case]
    host.main(before)
    head = host.open(1, theirs)
    host.main(ours)
    assert host.merged(head) == Conflict(paths)
    # Nothing is kept of it.
    refs = host.git("for-each-ref", "--format=%(refname)", "refs/driftline/previews", cwd=host.remote.mirror)
    assert refs == ""


def test_of_a_thousand_conflicts_the_first_are_told(host: Host) -> None:
    long = "d" * 200
    names = [f"{long}/{number:04}.tf" for number in range(1000)]
    host.main({"a": ""})
    head = host.open(1, dict.fromkeys(names, "2"))
    host.main(dict.fromkeys(names, "3"))
    found = host.merged(head)
    assert isinstance(found, Conflict)
    assert len(found.paths) == 50
    assert max(map(len, found.paths)) < 130


def test_submodules_that_both_sides_moved_are_a_conflict(host: Host) -> None:
    def with_module(digit: str) -> str:
        host.git("update-index", "--add", "--cacheinfo", f"160000,{digit * 40},module")
        host.git("commit", "--quiet", "-m", digit)
        return host.remote.head

    host.main({"a.tf": "1"})
    with_module("1")
    host.git("checkout", "--quiet", "--detach")
    theirs = with_module("2")
    host.git("checkout", "--quiet", "main")
    with_module("3")
    host.push("main")
    host.remote.taken()
    assert host.merged(host.show(1, theirs)) == Conflict(("module",))


def test_histories_without_a_common_commit_conflict_as_a_whole(host: Host) -> None:
    host.main({"a.tf": "1"})
    orphan = host.git("commit-tree", "HEAD^{tree}", "-m", "from nowhere")
    assert host.merged(host.show(1, orphan)) == Conflict(())


# After the merge


def plain(host: Host, head: str) -> None:
    host.git("merge", "--quiet", "--no-ff", "--no-edit", head)


def squash(host: Host, head: str) -> None:
    host.git("merge", "--quiet", "--squash", head)
    host.git("commit", "--quiet", "-m", "squashed")


def rebase(host: Host, head: str) -> None:
    host.git("cherry-pick", f"main...{head}", "--right-only")


@pytest.mark.parametrize(("how", "contained"), [(plain, True), (squash, False), (rebase, False)])
def test_a_merged_request_changes_nothing_more(
    host: Host,
    how: Callable[[Host, str], None],
    contained: bool,  # noqa: FBT001
) -> None:
    host.main({"a.tf": text()})
    head = host.open(1, {"a.tf": text(2), "b.tf": "2"})
    host.main({"c.tf": "3"})
    how(host, head.revision)
    base = host.main({"d.tf": "4"})
    mirrors, source = host.remote.mirrors, host.remote.source
    merged = host.merged(head)
    assert isinstance(merged, Merged)
    assert mirrors.is_ancestor(source, head.revision, base) is contained
    assert mirrors.tree_id(source, base) == merged.tree


# Always the same


def test_two_machines_make_the_same_revision(host: Host, monkeypatch: pytest.MonkeyPatch) -> None:
    host.main({"a.tf": "1"})
    head = host.open(1, {"b.tf": "2"})
    base = host.main({"c.tf": "3"})
    here = host.merged(head)
    host.remote.data = host.remote.root / "another machine"
    for name, value in {
        "TZ": "Asia/Tokyo",
        "USER": "mallory",
        "EMAIL": "m@x",
        "GIT_AUTHOR_NAME": "M",
    }.items():
        monkeypatch.setenv(name, value)
    host.remote.taken()
    assert host.merged(head, base) == here


def test_a_merge_lost_with_the_mirror_is_made_again_as_it_was(host: Host) -> None:
    host.main({"a.tf": "1"})
    head = host.open(1, {"b.tf": "2"})
    merged = host.merged(head)
    (host.remote.mirror / "HEAD").write_text("broken")
    assert host.remote.mirrors.tree(host.remote.source, host.remote.head)
    assert isinstance(merged, Merged)
    assert not host.remote.mirrors.has(host.remote.source, merged.revision)
    with pytest.raises(GitFailed, match="not something we can merge"):
        host.remote.mirrors.merge(host.remote.source, 1, host.remote.head, head.revision)
    assert host.merged(head) == merged
    assert host.paths(merged.revision) == ["a.tf", "b.tf"]


@pytest.mark.parametrize("date", ["0 +0000", "99999999999999999999 +0000", "253402300800 +0000", "1 +51800"])
def test_whatever_date_a_head_claims_it_can_be_merged(host: Host, date: str) -> None:
    base = host.main({"a.tf": "1"})
    tree = host.remote.git("rev-parse", "HEAD^{tree}")
    commit = f"tree {tree}\nparent {base}\nauthor A <a@x> {date}\ncommitter A <a@x> {date}\n\nodd\n"
    words = ("hash-object", "-w", "-t", "commit", "--literally", "--stdin")
    head = host.show(1, host.remote.git(*words, stdin=commit.encode()))
    assert isinstance(host.merged(head), Merged)


def test_a_merge_that_fails_before_it_has_a_ref_is_made_again(
    host: Host, monkeypatch: pytest.MonkeyPatch
) -> None:
    host.main({"a.tf": "1"})
    head = host.open(1, {"b.tf": "2"})
    monkeypatch.setitem(failpoint._ARMED, "merge.before_ref", ("ENOSPC", 0))
    with pytest.raises(GitFailed, match="No space left"):
        host.merged(head)
    monkeypatch.delitem(failpoint._ARMED, "merge.before_ref")
    assert isinstance(host.merged(head), Merged)
    refs = host.git("for-each-ref", "--format=%(refname)", "refs/driftline", cwd=host.remote.mirror)
    assert refs.split() == ["refs/driftline/previews/1", "refs/driftline/pulls/1"]


def test_a_merge_survives_a_garbage_collection_until_it_is_dropped(host: Host) -> None:
    host.main({"a.tf": "1"})
    head = host.open(1, {"b.tf": "2"})
    merged = host.merged(head)
    assert isinstance(merged, Merged)
    host.git("gc", "--quiet", "--prune=now", cwd=host.remote.mirror)
    assert host.paths(merged.revision) == ["a.tf", "b.tf"]
    host.remote.mirrors.drop_pulls(host.remote.source, frozenset({2}))
    host.git("gc", "--quiet", "--prune=now", cwd=host.remote.mirror)
    assert not host.remote.mirrors.has(host.remote.source, merged.revision)


def test_dropping_before_there_is_a_mirror_makes_none(host: Host) -> None:
    host.remote.mirrors.drop_pulls(host.remote.source, frozenset())
    assert not host.remote.mirror.exists()


# Nothing runs


def test_no_merge_driver_or_filter_of_machine_or_repository_runs(
    host: Host, monkeypatch: pytest.MonkeyPatch
) -> None:
    before, theirs, ours = CLEAN["attributes"]
    ran = host.remote.root / "ran"
    evil = host.remote.root / "home"
    (evil / "git").mkdir(parents=True)
    setting = f"touch {ran}; false"
    lines = (
        f'[merge "evil"]\ndriver = "{setting}"\n[filter "evil"]\nclean = "{setting}"\nsmudge = "{setting}"\n'
    )
    (evil / ".gitconfig").write_text(f"{lines}[core]\nattributesFile = {evil / 'git/attributes'}\n")
    (evil / "git/attributes").write_text("* merge=evil filter=evil\n")
    for name in ("HOME", "XDG_CONFIG_HOME"):
        monkeypatch.setenv(name, str(evil))
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(evil / ".gitconfig"))
    host.main(before)
    head = host.open(1, theirs)
    host.main(ours)
    assert isinstance(host.merged(head), Merged)
    assert not ran.exists()
    # With these settings, git itself would run it.
    env = {**PLAIN, "GIT_CONFIG_GLOBAL": str(evil / ".gitconfig")}
    subprocess.run(
        ["git", "merge", "--quiet", head.revision],
        cwd=host.remote.path,
        env=env,
        check=False,
        capture_output=True,
    )
    assert ran.exists()


def test_a_git_that_cannot_merge_is_told_by_its_version(
    host: Host, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    host.main({"a.tf": "1"})
    head = host.open(1, {"b.tf": "2"})
    host.remote.mirrors.fetch_pull(host.remote.source, head)
    old = tmp_path / "bin" / "git"
    old.parent.mkdir()
    old.write_text(
        '#!/bin/sh\ncase " $* " in\n*" merge-tree "*) echo usage: >&2; exit 129;;\n'
        f'*" version "*) echo git version 2.37.1; exit;;\nesac\nexec {shutil.which("git")} "$@"\n'
    )
    old.chmod(0o755)
    monkeypatch.setenv("PATH", f"{old.parent}:{os.environ['PATH']}")
    with pytest.raises(GitTooOld, match=r"^git version 2\.37\.1 cannot merge .* 2\.38 or newer"):
        host.remote.mirrors.merge(host.remote.source, 1, host.remote.head, head.revision)


def test_a_merge_that_takes_too_long_is_stopped(host: Host, monkeypatch: pytest.MonkeyPatch) -> None:
    host.main({"a.tf": "1"})
    head = host.open(1, {"b.tf": "2"})
    host.remote.mirrors.fetch_pull(host.remote.source, head)
    monkeypatch.setattr(arguments, "merge_tree", lambda *_: ["sleep", "600"])
    host.remote.timeout = 0.5
    with pytest.raises(GitFailed, match=r"longer than 0\.5 s"):
        host.remote.mirrors.merge(host.remote.source, 1, host.remote.head, head.revision)


def test_everything_that_reads_a_revision_reads_a_merge(host: Host) -> None:
    base = host.main({"a.tf": "1"})
    words = ("commit", "--quiet", "--amend", "--no-edit")
    host.remote.git("checkout", "--quiet", host.open(1, {"b.tf": "2"}).revision)
    host.remote.git(*words, env={"GIT_COMMITTER_DATE": "2001-02-03T04:05:06+07:00"})
    head = host.show(1, host.remote.head)
    merged = host.merged(head)
    assert isinstance(merged, Merged)
    mirrors, source = host.remote.mirrors, host.remote.source
    commit = mirrors.commit(source, merged.revision)
    assert commit.subject == f"Merge {head.revision} into {base}"
    assert commit.at == mirrors.commit(source, head.revision).at
    assert [one.revision for one in mirrors.commits(source, base, head.revision)] == [head.revision]
    assert (mirrors.export(source, merged.revision) / "b.tf").read_text() == "2"
    oids = [entry.oid for entry in mirrors.tree(source, merged.revision)]
    assert sorted(mirrors.blobs(source, oids).values()) == [b"1", b"2"]
