"""What each commit of a branch changed, by first parents."""

from collections.abc import Sequence

import pytest
from pull_host import Host
from remote.repository import Remote

from runner.model.preview.landing import Step
from runner.source import steps as limits


@pytest.fixture
def host(remote: Remote) -> Host:
    return Host(remote)


def steps(host: Host, old: str, new: str) -> Sequence[Step]:
    host.push("main")
    host.remote.taken()
    return host.remote.mirrors.steps(host.remote.source, old, new)


def test_each_commit_has_what_it_changed(host: Host) -> None:
    base = host.main({"kept": "1", "old name": "1", "run.sh": "id"})
    host.git("mv", "old name", "neu\udcff\nname")
    (host.remote.path / "run.sh").chmod(0o755)
    first = host.remote.commit({"new": "2"})
    second = host.remote.commit({"new": None})
    one, two = steps(host, base, second)
    assert [(step.before, step.revision) for step in (one, two)] == [(base, first), (first, second)]
    changed = {change.path: (change.old[:6], change.new[:6]) for change in one.changes}
    assert changed == {
        "new": ("", "100644"),
        "neu\udcff\nname": ("", "100644"),
        "old name": ("100644", ""),
        "run.sh": ("100644", "100755"),
    }
    assert [(change.path, change.new) for change in two.changes] == [("new", "")]


def test_a_merge_is_one_step_with_all_that_it_brought(host: Host) -> None:
    base = host.main({"a": "1"})
    host.git("checkout", "--quiet", "-b", "other")
    for number in range(3):
        host.remote.commit({f"b{number}": "1"})
    host.git("checkout", "--quiet", "main")
    host.git("merge", "--quiet", "--no-ff", "--no-edit", "other")
    (step,) = steps(host, base, host.remote.head)
    assert (step.before, [change.path for change in step.changes]) == (base, ["b0", "b1", "b2"])


def test_an_empty_commit_is_a_step_that_changes_nothing(host: Host) -> None:
    base = host.main({"a": "1"})
    host.git("commit", "--quiet", "--allow-empty", "-m", "nothing")
    (step,) = steps(host, base, host.remote.head)
    assert step.changes == ()


def test_a_branch_that_did_not_move_has_no_steps(host: Host) -> None:
    base = host.main({"a": "1"})
    assert steps(host, base, base) == []


def test_of_too_many_commits_the_first_step_does_not_begin_at_the_old_one(
    host: Host, monkeypatch: pytest.MonkeyPatch
) -> None:
    base = host.main({"a": "1"})
    monkeypatch.setattr(limits, "MOST", 2)
    for number in range(3):
        host.remote.commit({"a": f"again {number}"})
    found = steps(host, base, host.remote.head)
    assert (len(found), found[0].before == base) == (2, False)


def test_a_history_that_was_joined_begins_at_none_of_its_commits(host: Host) -> None:
    base = host.main({"a": "1"})
    host.git("checkout", "--quiet", "--orphan", "other")
    host.remote.commit({"b": "1"})
    host.git("merge", "--quiet", "--no-edit", "--allow-unrelated-histories", "main")
    host.git("checkout", "--quiet", "-B", "main")
    assert all(step.before != base for step in steps(host, base, host.remote.head))
