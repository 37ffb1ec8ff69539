"""No repository, however large or however made, fills the disk or the memory."""

import os
from dataclasses import replace
from pathlib import Path

import pytest
from remote.repository import Remote

from runner.errors import GitFailed, SourceTooLarge
from runner.source.command import Call, run, stream
from runner.source.mirror import Mirror
from runner.source.output import MAX_ERRORS
from runner.source.room import taken

CAP = 2_000_000


def size(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


@pytest.fixture
def capped(remote: Remote) -> Remote:
    remote.source = replace(remote.source, max_size="2MB")
    return remote


def test_a_fetch_that_wants_more_than_the_cap_is_stopped_at_it(
    capped: Remote, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = capped.commit({"a.tf": "one"})
    capped.taken()
    capped.commit({"big": os.urandom(4 * CAP)})
    largest = 0
    usual = Mirror._clear

    def looking(mirror: Mirror) -> None:
        nonlocal largest
        largest = max(largest, size(mirror.path))
        usual(mirror)

    monkeypatch.setattr(Mirror, "_clear", looking)
    with pytest.raises(SourceTooLarge, match="its history exceeds its max_size of 2MB"):
        capped.taken()
    assert 0.9 * CAP < largest < 1.1 * CAP
    # Nothing of it is left, and what was there still is.
    assert taken(capped.mirror) < CAP / 10
    assert [entry.path for entry in capped.mirrors.tree(capped.source, first)] == ["a.tf"]
    capped.source = replace(capped.source, max_size="20MB")
    capped.taken()


def test_a_first_fetch_that_wants_more_than_the_cap_leaves_nothing(capped: Remote) -> None:
    capped.commit({"big": os.urandom(2 * CAP)})
    with pytest.raises(SourceTooLarge):
        capped.taken()
    assert size(capped.data) < CAP / 10


def test_many_small_fetches_together_stay_within_the_cap(capped: Remote) -> None:
    for _ in range(3):
        capped.commit({"some": os.urandom(CAP * 2 // 5)})
        last = capped.head
        try:
            capped.taken()
        except SourceTooLarge:
            break
    else:
        raise AssertionError("all of it was taken")
    assert taken(capped.mirror) <= CAP
    assert not list(capped.mirror.glob("objects/pack/tmp_*"))
    assert capped.head == last


def test_a_remote_that_fails_for_another_reason_is_not_called_too_large(capped: Remote) -> None:
    capped.commit()
    capped.taken()
    with pytest.raises(GitFailed) as failed:
        capped.mirrors.fetch(capped.at((capped.root / "nowhere").as_uri()), "a" * 40)
    assert not isinstance(failed.value, SourceTooLarge)


def test_a_tree_that_names_itself_again_and_again_is_given_up(remote: Remote) -> None:
    remote.commit()
    oid = remote.blob(b"x")
    kind, mode = "blob", "100644"
    for _ in range(8):
        listing = "".join(f"{mode} {kind} {oid}\tname-of-an-entry-{number}\n" for number in range(10))
        oid, kind, mode = remote.git("mktree", stdin=listing.encode()), "tree", "040000"
    bomb = remote.git("commit-tree", oid, "-m", "a hundred million files", "-p", "HEAD")
    remote.git("update-ref", "refs/heads/main", bomb)
    remote.taken()
    for look in (remote.mirrors.tree, remote.mirrors.export):
        with pytest.raises(GitFailed, match="it printed more than 64 MiB"):
            look(remote.source, bomb)


def test_a_file_that_is_small_in_git_and_huge_on_the_disk_is_not_written(capped: Remote) -> None:
    head = capped.commit({"zeros": bytes(3 * CAP)})
    capped.taken()
    with pytest.raises(SourceTooLarge, match=r"the files of one revision exceed .*, including 'zeros'"):
        capped.mirrors.export(capped.source, head)
    assert size(capped.data / "trees") < CAP


def test_the_largest_definitions_are_left_out_if_memory_would_fill_up(
    remote: Remote, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever needs one of those is refused for it, and nobody else."""
    monkeypatch.setattr("runner.source.mirrors.MAX_CONTENTS", 1 << 20)
    files = {"a.tf": b"a" * 900_000, "b.tf": b"b" * 500_000, "c.tf": b"c" * 400_000, "d.tf": b"d"}
    head = remote.commit(files)
    remote.taken()
    oids = [entry.oid for entry in remote.mirrors.tree(remote.source, head)]
    assert sorted(remote.mirrors.blobs(remote.source, oids).values()) == [files["b.tf"], files["c.tf"], b"d"]


@pytest.fixture
def babbling(tmp_path: Path) -> Call:
    """Says 3 MB on stderr, as a remote may, and its name on stdout."""
    return Call(("sh", "-c", "yes | head -c 3000000 >&2; echo ready"), tmp_path, timeout=30)


def test_endless_output_of_a_remote_is_not_kept(babbling: Call) -> None:
    ended = run(babbling)
    assert (ended.code, ended.output, len(ended.error)) == (0, b"ready\n", MAX_ERRORS)
    with stream(babbling, b"") as (output, streamed):
        assert output.read() == b"ready\n"
    assert len(streamed.error) == MAX_ERRORS


def test_output_beyond_the_cap_ends_the_command(tmp_path: Path) -> None:
    ended = run(Call(("yes",), tmp_path, timeout=30, max_output=1 << 20))
    assert (ended.code, ended.output) == (-9, b"")
    assert ended.error == "it printed more than 1 MiB and was stopped"


def test_a_command_that_closes_its_output_and_goes_on_ends_at_its_deadline(tmp_path: Path) -> None:
    ended = run(Call(("sh", "-c", "exec >&- 2>&-; sleep 600"), tmp_path, timeout=0.3))
    assert (ended.code, ended.error) == (-9, "it took longer than 0.3 s and was stopped")
