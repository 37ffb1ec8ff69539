"""Heads of pull requests are found, fetched and merged as refs of the Git server, whoever hosts it."""

from dataclasses import replace

import pytest
from remote.repository import Remote

from runner.errors import GitFailed
from runner.model.preview.heads import Conflict, Merged, PullHead

PULLS = ("refs/pull/*/head",)


def request(remote: Remote, number: int, **files: str) -> PullHead:
    """Made on top of main, and left there as a ref alone, as the head of a fork is."""
    remote.git("checkout", "--quiet", "--detach", "main")
    remote.commit({f"{name}.tf": content for name, content in files.items()})
    head = PullHead(number, f"refs/pull/{number}/head", remote.head, own=False)
    remote.git("update-ref", head.ref, head.revision)
    remote.git("checkout", "--quiet", "main")
    return head


def test_the_heads_of_pull_requests_come_with_the_base(remote: Remote) -> None:
    main = remote.commit({"a.tf": "one"})
    second, first = request(remote, 12, b="x"), request(remote, 3, b="y")
    found = remote.mirrors.pull_heads(remote.source, PULLS, "main")
    assert (found.base, found.heads) == (main, (first, second))


def test_a_head_that_is_also_a_branch_is_the_repository_s_own(remote: Remote) -> None:
    remote.commit({"a.tf": "one"})
    head = request(remote, 3, b="y")
    remote.git("branch", "topic", head.revision)
    found = remote.mirrors.pull_heads(remote.source, PULLS, "main")
    assert found.heads == (replace(head, own=True),)


def test_a_request_is_merged_as_it_would_be(remote: Remote) -> None:
    remote.commit({"a.tf": "one"})
    head = request(remote, 3, b="from the request")
    base = remote.commit({"c.tf": "meanwhile"})
    remote.taken()
    remote.mirrors.fetch_pull(remote.source, head)
    merged = remote.mirrors.merge(remote.source, 3, base, head.revision)
    assert isinstance(merged, Merged)
    assert [e.path for e in remote.mirrors.tree(remote.source, merged.revision)] == ["a.tf", "b.tf", "c.tf"]
    assert remote.mirrors.tree_id(remote.source, merged.revision) == merged.tree


def test_a_conflict_names_the_paths(remote: Remote) -> None:
    remote.commit({"a.tf": "one"})
    head = request(remote, 3, a="two")
    base = remote.commit({"a.tf": "three"})
    remote.taken()
    remote.mirrors.fetch_pull(remote.source, head)
    assert remote.mirrors.merge(remote.source, 3, base, head.revision) == Conflict(("a.tf",))


def test_a_head_that_moved_meanwhile_is_not_fetched_in_its_place(remote: Remote) -> None:
    remote.commit()
    head = request(remote, 3, b="y")
    remote.taken()
    request(remote, 3, b="z")
    with pytest.raises(GitFailed, match="the remote changed"):
        remote.mirrors.fetch_pull(remote.source, head)


def test_dropped_requests_lose_their_refs(remote: Remote) -> None:
    base = remote.commit()
    remote.taken()
    for number in (3, 4):
        head = request(remote, number, b=str(number))
        remote.mirrors.fetch_pull(remote.source, head)
        remote.mirrors.merge(remote.source, number, base, head.revision)
    remote.mirrors.drop_pulls(remote.source, frozenset({4}))
    refs = remote.git_at(remote.mirror, "for-each-ref", "--format=%(refname)", "refs/driftline")
    assert refs.split() == ["refs/driftline/previews/4", "refs/driftline/pulls/4"]
