"""Nothing that was acknowledged is lost, nothing is half written: full disks, kills, contention."""

import os
import resource
import shutil
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from store_world import CHILD, HandClock, discovered, new_run, opened, raw, run_in

from runner.errors import DatabaseBusy, DatabaseRefused, DatabaseUnwritable
from runner.model.run.life import Event, State
from runner.store import waiting
from runner.store.database import SqliteStore

NAME = "driftline.db"
PATH = {"PATH": os.environ["PATH"]}


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SqliteStore]:
    with opened(tmp_path, HandClock()) as store:
        with store.writing() as writer:
            writer.save_discovered(discovered())
        yield store


def fill(store: SqliteStore) -> int:
    """Queue runs until the disk is full; how many were acknowledged."""
    added = 0
    while True:
        try:
            with store.writing() as writer:
                for _ in range(20):
                    writer.add_run(new_run())
        except DatabaseUnwritable:
            return added
        added += 20


@contextmanager
def full_database(store: SqliteStore) -> Iterator[None]:
    inner = store._connections.connection()
    pages = inner.execute("PRAGMA page_count").fetchone()[0]
    inner.execute(f"PRAGMA max_page_count = {pages + 20}")
    yield
    inner.execute("PRAGMA max_page_count = 1000000")


@contextmanager
def full_disk(store: SqliteStore) -> Iterator[None]:
    """Writes beyond the limit fail, as they do on a full disk."""
    path = store._connections.path
    size = max(file.stat().st_size for file in path.parent.glob(f"{path.name}*")) + 80_000
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


@pytest.mark.parametrize("fault", [full_database, full_disk])
def test_a_full_disk_loses_nothing_and_writes_nothing_by_halves(store: SqliteStore, fault: object) -> None:
    with fault(store):  # type: ignore[operator]
        added = fill(store)
        with store.reading() as reader:
            assert len(reader.open_runs()) == added
    assert added
    assert store.problems() == []
    with store.writing() as writer:
        writer.add_run(new_run())
    assert store.verify_audit() is None


IN_A_SMALL_DISK = """
import subprocess, sys
from pathlib import Path

def mount(*words):
    subprocess.run(["mount", *words], check=True)

disk = Path(sys.argv[1])
mount("-t", "tmpfs", "-o", "size=1m", "tmpfs", str(disk))
from store_world import HandClock, discovered, new_run, opened
from test_store_faults import fill
from runner.errors import DatabaseUnwritable

def refused(store):
    try:
        with store.writing() as writer:
            writer.add_run(new_run(reason="x" * 100_000))
    except DatabaseUnwritable as error:
        return str(error)
    raise AssertionError("it could be written")

with opened(disk / "data", HandClock()) as store:
    with store.writing() as writer:
        writer.save_discovered(discovered())
    added = fill(store)
    with store.reading() as reader:
        assert len(reader.open_runs()) == added > 0
    assert "full" in refused(store)
    assert store.problems() == []
mount("-o", "remount,ro", str(disk))
with opened(disk / "data") as store:
    assert "readonly" in refused(store)
    with store.reading() as reader:
        assert len(reader.open_runs()) == added
mount("-o", "remount,rw,size=4m", str(disk))
with opened(disk / "data") as store:
    with store.writing() as writer:
        writer.add_run(new_run())
    assert store.problems() == []
"""


def may_mount() -> bool:
    if shutil.which("unshare") is None:
        return False
    return subprocess.run(["unshare", "-rm", "true"], check=False, capture_output=True).returncode == 0


@pytest.mark.skipif(not may_mount(), reason="this machine lets nobody mount a disk of its own")
def test_a_full_or_read_only_disk_is_readable_and_recovers(tmp_path: Path) -> None:
    command = ["unshare", "-rm", sys.executable, "-c", IN_A_SMALL_DISK, str(tmp_path)]
    done = subprocess.run(command, env=CHILD | PATH, check=False, timeout=60, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_an_error_of_the_disk_while_reading_is_reported(store: SqliteStore, tmp_path: Path) -> None:
    with store.writing() as writer:
        for number in range(300):
            writer.save_discovered(discovered(f"s/{number}"))
    store.close()
    with opened(tmp_path) as cold:
        # A read beyond the end is what SQLite calls an I/O error.
        os.truncate(tmp_path / NAME, 3 * 4096)
        with pytest.raises((DatabaseRefused, DatabaseUnwritable)), cold.reading() as reader:
            reader.stacks()
    assert (tmp_path / NAME).stat().st_size == 3 * 4096


def test_every_commit_is_made_durable(store: SqliteStore, tmp_path: Path) -> None:
    if shutil.which("strace") is None:
        pytest.skip("no strace on PATH")
    script = WRITER.replace("while True:", "for _ in range(5):")
    command = [
        "strace",
        "-f",
        "-e",
        "trace=fsync,fdatasync",
        "-o",
        str(tmp_path / "calls"),
        sys.executable,
        "-c",
        script,
    ]
    subprocess.run(
        [*command, str(tmp_path)], env=CHILD | PATH, check=True, timeout=60, stdout=subprocess.DEVNULL
    )
    # A WAL once, and a rollback journal before the file.
    assert (tmp_path / "calls").read_text().count("sync(") >= (1 if store.uses_wal else 2) * 5


def test_a_writer_that_waits_too_long_learns_what_to_look_for(
    store: SqliteStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(waiting, "BUSY_TIMEOUT", 0.05)
    with raw(tmp_path / NAME) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(DatabaseBusy, match="kept the database"), store.writing():
            pass
        other.execute("ROLLBACK")
    with store.writing() as writer:
        writer.mark_planned("prod/vpc", "x")


def test_a_writer_waits_for_another_one(store: SqliteStore, tmp_path: Path) -> None:
    begun, done = threading.Event(), threading.Event()

    def hold() -> None:
        with opened(tmp_path) as other, other.writing() as writer:
            begun.set()
            done.wait(0.3)
            writer.mark_planned("prod/vpc", "first")

    thread = threading.Thread(target=hold)
    thread.start()
    begun.wait()
    with store.writing() as writer:
        assert writer.stack("prod/vpc").planned_inputs == "first"
    thread.join()


WRITER = """
import sys
from pathlib import Path
from store_world import CHILD, HandClock, new_run, opened

with opened(Path(sys.argv[1]), HandClock()) as store:
    while True:
        with store.writing() as writer:
            run = writer.add_run(new_run(reason="x" * 20_000))
        print(run.id, flush=True)
"""


def kill_while_it_writes(data_dir: Path, acknowledged: int) -> int:
    """Let a writer acknowledge so many runs more, kill it in the middle of the next; the last acknowledged."""
    command = [sys.executable, "-c", WRITER, str(data_dir)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=CHILD) as writer:
        assert writer.stdout is not None
        last = 0
        for _ in range(acknowledged):
            last = int(writer.stdout.readline())
        writer.kill()
        return int(([str(last), *writer.stdout.read().split()])[-1])


def test_a_writer_that_is_killed_loses_nothing_that_it_acknowledged(
    store: SqliteStore, tmp_path: Path
) -> None:
    for round_ in range(6):
        last = kill_while_it_writes(tmp_path, 5 + 7 * round_)
        with store.reading() as reader:
            ids = [run.id for run in reader.open_runs()]
        assert ids[-1] >= last
        assert ids == list(range(1, len(ids) + 1))
    assert store.problems() == []


def test_an_error_during_a_transition_leaves_neither_state_nor_record(
    store: SqliteStore, tmp_path: Path
) -> None:
    with store.writing() as writer:
        run = run_in(writer, State.PLANNING)
    with raw(tmp_path / NAME) as other:
        other.execute("CREATE TRIGGER no_more BEFORE INSERT ON outbox BEGIN SELECT RAISE(ABORT, 'no'); END")
    before = len(list(store.export_audit()))
    with pytest.raises(sqlite3.IntegrityError), store.writing() as writer:
        writer.transition(run, Event.OFFER, by="driftline")
    with store.reading() as reader:
        assert reader.run(run.id) == run
    assert len(list(store.export_audit())) == before
