"""A look keeps the file for one statement at a time, and still sees one moment."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from types import SimpleNamespace
from typing import TypeVar

import pytest
from store_world import opened, raw

from runner.errors import DatabaseBusy, ReadTooLong, StackNotFound
from runner.model.stack.definition import Stack
from runner.ports.records.store import Reader
from runner.store import journal_mode, limited, waiting
from runner.store.database import SqliteStore
from runner.store.limited import Moved
from runner.store.turns import Turns

T = TypeVar("T")
HOUR = 3600.0
ENDLESS = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n"


@pytest.fixture(autouse=True)
def with_a_rollback_journal(monkeypatch: pytest.MonkeyPatch) -> None:
    """Also where this SQLite may use a WAL."""
    monkeypatch.setattr(journal_mode, "has_wal_fix", lambda _: False)


class Clock:
    """What the limits of reads are told, while the processor's time is what it is."""

    thread_time = staticmethod(time.thread_time)

    def __init__(self) -> None:
        self.ahead, self.asked = 0.0, threading.Event()

    def monotonic(self) -> float:
        self.asked.set()
        return time.monotonic() + self.ahead


@pytest.fixture
def clock_of_limits(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(limited, "time", clock)
    return clock


def elsewhere(work: Callable[[], T]) -> T:
    """In another thread, which has its own connection."""
    found: list[T | BaseException] = []

    def run() -> None:
        try:
            found.append(work())
        except BaseException as error:  # noqa: BLE001 - raised again below
            found.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
    if isinstance(found[0], BaseException):
        raise found[0]
    return found[0]


def plan(store: SqliteStore, inputs: str) -> None:
    def write() -> None:
        with store.writing() as writer:
            writer.mark_planned("prod/vpc", inputs)

    elsewhere(write)


def planned(reader: Reader) -> str | None:
    return reader.stack("prod/vpc").planned_inputs


def test_whoever_writes_need_not_wait_for_what_is_made_of_a_look(store: SqliteStore) -> None:
    tries = count(1)

    def look() -> tuple[str | None, int]:
        with store.reading() as reader:
            found, number = planned(reader), next(tries)
            if number == 1:
                plan(store, "meanwhile")
        return found, number

    assert store.look(look) == ("meanwhile", 2)


def test_where_nobody_writes_it_looks_once(store: SqliteStore) -> None:
    tries = count(1)

    def look() -> int:
        with store.reading() as reader:
            reader.stacks()
        return next(tries)

    assert store.look(look) == 1


def test_where_others_always_write_they_wait_at_last(
    store: SqliteStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(waiting, "BUSY_TIMEOUT", 0.05)
    tries = count(1)

    def look() -> tuple[str | None, str | None, int]:
        number = next(tries)
        with store.reading() as reader:
            before = planned(reader)
            try:
                plan(store, f"while it looks for time {number}")
            except DatabaseBusy:
                return before, planned(reader), number
        raise AssertionError("read of two moments")

    told = "while it looks for time 2"
    assert store.look(look) == (told, told, 3)


def test_it_goes_on_no_longer_with_what_is_out_of_date(
    store: SqliteStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limited, "_SURE_FOR", 0)
    begun, ended = count(), count()

    def look() -> None:
        with store.reading() as reader:
            reader.stacks()
            if next(begun) == 0:
                plan(store, "meanwhile")
            reader.stacks()
            next(ended)

    store.look(look)
    assert (next(begun), next(ended)) == (2, 1)


def test_an_error_of_two_moments_is_not_told(store: SqliteStore) -> None:
    tries = count(1)

    def look() -> int:
        with store.reading() as reader:
            reader.stacks()
            if (number := next(tries)) == 1:
                plan(store, "meanwhile")
                raise LookupError("what was there a moment ago")
        return number

    assert store.look(look) == 2


def test_any_other_error_is(store: SqliteStore) -> None:
    def look() -> None:
        with store.reading() as reader:
            reader.stack("none/such")

    with pytest.raises(StackNotFound):
        store.look(look)


def test_a_look_within_a_look_is_of_its_moment(store: SqliteStore) -> None:
    tries = count(1)

    def inner() -> str | None:
        with store.reading() as reader:
            return planned(reader)

    def look() -> tuple[str | None, str | None]:
        with store.reading() as reader:
            before = planned(reader)
            if next(tries) == 1:
                plan(store, "meanwhile")
            return before, store.look(inner)

    assert store.look(look) == ("meanwhile", "meanwhile")


def test_nobody_writes_within_a_look(store: SqliteStore) -> None:
    def look() -> None:
        with store.reading(), store.writing():
            pass

    with pytest.raises(RuntimeError, match="already in a transaction"):
        store.look(look)


def test_waiting_for_the_processor_is_not_reading(
    store: SqliteStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    hours = count(0, 3600)
    monkeypatch.setattr(
        limited, "time", SimpleNamespace(monotonic=lambda: next(hours), thread_time=time.thread_time)
    )
    store.limit_reads(5)

    def look() -> int:
        with store.reading() as reader:
            reader.stacks()
            return len(reader.stacks())

    assert store.look(look)


def test_nor_is_it_where_a_writer_never_waits_for_readers(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, clock_of_limits: Clock
) -> None:
    monkeypatch.setattr(journal_mode, "has_wal_fix", lambda _: True)
    with opened(tmp_path / "wal") as store:
        store.limit_reads(5)

        def look() -> list[Stack]:
            with store.reading() as reader:
                clock_of_limits.ahead += HOUR
                return reader.stacks()

        assert store.look(look) == []
        store.limit_reads(0.05)
        with pytest.raises(ReadTooLong), store._connections.snapshot() as snapshot:
            snapshot.execute(ENDLESS).fetchone()


def test_holding_the_file_is_whatever_the_reader_waits_for(
    store: SqliteStore, clock_of_limits: Clock
) -> None:
    store.limit_reads(5)
    with store.reading() as reader:
        clock_of_limits.ahead = HOUR
        with pytest.raises(ReadTooLong):
            reader.stacks()


def test_nor_is_waiting_for_a_writer(store: SqliteStore, clock_of_limits: Clock) -> None:
    """Each statement of a look may have to, such as for one whose disk is slow."""
    # Of the file, and long enough for SQLite to look at the clock a hundred times.
    some = ENDLESS.replace("FROM n)", "FROM n WHERE i < 100000)") + ", stacks"
    holds = threading.Event()

    def write() -> None:
        with raw(store._connections.path) as writer:
            writer.execute("BEGIN EXCLUSIVE")
            clock_of_limits.asked.clear()
            holds.set()
            clock_of_limits.asked.wait(60)  # the statement begins
            clock_of_limits.ahead = HOUR
            writer.execute("ROLLBACK")

    store.limit_reads(5)
    with store._connections.glance() as connection:
        thread = threading.Thread(target=write)
        thread.start()
        holds.wait(60)
        assert connection.execute(some).fetchone()[0] == 100_000
        thread.join()


def test_nor_is_waiting_for_another_reader(
    store: SqliteStore, clock_of_limits: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    @contextmanager
    def taken_late(_: Turns, __: float) -> Iterator[None]:
        clock_of_limits.ahead += HOUR
        yield

    monkeypatch.setattr(Turns, "taken", taken_late)
    store.limit_reads(5)

    def look() -> list[Stack]:
        with store.reading() as reader:
            reader.stacks()
            return reader.stacks()

    assert store.look(look)
    assert look()


def test_a_look_that_works_for_too_long_is_refused(store: SqliteStore) -> None:
    store.limit_reads(0.05)

    def look() -> None:
        with store.reading() as reader:
            for _ in count():
                reader.stacks()

    with pytest.raises(ReadTooLong):
        store.look(look)


def test_so_is_a_statement_that_holds_the_file_for_too_long(store: SqliteStore) -> None:
    store.limit_reads(0.05)
    with pytest.raises(ReadTooLong), store._connections.glance() as connection:
        connection.execute(ENDLESS).fetchone()
    with store.reading() as reader:
        assert reader.stacks()


def test_a_glance_at_two_moments_is_told_to_whoever_looks(store: SqliteStore) -> None:
    with pytest.raises(Moved), store._connections.glance():
        plan(store, "meanwhile")
