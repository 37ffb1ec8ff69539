"""One daemon on a data directory: who holds its lock, and who only looks."""

import fcntl
import os
import sqlite3
import threading
import time
from contextlib import closing
from pathlib import Path

import pytest
from operator_world import installation

from runner.datadir.daemon_lock import LOCK_FILE, only_daemon, running_daemon
from runner.errors import DaemonRunning
from runner.store.database import FILE_NAME


def test_a_daemon_that_holds_the_lock_is_running(tmp_path: Path) -> None:
    assert running_daemon(tmp_path) is None
    with only_daemon(tmp_path):
        assert running_daemon(tmp_path) == os.getpid()
    assert running_daemon(tmp_path) is None


def test_another_one_is_refused_at_once_with_the_pid(tmp_path: Path) -> None:
    with only_daemon(tmp_path):
        began = time.monotonic()
        with pytest.raises(DaemonRunning, match=f"pid {os.getpid()}"), only_daemon(tmp_path):
            pass
        assert time.monotonic() - began < 1


def test_somebody_who_only_looks_does_not_keep_it_from_starting(tmp_path: Path) -> None:
    """`driftline status` holds the lock for a moment while it asks."""
    with (tmp_path / LOCK_FILE).open("a+") as looking:
        fcntl.flock(looking, fcntl.LOCK_SH)
        threading.Timer(0.1, fcntl.flock, (looking, fcntl.LOCK_UN)).start()
        with only_daemon(tmp_path):
            assert running_daemon(tmp_path) == os.getpid()


def test_a_lock_file_that_was_left_behind_says_nothing(tmp_path: Path) -> None:
    (tmp_path / LOCK_FILE).write_text("1")
    assert running_daemon(tmp_path) is None
    with only_daemon(tmp_path):
        assert (tmp_path / LOCK_FILE).read_text() == str(os.getpid())


def test_the_lock_file_is_private(tmp_path: Path) -> None:
    with only_daemon(tmp_path):
        assert (tmp_path / LOCK_FILE).stat().st_mode & 0o077 == 0


def test_a_damaged_database_keeps_the_daemon_from_starting(tmp_path: Path) -> None:
    """A page that nothing reads at a start: opening alone would not show it."""
    made = installation(tmp_path)
    made("db", "migrate")
    path = made.data_dir / FILE_NAME
    with closing(sqlite3.connect(path)) as connection:
        page = connection.execute(
            "SELECT rootpage FROM sqlite_schema WHERE name = 'reports_of_stack'"
        ).fetchone()[0]
        size = connection.execute("PRAGMA page_size").fetchone()[0]
    with path.open("r+b") as file:
        file.seek((page - 1) * size)
        file.write(b"\x55" * size)
    answer = made("daemon", "--once")
    assert answer.code == 78
    assert "BACKUP" in answer.stderr
