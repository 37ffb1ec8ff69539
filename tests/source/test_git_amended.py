"""A commit that Driftline makes: some files of a revision exchanged, pushed as a branch that overwrites nothing."""

import pytest
from pull_host import Host
from remote.repository import Remote

from runner.errors import GitFailed


@pytest.fixture
def host(remote: Remote) -> Host:
    return Host(remote)


def amended(host: Host, files: dict[str, bytes]) -> str:
    remote = host.remote
    return remote.mirrors.amend(remote.source, remote.git("rev-parse", "main"), files, "Accept it\n")


def test_the_files_are_exchanged_and_all_others_stay(host: Host) -> None:
    host.main({"a/main.tf": "1\r\n", "run.sh": "x", "b.bin": bytes(range(256))})
    (host.remote.path / "run.sh").chmod(0o755)
    base = host.main({"c": "3"})
    revision = amended(host, {"a/main.tf": b"2\r\n", "run.sh": b"y", "new.tf": b"n"})
    mirrors, source = host.remote.mirrors, host.remote.source
    before, after = ({e.path: e for e in mirrors.tree(source, one)} for one in (base, revision))
    assert before["b.bin"] == after["b.bin"]
    assert after["run.sh"].mode == "100755"
    found = mirrors.blobs(source, [after[path].oid for path in ("a/main.tf", "run.sh", "new.tf")])
    assert sorted(found.values()) == [b"2\r\n", b"n", b"y"]


def test_the_same_change_is_the_same_commit(host: Host) -> None:
    host.main({"a": "1"})
    revision = amended(host, {"a": b"2"})
    host.remote.mirrors.drop_amended(host.remote.source, revision)
    assert amended(host, {"a": b"2"}) == revision


def test_a_new_branch_is_pushed_and_pushed_again_without_effect(host: Host) -> None:
    host.main({"a": "1"})
    revision = amended(host, {"a": b"2"})
    for _ in range(2):
        host.remote.mirrors.push(host.remote.source, revision, "drift/app/12345678")
    assert host.remote.git_at(host.server, "rev-parse", "refs/heads/drift/app/12345678") == revision


def test_a_branch_that_is_there_is_not_overwritten(host: Host) -> None:
    host.main({"a": "1"})
    mirrors, source = host.remote.mirrors, host.remote.source
    mirrors.push(source, amended(host, {"a": b"2"}), "drift/app/12345678")
    before = host.remote.git_at(host.server, "rev-parse", "drift/app/12345678")
    with pytest.raises(GitFailed, match="the remote has drift/app/12345678 at another commit"):
        mirrors.push(source, amended(host, {"a": b"3"}), "drift/app/12345678")
    assert host.remote.git_at(host.server, "rev-parse", "drift/app/12345678") == before


def test_a_remote_that_refuses_says_so(host: Host) -> None:
    host.main({"a": "1"})
    hook = host.server / "hooks" / "pre-receive"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text("#!/bin/sh\necho no branches today >&2\nexit 1\n")
    hook.chmod(0o755)
    with pytest.raises(GitFailed, match=r"no branches today|hook declined"):
        host.remote.mirrors.push(host.remote.source, amended(host, {"a": b"2"}), "drift/app/12345678")
