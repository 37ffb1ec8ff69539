"""The folder that a check has for itself."""

import fcntl
import json
import os
import signal
import subprocess
import time
from pathlib import Path

import pytest

from runner.datadir.workspace import LocalWorkspaces
from runner.host.noted import NOTE, end_noted, note
from runner.probe.folders import YOUNG_SECONDS, listeners, own_folder

LONG_AGO = time.time() - YOUNG_SECONDS - 1


def left(base: Path, name: str, at: float = LONG_AGO) -> Path:
    """As a check that was killed leaves it."""
    folder = base / name
    folder.mkdir()
    (folder / "0").touch()
    os.utime(folder, (at, at))
    return folder


def test_it_is_the_owners_alone_and_goes_with_the_check(tmp_path: Path) -> None:
    with own_folder(tmp_path) as folder:
        assert folder.stat().st_mode & 0o777 == 0o700
        (folder / "something").touch()
    assert list(tmp_path.iterdir()) == []


def test_what_a_killed_check_has_left_is_removed_by_the_next(tmp_path: Path) -> None:
    old = left(tmp_path, "0123456789abcdef")
    with own_folder(tmp_path) as folder:
        assert list(tmp_path.iterdir()) == [folder]
    assert not old.exists()


def test_what_may_still_be_in_use_stays(tmp_path: Path) -> None:
    young, locked = left(tmp_path, "0" * 16, time.time()), left(tmp_path, "1" * 16)
    others = left(tmp_path, "cache")
    held = os.open(locked, os.O_RDONLY)
    fcntl.flock(held, fcntl.LOCK_SH)
    with own_folder(tmp_path):
        pass
    os.close(held)
    assert {*tmp_path.iterdir()} == {young, locked, others}


def test_a_path_too_long_for_sockets_uses_another_private_folder(tmp_path: Path) -> None:
    base = tmp_path / ("x" * 100)
    base.mkdir()
    with own_folder(base) as own, listeners(own, 2) as (folder, made):
        assert folder != own
        assert folder.stat().st_mode & 0o777 == 0o700
        assert [one.getsockname() for one in made] == [f"{folder}/0", f"{folder}/1"]
    assert not folder.exists()


@pytest.mark.parametrize("cleared_by", ["the next check", "a daemon that starts"])
def test_what_a_killed_check_has_noted_ends_with_its_folder(tmp_path: Path, cleared_by: str) -> None:
    base, beside = tmp_path / "probe", tmp_path / "beside"
    beside.mkdir()
    base.mkdir()
    with subprocess.Popen(["sleep", "60"]) as process:
        old = left(base, "0123456789abcdef", time.time())
        note(old, [process.pid], [beside])
        os.utime(old, (LONG_AGO, LONG_AGO))
        if cleared_by == "the next check":
            with own_folder(base):
                pass
        else:
            LocalWorkspaces(tmp_path).clear_probes()
        assert process.wait() == -signal.SIGKILL
    assert not old.exists()
    assert not beside.exists()


def test_a_process_that_got_the_number_of_a_noted_one_lives(tmp_path: Path) -> None:
    (tmp_path / NOTE).write_text(json.dumps({"pids": [[os.getpid(), 1], [0, None]], "folders": []}))
    end_noted(tmp_path)
