"""A fetch that is killed with the daemon at any moment leaves a mirror that the next poll can use."""

import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest
from remote.repository import Remote

from runner.model.preview.heads import Merged, PullHead

CYCLES = 50
# Starts in a moment what takes a second to import: a child for each line, whose pid it answers with.
FORKING = """
import os, sys
from pathlib import Path
from runner.model.preview.heads import PullHead
from runner.model.settings.source import SourceSettings
from runner.source.mirrors import GitMirrors
import git
mirrors, source = GitMirrors(Path(sys.argv[1]), 30.0), SourceSettings(name="infra", url=sys.argv[2])
print("ready", flush=True)
for line in sys.stdin:
    pid = os.fork()
    if pid == 0:
        revision, *base = line.split()
        if base:
            mirrors.fetch_pull(source, PullHead(1, "refs/pull/1/head", revision, True))
            mirrors.merge(source, 1, base[0], revision)
        else:
            mirrors.fetch(source, revision)
        os._exit(0)
    print(pid, flush=True)
    os.waitpid(pid, 0)
    print("ended", flush=True)
"""


@contextmanager
def fetcher(remote: Remote) -> Iterator["subprocess.Popen[str]"]:
    argv = (sys.executable, "-c", FORKING, str(remote.data), remote.source.url)
    with subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        yield process


def groups_of(remote: Remote) -> set[int]:
    """Of what works on this mirror, or serves it; each git that we start has a group of its own."""
    found = set()
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        with suppress(OSError):
            if str(remote.root).encode() in path.read_bytes():
                found.add(os.getpgid(int(path.parent.name)))
    return found - {os.getpgid(0)}


def alive(pid: int) -> bool:
    with suppress(ProcessLookupError):  # it ended while we looked
        return Path(f"/proc/{pid}/exe").exists()  # not of a zombie
    return False


def kill(pid: int, remote: Remote) -> None:
    """The daemon first and then, as when the machine dies, everything that it has started."""
    with suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)
    for group in groups_of(remote):
        with suppress(ProcessLookupError):
            os.killpg(group, signal.SIGKILL)


def killed_after(moment: float, line: str, process: "subprocess.Popen[str]", remote: Remote) -> bool:
    """Have a child do what the line says, and kill it after a moment; whether it was still at it."""
    assert process.stdin is not None
    assert process.stdout is not None
    began = time.monotonic()
    process.stdin.write(f"{line}\n")
    process.stdin.flush()
    pid = int(process.stdout.readline())
    while time.monotonic() < began + moment and alive(pid):
        pass
    was_alive = alive(pid)
    kill(pid, remote)
    assert process.stdout.readline() == "ended\n"
    return was_alive


@pytest.mark.repeats
@pytest.mark.parametrize("which", ["first", "later"])
def test_a_fetch_killed_at_a_random_moment_is_repaired_by_the_next(remote: Remote, which: str) -> None:
    first = which == "first"
    chance = random.Random(CYCLES + first)
    remote.commit({"a.tf": "one"})
    if not first:
        remote.taken()
    longest = 0.2
    killed = 0
    with fetcher(remote) as process:
        for cycle in range(CYCLES // 2):
            head = remote.commit({"data": os.urandom(100_000), "a.tf": str(cycle)})
            was_alive = killed_after(chance.uniform(0, longest), head, process, remote)
            killed += was_alive
            # So that most are killed on the way, on a fast machine and on a slow one.
            longest = longest * 1.1 if was_alive else max(0.01, longest * 0.7)
            assert remote.taken() == head
            [blob] = [e.oid for e in remote.mirrors.tree(remote.source, head) if e.path == "a.tf"]
            assert remote.mirrors.blobs(remote.source, [blob]) == {blob: str(cycle).encode()}
            if first:
                shutil.rmtree(remote.mirror)
    assert killed > CYCLES // 10
    if not first:
        remote.git_at(remote.mirror, "fsck", "--full", env={"GIT_DIR": str(remote.mirror)})
        assert not remote.mirror.with_suffix(".broken").exists()


def test_a_merge_killed_at_a_random_moment_is_made_by_the_next(remote: Remote) -> None:
    chance = random.Random(CYCLES)
    base = remote.commit({"a.tf": "one"})
    remote.taken()
    remote.git("checkout", "--quiet", "--detach")
    longest, killed = 0.2, 0
    with fetcher(remote) as process:
        for cycle in range(CYCLES // 2):
            revision = remote.commit({"data": os.urandom(100_000), "b.tf": str(cycle)})
            remote.git("update-ref", "refs/pull/1/head", revision)
            was_alive = killed_after(chance.uniform(0, longest), f"{revision} {base}", process, remote)
            killed += was_alive
            longest = longest * 1.1 if was_alive else max(0.01, longest * 0.7)
            remote.mirrors.fetch_pull(remote.source, PullHead(1, "refs/pull/1/head", revision, own=False))
            merged = remote.mirrors.merge(remote.source, 1, base, revision)
            assert isinstance(merged, Merged)
            assert [e.path for e in remote.mirrors.tree(remote.source, merged.revision)] == [
                "a.tf",
                "b.tf",
                "data",
            ]
    assert killed > CYCLES // 10
    remote.git_at(remote.mirror, "fsck", "--full", env={"GIT_DIR": str(remote.mirror)})
    assert not remote.mirror.with_suffix(".broken").exists()
