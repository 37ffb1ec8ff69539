"""Whoever only reads keeps no writer waiting for long."""

import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path

import pytest
from store_world import CHILD

from runner.errors import DatabaseBusy, ReadTooLong
from runner.store import connection
from runner.store.database import SqliteStore

ENDLESS = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n"
WRITER = """
import sys
from pathlib import Path
from store_world import HandClock, opened
from runner.store import waiting

waiting.BUSY_TIMEOUT = 3.0
with opened(Path(sys.argv[1]), HandClock()) as store:
    for number in range(3):
        with store.writing() as writer:
            writer.mark_planned("prod/vpc", str(number))
"""


@contextmanager
def relay(store: SqliteStore) -> Iterator[None]:
    """Two threads: one begins to read before the other one ends, if it can."""
    begun, over = (threading.Event(), threading.Event()), threading.Event()

    def read(mine: threading.Event, others: threading.Event) -> None:
        while not over.is_set():
            with store.reading() as reader:
                reader.stacks()
                mine.set()
                others.wait(0.2)
                others.clear()

    threads = [threading.Thread(target=read, args=pair) for pair in (begun, begun[::-1])]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        over.set()
        for thread in threads:
            thread.join()


def test_threads_that_always_read_let_another_process_write(store: SqliteStore, tmp_path: Path) -> None:
    with relay(store):
        subprocess.run([sys.executable, "-c", WRITER, str(tmp_path)], env=CHILD, check=True, timeout=60)
    with store.reading() as reader:
        assert reader.stack("prod/vpc").planned_inputs == "2"


def test_a_thread_that_reads_may_look_again(store: SqliteStore, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connection, "BUSY_TIMEOUT", 0.05)
    with store.reading() as reader:
        with store.reading() as again:
            assert again.stacks() == reader.stacks()
        assert store.changed_since(None)


def test_a_reader_that_others_keep_waiting_is_told(
    store: SqliteStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connection, "BUSY_TIMEOUT", 0.05)
    begun, over = threading.Event(), threading.Event()

    def hold() -> None:
        with store.reading():
            begun.set()
            over.wait(60)

    thread = threading.Thread(target=hold)
    thread.start()
    begun.wait()
    try:
        with pytest.raises(DatabaseBusy), store.reading():
            pass
    finally:
        over.set()
        thread.join()


def test_a_look_that_takes_too_long_ends(store: SqliteStore) -> None:
    store.limit_reads(0.05)
    with pytest.raises(ReadTooLong), store._connections.snapshot() as snapshot:
        snapshot.execute(ENDLESS).fetchone()
    with store.reading() as reader:
        assert reader.stacks()


def test_so_do_many_looks_in_one_go(store: SqliteStore) -> None:
    store.limit_reads(0.05)
    with store.reading() as reader, pytest.raises(ReadTooLong):
        any(reader.stacks() == [] for _ in count())


def test_who_writes_is_not_limited(store: SqliteStore) -> None:
    store.limit_reads(0)
    with store.writing() as writer:
        writer.mark_planned("prod/vpc", "first")
        assert writer.stack("prod/vpc").planned_inputs == "first"
