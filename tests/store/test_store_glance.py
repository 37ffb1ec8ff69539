"""A look keeps the file for one statement at a time, and still sees one moment."""

import threading
import time
from collections.abc import Callable
from itertools import count
from types import SimpleNamespace
from typing import TypeVar

import pytest

from runner.errors import DatabaseBusy, ReadTooLong, StackNotFound
from runner.ports.records.store import Reader
from runner.store import database, limited, waiting
from runner.store.database import SqliteStore
from runner.store.limited import Moved

T = TypeVar("T")
ENDLESS = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n"


@pytest.fixture(autouse=True)
def with_a_rollback_journal(monkeypatch: pytest.MonkeyPatch) -> None:
    """Also where this SQLite may use a WAL."""
    monkeypatch.setattr(database, "_GLANCES", 2)


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
