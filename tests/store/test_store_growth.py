"""What is asked in each turn looks through no table that is kept for years."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from store_world import HandClock, opened

from runner.model.run.life import State
from runner.ports.records.store import Reader
from runner.store.database import SqliteStore
from runner.store.session import Session

KEPT_FOR_YEARS = {"runs", "reports", "leases", "offers", "audit", "outbox", "measured"}
IN_EACH_TURN: dict[str, Callable[[Reader], object]] = {
    "executing runs": lambda reader: reader.executing_runs(),
    "unclaimed runs": lambda reader: reader.unclaimed_runs(),
    "open runs": lambda reader: reader.open_runs(),
    "approved runs": lambda reader: reader.open_runs(state=State.APPROVED),
    "leases that hold": lambda reader: reader.leases(),
    "the offer of a run": lambda reader: reader.offer(1),
    "unresolved reports": lambda reader: reader.reports(),
    "locks": lambda reader: reader.locks(),
}


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SqliteStore]:
    with opened(tmp_path, HandClock()) as store:
        yield store


@pytest.mark.parametrize("what", IN_EACH_TURN)
def test_it_finds_rows_by_an_index(store: SqliteStore, monkeypatch: pytest.MonkeyPatch, what: str) -> None:
    asked: list[str] = []
    real = Session._all

    def all_rows(session: Session, sql: str, *values: str | int | None) -> object:
        asked.extend(row["detail"] for row in real(session, f"EXPLAIN QUERY PLAN {sql}", *values))
        return real(session, sql, *values)

    def one_row(session: Session, sql: str, *values: str | int | None) -> object:
        return next(iter(all_rows(session, sql, *values)), None)  # type: ignore[call-overload]

    monkeypatch.setattr(Session, "_all", all_rows)
    monkeypatch.setattr(Session, "_one", one_row)
    with store.reading() as reader:
        IN_EACH_TURN[what](reader)
    assert asked
    looked_through = {
        "reports" if table == "r" else table
        for how, table, *rest in map(str.split, asked)
        if how == "SCAN" and "INDEX" not in rest
    }
    assert not looked_through & KEPT_FOR_YEARS
