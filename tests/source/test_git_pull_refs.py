"""The heads of pull requests at real Git servers, named as each forge does."""

import os
from collections.abc import Iterator
from contextlib import nullcontext
from dataclasses import replace
from itertools import product

import pytest
from pull_host import FORGES, Host
from remote.repository import Remote

from runner.errors import BranchMissing, GitFailed, SourceTooLarge
from runner.model.preview.heads import Merged, PullHead, PullHeads
from runner.source.room import taken

CAP = 2_000_000


@pytest.fixture
def host(remote: Remote) -> Host:
    return Host(remote)


@pytest.fixture(params=list(product(FORGES, ("http", "file"))), ids="-".join)
def served(remote: Remote, request: pytest.FixtureRequest) -> Iterator[Host]:
    forge, transport = request.param
    host = Host(remote, FORGES[forge])
    with host.over_http() if transport == "http" else nullcontext():
        yield host


def names(host: Host) -> list[str]:
    words = ("for-each-ref", "--format=%(refname)", "refs/driftline")
    return host.git(*words, cwd=host.remote.mirror).split()


# At every forge


def test_requests_of_each_forge_are_found_fetched_and_merged(served: Host) -> None:
    base = served.main({"a.tf": "one"})
    twelfth = served.open(12, {"b.tf": "two"}, branch="topic")
    third = served.open(3, {"c.tf": "three"})
    remote = served.remote
    found = remote.mirrors.pull_heads(remote.source, (served.forge.pattern,), "main")
    assert found == PullHeads(base, (third, twelfth))
    merged = served.merged(twelfth)
    assert isinstance(merged, Merged)
    assert served.paths(merged.revision) == ["a.tf", "b.tf"]


@pytest.mark.repeats
def test_a_closed_request_is_gone_once_the_server_removes_its_ref(served: Host) -> None:
    served.main({"a.tf": "one"})
    kept, closed = served.open(1, {"b.tf": "two"}), served.open(2, {"c.tf": "three"})
    served.push(f":{closed.ref}")
    assert served.heads() == (kept,)


@pytest.mark.repeats
def test_a_force_push_is_another_head_of_the_same_request(served: Host) -> None:
    served.main({"a.tf": "one"})
    old = served.open(1, {"b.tf": "two"})
    before = served.merged(old)
    new = served.open(1, {"b.tf": "other"})
    assert served.heads() == (new,)
    after = served.merged(new)
    assert isinstance(before, Merged)
    assert isinstance(after, Merged)
    assert before.tree != after.tree


# Which are found


def test_one_query_finds_a_thousand_requests(host: Host) -> None:
    base = host.main({"a.tf": "one"})
    lines = "".join(f"{base} refs/pull/{number}/head\n" for number in range(1, 1001))
    (host.server / "packed-refs").write_text(f"# pack-refs with: peeled fully-peeled sorted\n{lines}")
    with host.over_http() as seen:
        found = host.heads()
    assert [head.number for head in found] == list(range(1, 1001))
    assert len([path for path in seen.paths if "/info/refs" in path]) == 1


def test_fifty_thousand_requests_and_as_many_branches_are_read(host: Host) -> None:
    base = host.main({"a.tf": "one"})
    lines = sorted(
        f"{base} {name}\n"
        for number in range(1, 50_001)
        for name in (f"refs/pull/{number}/head", f"refs/pull/{number}/merge", f"refs/heads/topic-{number}")
    )
    (host.server / "packed-refs").write_text("".join(lines))
    assert len(host.heads()) == 50_000


def test_the_branch_alone_is_asked_for_without_other_refs(host: Host) -> None:
    """A hundred thousand refs would be sent at each poll."""
    base = host.main({"a.tf": "one"})
    with host.over_http() as seen:
        assert host.remote.mirrors.head(host.remote.source) == base
    assert any(b"ref-prefix refs/heads/\n" in body for body in seen.bodies)


@pytest.mark.parametrize(
    "name",
    [
        "refs/pull/0/head", "refs/pull/-1/head", "refs/pull/007/head", "refs/pull/1e3/head", "refs/pull/\u0663/head",
        "refs/pull/1/2/head", "refs/pull/9999999999999999999/head", "refs/pull/5/heads",
        "refs/other/refs/pull/5/head", "refs/heads/refs/pull/5/head", "refs/pull/5/head/more", "refs/pull/$(id)/head",
    ],
)  # fmt: skip
def test_a_ref_whose_star_is_no_positive_number_is_no_request(host: Host, name: str) -> None:
    base = host.main({"a.tf": "one"})
    good = host.show(4, base, "topic")
    packed = "".join(sorted([f"{base} {name}\n", f"{base} {good.ref}\n"]))
    (host.server / "packed-refs").write_text(packed)
    assert host.heads() == (good,)


def test_the_first_pattern_wins_a_number_that_two_have(host: Host) -> None:
    base = host.main({"a.tf": "one"})
    other = host.remote.git("commit-tree", "HEAD^{tree}", "-m", "other")
    host.push(f"{base}:refs/pull/5/head", f"{other}:refs/changes/5/head", f"{other}:refs/changes/6/head")
    remote = host.remote
    found = remote.mirrors.pull_heads(
        remote.source, ("refs/pull/*/head", "refs/changes/*/head"), "main"
    ).heads
    assert [(head.number, head.ref) for head in found] == [
        (5, "refs/pull/5/head"),
        (6, "refs/changes/6/head"),
    ]


def test_a_missing_base_is_told(host: Host) -> None:
    host.main({"a.tf": "one"})
    host.git("branch", "--move", "main", "other", cwd=host.server)
    with pytest.raises(BranchMissing, match='no branch "main"') as missing:
        host.heads()
    assert missing.value.hint == "its default branch is other: set branch of source infra"


def test_any_branch_with_exactly_this_head_makes_it_the_repository_s_own(host: Host) -> None:
    base = host.main({"a.tf": "one"})
    fork = host.open(1, {"b.tf": "two"})
    host.push(f"{fork.revision}:refs/tags/v1", f"{fork.revision}:refs/other/heads/topic")
    host.open(2, {"c.tf": "three"}, branch="deep/topic", onto=base)
    later = host.open(3, {"d.tf": "four"}, onto=fork.revision)
    assert [(head.number, head.own) for head in host.heads()] == [(1, False), (2, True), (3, False)]
    host.push(f"{later.revision}:refs/heads/now-a-branch")
    assert [(head.number, head.own) for head in host.heads()] == [(1, False), (2, True), (3, True)]


# What is fetched


def test_only_the_head_is_fetched_and_no_tag_or_other_request(host: Host) -> None:
    host.main({"a.tf": "one"})
    head, other = host.open(1, {"b.tf": "two"}), host.open(2, {"c.tf": "three"})
    host.push(f"{head.revision}:refs/tags/v1")
    host.remote.mirrors.fetch_pull(host.remote.source, head)
    assert names(host) == ["refs/driftline/pulls/1"]
    assert not host.remote.mirrors.has(host.remote.source, other.revision)
    assert host.git("tag", cwd=host.remote.mirror) == ""


def test_a_head_that_is_there_already_needs_no_remote(host: Host) -> None:
    host.main({"a.tf": "one"})
    head = host.open(1, {"b.tf": "two"})
    host.remote.mirrors.fetch_pull(host.remote.source, head)
    host.server.rename(host.server.with_name("gone"))
    host.remote.mirrors.fetch_pull(host.remote.source, head)


@pytest.mark.parametrize("kind", ["blob", "tag", "tree"])
def test_a_ref_that_is_no_commit_is_not_a_head(host: Host, kind: str) -> None:
    host.main({"a.tf": "one"})
    host.remote.git("tag", "-m", "a tag", "v1")
    revision = {"tag": "v1", "blob": "HEAD:a.tf", "tree": "HEAD^{tree}"}[kind]
    oid = host.remote.git("rev-parse", revision)
    host.push(f"{oid}:refs/pull/1/head")
    (head,) = host.heads()
    with pytest.raises(GitFailed, match="no longer the commit"):
        host.remote.mirrors.fetch_pull(host.remote.source, head)
    assert not host.remote.mirror.with_suffix(".broken").exists()


@pytest.mark.parametrize(
    "ref", ["--upload-pack=id", "refs/pull/*/head", "main", "refs/pull/1/head:refs/x", "+refs/x"]
)
def test_a_ref_that_git_could_take_for_something_else_is_refused(host: Host, ref: str) -> None:
    base = host.main({"a.tf": "one"})
    with pytest.raises(GitFailed, match="is not a full ref"):
        host.remote.mirrors.fetch_pull(host.remote.source, PullHead(1, ref, base, own=True))


def test_a_damaged_pack_of_a_request_leaves_the_mirror_as_it_was(host: Host) -> None:
    base = host.main({"a.tf": "one"})
    head = host.open(1, {"b.tf": "two" * 1000})
    host.git("repack", "-a", "-d", "--quiet", cwd=host.server)
    (pack,) = host.server.glob("objects/pack/*.pack")
    pack.chmod(0o600)
    content = bytearray(pack.read_bytes())
    content[len(content) // 2] ^= 0xFF
    pack.write_bytes(content)
    with pytest.raises(GitFailed):
        host.remote.mirrors.fetch_pull(host.remote.source, head)
    assert names(host) == []
    assert host.paths(base) == ["a.tf"]


# Room


def test_a_request_takes_at_most_half_of_the_room_that_is_left(host: Host) -> None:
    host.remote.source = replace(host.remote.source, max_size="2MB")
    host.main({"a.tf": "one"})
    noise = os.urandom(CAP * 6 // 10)
    head = host.open(1, {"big": noise})
    with pytest.raises(
        SourceTooLarge, match="refs/pull/1/head exceeds half of what is left of its max_size of 2MB"
    ):
        host.remote.mirrors.fetch_pull(host.remote.source, head)
    assert taken(host.remote.mirror) < CAP / 10
    host.main({"big": noise})


def test_forgotten_requests_make_room_for_the_branch(host: Host) -> None:
    host.remote.source = replace(host.remote.source, max_size="2MB")
    host.main({"a.tf": "one"})
    head = host.open(1, {"big": os.urandom(CAP * 4 // 10)})
    host.merged(head)
    with pytest.raises(SourceTooLarge):
        host.main({"other": os.urandom(CAP * 8 // 10)})
    host.remote.mirrors.drop_pulls(host.remote.source, frozenset())
    revision = host.remote.taken()
    assert host.paths(revision) == ["a.tf", "other"]
    assert not host.remote.mirrors.has(host.remote.source, head.revision)
