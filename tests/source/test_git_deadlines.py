"""A git that hangs is gone at its deadline, and so is everything that it started."""

import os
import shutil
import socket
import subprocess
import time
from collections.abc import Callable
from importlib import import_module
from pathlib import Path

import pytest
from remote.repository import Remote

from runner.errors import GitFailed
from runner.source.command import Call, run, stream
from runner.source.environment import FIXED, INHERITED, environment, scrubbing


def until(condition: Callable[[], object], seconds: float = 5.0) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.01)


def alive(pid: int) -> bool:
    try:
        return "Z" not in Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False


def test_a_remote_that_never_answers_is_given_up_with_all_processes(remote: Remote) -> None:
    remote.timeout = 0.5
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}/x"
        began = time.monotonic()
        with pytest.raises(GitFailed, match=r"longer than 0\.5 s"):
            remote.mirrors.head(remote.at(url))
        assert time.monotonic() - began < 5
        until(lambda: not _with(url))


def _with(text: str) -> list[int]:
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            if text.encode() in path.read_bytes() and int(path.parent.name) != os.getpid():
                found.append(int(path.parent.name))
        except OSError:
            continue
    return found


@pytest.fixture
def hanging_git(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A git that starts a child, says both pids, and waits for ever."""
    import_module("git")  # GitPython asks for git's version when it is imported
    git = tmp_path / "bin" / "git"
    git.parent.mkdir()
    pids = tmp_path / "pids"
    git.write_text(f"#!/bin/sh\nsleep 600 &\necho $$ $! > {pids}.new\nmv {pids}.new {pids}\nwait\n")
    git.chmod(0o755)
    monkeypatch.setenv("PATH", f"{git.parent}:{os.environ['PATH']}")
    return pids


def test_a_command_s_children_end_with_it(hanging_git: Path, tmp_path: Path) -> None:
    ended = run(Call(("git", "anything"), tmp_path, timeout=1.0))
    assert ended.code == -9
    until(lambda: not any(alive(int(pid)) for pid in hanging_git.read_text().split()))


def test_a_streamed_command_s_children_end_with_it(hanging_git: Path, tmp_path: Path) -> None:
    with stream(Call(("git", "anything"), tmp_path, timeout=1.0), b"question\n") as (output, ended):
        assert output.read() == b""
    assert (ended.code, ended.error) == (-9, "it took longer than 1 s and was stopped")
    until(lambda: not any(alive(int(pid)) for pid in hanging_git.read_text().split()))


def test_a_reader_that_fails_leaves_no_process_behind(hanging_git: Path, tmp_path: Path) -> None:
    def read() -> None:
        with stream(Call(("git", "anything"), tmp_path, timeout=60), b""):
            until(hanging_git.exists)
            raise RuntimeError

    with pytest.raises(RuntimeError):
        read()
    until(lambda: not any(alive(int(pid)) for pid in hanging_git.read_text().split()))


@pytest.mark.parametrize("command", ["rev-parse", "ls-tree", "cat-file", "log", "merge-base", "fsck"])
def test_a_command_on_the_mirror_that_hangs_is_given_up(
    remote: Remote, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, command: str
) -> None:
    """On a huge or odd mirror, or a disk that does not answer."""
    first = remote.commit({"a.tf": "one"})
    remote.taken()
    oid = remote.git("rev-parse", f"{first}:a.tf")
    real = shutil.which("git")
    git = tmp_path / "bin" / "git"
    git.parent.mkdir()
    git.write_text(f'#!/bin/sh\ncase " $* " in *" {command} "*) exec sleep 600 ;; esac\nexec {real} "$@"\n')
    git.chmod(0o755)
    monkeypatch.setenv("PATH", f"{git.parent}:{os.environ['PATH']}")
    monkeypatch.setattr("runner.source.mirror.FSCK_TIMES", 1)
    remote.timeout = 0.5
    mirrors, source = remote.mirrors, remote.source
    looks: dict[str, Callable[[], object]] = {
        "rev-parse": lambda: mirrors.resolve(source, "HEAD"),
        "ls-tree": lambda: mirrors.tree(source, first),
        "cat-file": lambda: mirrors.blobs(source, [oid]),
        "log": lambda: mirrors.commit(source, first),
        "merge-base": lambda: mirrors.is_ancestor(source, first, first),
        "fsck": lambda: mirrors.blobs(source, ["0" * 40]),
    }
    began = time.monotonic()
    with pytest.raises(GitFailed):
        looks[command]()
    assert time.monotonic() - began < 10


def test_a_git_that_is_not_installed_is_reported(
    remote: Remote, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    import git  # noqa: F401  # GitPython looks for git when it is imported

    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "env").symlink_to("/usr/bin/env")
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    with pytest.raises(GitFailed) as failed:
        remote.mirrors.head(remote.source)
    assert "check that git is installed" in failed.value.hint


def test_the_child_has_only_the_names_of_the_table(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOME_SECRET", "canary")
    monkeypatch.setenv("https_proxy", "http://proxy:3128")
    monkeypatch.setenv("GIT_DIR", "/elsewhere")
    monkeypatch.setenv("TMPDIR", "/elsewhere")
    wanted = environment({"GIT_ALLOW_PROTOCOL": "https"})
    done = subprocess.run(
        [*scrubbing(wanted), "env", "-0"], env={**os.environ, **wanted}, capture_output=True, check=True
    )
    seen = dict(line.split("=", 1) for line in done.stdout.decode().split("\0") if line)
    assert {name for name, value in seen.items() if value and name not in FIXED} <= INHERITED | {
        "GIT_ALLOW_PROTOCOL"
    }
    assert "canary" not in seen.values()
    assert not {"GIT_DIR", "TMPDIR"} & set(seen)  # empty, they would be settings
    assert seen["https_proxy"] == "http://proxy:3128"
    assert seen["GIT_ALLOW_PROTOCOL"] == "https"
    assert seen["HOME"] == os.devnull  # without it curl asks the password file for a home with a .netrc


def test_a_command_that_needs_no_remote_may_speak_no_protocol() -> None:
    assert environment({})["GIT_ALLOW_PROTOCOL"] == "none"


def test_no_value_of_the_environment_is_on_the_command_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOME_SECRET", "canary")
    assert not any("canary" in word for word in scrubbing(environment({})))
