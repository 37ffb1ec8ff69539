"""A mirror follows its branch, keeps what was thrown away there, and survives whatever is done to it."""

import fcntl
import os
import shutil
from dataclasses import replace
from pathlib import Path
from threading import Thread

import pytest
from remote.repository import Remote

from runner.errors import BranchMissing, GitFailed
from runner.source import arguments, room
from runner.source.mirror import Mirror


def content(remote: Remote, revision: str) -> dict[str, bytes]:
    """Every file of the revision as the mirror has it."""
    entries = [e for e in remote.mirrors.tree(remote.source, revision) if e.kind == "blob"]
    blobs = remote.mirrors.blobs(remote.source, (e.oid for e in entries))
    return {entry.path: blobs[entry.oid] for entry in entries}


# Following


def test_the_head_is_the_branch_s_revision_at_the_remote(remote: Remote) -> None:
    remote.commit()
    second = remote.commit()
    remote.git("branch", "other", "HEAD~1")
    remote.git("tag", "main", "HEAD~1")
    assert remote.mirrors.head(remote.source) == second


@pytest.mark.parametrize("version", ["2", "0"])
def test_a_branch_of_the_same_ending_is_another_one(
    remote: Remote, version: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The older protocol answers with every ref that ends so."""
    monkeypatch.setitem(arguments.CONFIG, "protocol.version", version)
    head = remote.commit()
    other = remote.git("commit-tree", "HEAD^{tree}", "-m", "other")
    remote.git("update-ref", "refs/heads/refs/heads/main", other)
    remote.git("update-ref", "refs/heads/team/main", other)
    remote.git("update-ref", "refs/archive/refs/heads/main", other)
    assert remote.mirrors.head(remote.source) == head


@pytest.mark.parametrize("empty", [True, False])
def test_a_missing_branch_is_an_error_of_its_own(remote: Remote, empty: bool) -> None:  # noqa: FBT001
    if not empty:
        remote.commit()
        remote.git("branch", "--move", "main", "other")
    with pytest.raises(BranchMissing, match='source "infra" has no branch "main"'):
        remote.mirrors.head(remote.source)


def test_a_remote_that_is_gone_is_no_missing_branch(remote: Remote) -> None:
    shutil.rmtree(remote.path)
    with pytest.raises(GitFailed) as failed:
        remote.mirrors.head(remote.source)
    assert not isinstance(failed.value, BranchMissing)


def test_a_fetch_brings_the_revision_and_its_files(remote: Remote) -> None:
    first = remote.commit({"a.tf": "one"})
    remote.taken()
    second = remote.commit({"a.tf": "two", "b/c.tf": "three"})
    remote.taken()
    assert content(remote, first) == {"a.tf": b"one"}
    assert content(remote, second) == {"a.tf": b"two", "b/c.tf": b"three"}


def test_a_fetch_of_what_is_there_already_needs_no_remote(remote: Remote) -> None:
    remote.commit()
    head = remote.taken()
    shutil.rmtree(remote.path)
    remote.mirrors.fetch(remote.source, head)


def test_a_revision_that_the_remote_does_not_have_is_reported(remote: Remote) -> None:
    remote.commit()
    with pytest.raises(GitFailed, match="no longer has"):
        remote.mirrors.fetch(remote.source, "1" * 40)


def test_only_the_tracked_branch_is_fetched(remote: Remote) -> None:
    remote.commit()
    remote.git("tag", "-m", "a tag", "v1")
    remote.git("checkout", "--quiet", "-b", "other")
    other = remote.commit({"x": "y"})
    remote.taken()
    refs = remote.git_at(remote.mirror, "for-each-ref", "--format=%(refname)")
    assert refs == "refs/mirror/head"
    with pytest.raises(GitFailed):
        remote.mirrors.tree(remote.source, other)


def test_a_branch_whose_name_is_a_folder_of_the_former_one_can_follow_it(remote: Remote) -> None:
    remote.commit()
    remote.taken()
    remote.git("branch", "--move", "main", "x")
    remote.git("branch", "--move", "x", "main/next")
    remote.source = replace(remote.source, branch="main/next")
    assert remote.taken() == remote.head


def test_a_repository_of_sha256_is_mirrored_as_one(tmp_path: Path) -> None:
    remote = Remote(tmp_path)
    shutil.rmtree(remote.path)
    remote.git_at(
        tmp_path, "init", "--quiet", "--initial-branch=main", "--object-format=sha256", str(remote.path)
    )
    remote.commit({"a.tf": "one"})
    head = remote.taken()
    assert len(head) == 64
    assert content(remote, head) == {"a.tf": b"one"}


def test_an_old_history_with_untidy_commits_is_readable(remote: Remote) -> None:
    remote.commit({"a.tf": "one"})
    tree = remote.git("rev-parse", "HEAD^{tree}")
    untidy = (
        f"tree {tree}\nauthor <> 1 +51800\ncommitter Bo<bo@example.com> 99999999999999999999 +0000\n\nold\n"
    )
    revision = remote.git(
        "hash-object", "-w", "-t", "commit", "--literally", "--stdin", stdin=untidy.encode()
    )
    remote.git("update-ref", "refs/heads/main", revision)
    assert remote.taken() == revision
    assert remote.mirrors.commit(remote.source, revision).subject == "old"


# Rewritten history


def test_a_force_push_leaves_the_old_revision_readable(remote: Remote) -> None:
    remote.commit({"a.tf": "one"})
    old = remote.taken()
    remote.commit({"a.tf": "two"}, message="kept nowhere")
    thrown_away = remote.taken()
    remote.git("reset", "--quiet", "--hard", old)
    new = remote.rewrite()
    remote.taken()
    assert content(remote, thrown_away) == {"a.tf": b"two"}
    assert not remote.mirrors.is_ancestor(remote.source, thrown_away, new)


def test_what_a_force_push_threw_away_survives_a_garbage_collection(remote: Remote) -> None:
    remote.commit({"a.tf": "one"})
    thrown_away = remote.taken()
    remote.rewrite()
    remote.taken()
    remote.git_at(remote.mirror, "gc", "--quiet", "--prune=now")
    assert content(remote, thrown_away) == {"a.tf": b"one"}


def test_many_fetches_leave_few_packs_and_lose_nothing(
    remote: Remote, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(room, "MAX_PACKS", 3)
    revisions = {}
    for number in range(8):
        if number % 3 == 2:
            remote.git("reset", "--quiet", "--hard", "HEAD~1")
        files = {"a.tf": os.urandom(50).hex()}
        remote.commit(dict(files))
        revisions[remote.taken()] = {name: text.encode() for name, text in files.items()}
    assert len(list(remote.mirror.glob("objects/pack/*.pack"))) <= 4
    assert {revision: content(remote, revision) for revision in revisions} == revisions


def test_an_ordinary_push_leaves_no_ref_behind(remote: Remote) -> None:
    for _ in range(3):
        remote.commit()
        remote.taken()
    assert remote.git_at(remote.mirror, "for-each-ref", "--format=%(refname)") == "refs/mirror/head"


def test_an_old_revision_that_is_not_here_is_no_ancestor(remote: Remote) -> None:
    remote.commit()
    head = remote.taken()
    assert not remote.mirrors.is_ancestor(remote.source, "1" * 40, head)


def test_a_new_revision_that_is_not_here_is_an_error(remote: Remote) -> None:
    remote.commit()
    head = remote.taken()
    with pytest.raises(GitFailed):
        remote.mirrors.is_ancestor(remote.source, head, "1" * 40)


# Damage


def test_leftovers_of_a_killed_fetch_do_not_stop_the_next(remote: Remote) -> None:
    remote.commit()
    remote.taken()
    leftovers = [
        remote.mirror / name
        for name in (
            "packed-refs.lock",
            "shallow.lock",
            "refs/mirror/head.lock",
            "objects/pack/tmp_pack_abc",
            "HEAD.lock",
        )
    ]
    for leftover in leftovers:
        leftover.parent.mkdir(parents=True, exist_ok=True)
        leftover.write_text("")
    remote.commit()
    remote.taken()
    assert not [leftover for leftover in leftovers if leftover.exists()]


def test_a_first_fetch_that_was_killed_is_begun_again(remote: Remote) -> None:
    remote.commit({"a.tf": "one"})
    half = remote.mirror.with_suffix(".new")
    (half / "objects").mkdir(parents=True)
    (half / "HEAD.lock").write_text("")
    assert content(remote, remote.taken()) == {"a.tf": b"one"}
    assert not half.exists()


def truncate_packs(mirror: Path) -> None:
    for pack in mirror.glob("objects/pack/*.pack"):
        pack.chmod(0o600)
        os.truncate(pack, 60)


def garble_packs(mirror: Path) -> None:
    for pack in mirror.glob("objects/pack/*.pack"):
        pack.chmod(0o600)
        data = bytearray(pack.read_bytes())
        data[len(data) // 3 : len(data) // 3 + 40] = b"x" * 40
        pack.write_bytes(data)


def empty_objects(mirror: Path) -> None:
    """As a power cut leaves files that were not synced."""
    for part in mirror.glob("objects/??/*"):
        part.chmod(0o600)
        part.write_bytes(b"")


def lose_objects(mirror: Path) -> None:
    for part in mirror.glob("objects/??/*"):
        part.unlink()


def empty_refs(mirror: Path) -> None:
    (mirror / "refs" / "mirror" / "head").write_bytes(b"")


def lose_head(mirror: Path) -> None:
    (mirror / "HEAD").unlink()


PACKED = (truncate_packs, garble_packs)
LOOSE = (empty_objects, lose_objects, empty_refs, lose_head)


def explode(remote: Remote) -> None:
    """From a pack to one file for each object."""
    for pack in remote.mirror.glob("objects/pack/*.pack"):
        data = pack.read_bytes()
        for part in pack.parent.glob(f"{pack.stem}.*"):
            part.unlink()
        remote.git_at(remote.mirror, "unpack-objects", "-q", stdin=data)
    assert list(remote.mirror.glob("objects/??/*"))


@pytest.mark.repeats("damage")
@pytest.mark.parametrize("damage", [*PACKED, *LOOSE])
@pytest.mark.parametrize("moved", [False, True], ids=["unmoved", "moved"])
def test_a_broken_mirror_is_made_again(remote: Remote, damage: object, moved: bool) -> None:  # noqa: FBT001
    remote.commit({"a.tf": "one", "b.tf": os.urandom(5000).hex()})
    remote.taken()
    if damage in LOOSE:
        explode(remote)
    assert callable(damage)
    damage(remote.mirror)
    if moved:
        remote.commit({"a.tf": "two"})
    head = remote.taken()
    assert content(remote, head)["a.tf"] == (b"two" if moved else b"one")


@pytest.mark.parametrize("name", ["HEAD", "config", "packed-refs", "refs/mirror/head"])
def test_a_mirror_with_a_pipe_is_made_again_before_git_blocks_on_it(
    remote: Remote, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    remote.commit({"a.tf": "old"})
    remote.taken()
    pipe = remote.mirror / name
    pipe.unlink(missing_ok=True)
    os.mkfifo(pipe)
    remote.commit({"a.tf": "new"})
    monkeypatch.setattr(Mirror, "_broken", lambda _: pytest.fail("git was asked"))
    assert content(remote, remote.taken())["a.tf"] == b"new"
    assert not pipe.is_fifo()


def test_a_broken_mirror_does_not_pass_for_one_without_the_revision(remote: Remote) -> None:
    old = remote.commit()
    remote.commit()
    remote.taken()
    truncate_packs(remote.mirror)
    assert remote.mirrors.resolve(remote.source, "HEAD~1") == old


def test_the_broken_mirror_is_put_aside_for_whoever_wants_to_know(remote: Remote) -> None:
    remote.commit()
    head = remote.taken()
    lose_head(remote.mirror)
    remote.mirrors.tree(remote.source, head)
    assert remote.mirror.with_suffix(".broken").is_dir()


def test_a_broken_mirror_stays_while_the_remote_is_away(remote: Remote) -> None:
    remote.commit({"a.tf": "one"})
    head = remote.taken()
    explode(remote)
    entry = next(e for e in remote.mirrors.tree(remote.source, head) if e.path == "a.tf")
    (remote.mirror / "objects" / entry.oid[:2] / entry.oid[2:]).unlink()
    remote.path.rename(remote.path.with_name("away"))
    with pytest.raises(GitFailed):
        remote.mirrors.blobs(remote.source, [entry.oid])
    assert remote.mirrors.commit(remote.source, head).subject == "a change"


def test_a_missing_mirror_is_made_when_it_is_needed(remote: Remote) -> None:
    remote.commit({"a.tf": "one"})
    head = remote.taken()
    shutil.rmtree(remote.mirror)
    assert content(remote, head) == {"a.tf": b"one"}


def test_a_sound_mirror_is_not_made_again_for_an_unanswerable_question(remote: Remote) -> None:
    remote.commit()
    remote.taken()
    with pytest.raises(GitFailed):
        remote.mirrors.tree(remote.source, "1" * 40)
    assert not remote.mirror.with_suffix(".broken").exists()


def test_a_full_disk_is_an_error_of_git_for_the_one_source(
    remote: Remote, monkeypatch: pytest.MonkeyPatch
) -> None:
    remote.commit()

    def no_space(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Mirror, "_make", no_space)
    with pytest.raises(GitFailed, match="No space left on device"):
        remote.mirrors.fetch(remote.source, remote.head)


# Sharing


def test_two_processes_never_change_a_mirror_at_once(remote: Remote) -> None:
    remote.timeout = 0.3
    head = remote.commit()
    (remote.data / "mirrors").mkdir()
    with (remote.data / "mirrors" / "infra.lock").open("w") as other:
        fcntl.flock(other, fcntl.LOCK_EX)
        with pytest.raises(GitFailed, match="another process holds"):
            remote.mirrors.fetch(remote.source, head)
    remote.mirrors.fetch(remote.source, head)


def test_the_lock_stays_with_a_fetch_whose_daemon_died(remote: Remote) -> None:
    """The child inherits the descriptor: a lock that outlives the daemon keeps the next one from its mirror."""
    from runner.host.flock import held
    from runner.source.command import Call, run

    (remote.data / "mirrors").mkdir()
    lock = remote.data / "mirrors" / "infra.lock"
    with held(lock, 1) as fd:
        ended = run(Call(("readlink", f"/proc/self/fd/{fd}"), remote.data, 5, fds=(fd,)))
    assert ended.output.decode().strip() == str(lock)


def test_many_at_once_fetch_and_read_the_same_source(remote: Remote) -> None:
    remote.commit({"a.tf": "one"})
    head = remote.head
    read: list[dict[str, bytes]] = []

    def work() -> None:
        remote.taken()
        read.append(content(remote, head))

    threads = [Thread(target=work) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert read == [{"a.tf": b"one"}] * 6


def test_a_repository_that_is_gone_is_told_without_gits_own_advice(remote: Remote) -> None:
    remote.path.rename(remote.path.with_name("elsewhere"))
    with pytest.raises(GitFailed) as failed:
        remote.mirrors.head(remote.source)
    told = failed.value.message
    assert told.endswith("does not appear to be a git repository; Could not read from remote repository.")
