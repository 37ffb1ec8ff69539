"""Whether the database is sound: its pages, its references, its schema, its audit log."""

import sqlite3
from collections.abc import Callable, Iterator

from runner.errors import DriftlineError
from runner.model.audit import GENESIS, AuditEntry
from runner.store.audit import audit_page, entry_of, first_broken
from runner.store.connection import Connections
from runner.store.faults import refused, told
from runner.store.schema import fresh, objects

_PAGE = 5000


def problems(connections: Connections) -> list[str]:
    """One sentence a problem; none where all is well."""
    tests: tuple[Callable[[Connections], Iterator[str]], ...] = (_pages, _references, _schema, _audit)
    found: list[str] = []
    for test in tests:
        try:
            found.extend(test(connections))
        except (sqlite3.DatabaseError, DriftlineError) as error:
            found.append(str(error))
    return found


def refuse_damaged(connections: Connections) -> None:
    """The quick test for a start: DatabaseRefused where a page is damaged."""
    with told(connections.path):
        problem = connections.connection().execute("PRAGMA quick_check(1)").fetchone()[0]
    if problem != "ok":
        raise refused(connections.path, problem)


def broken_entry(connections: Connections, anchor: tuple[int, str] | None = None) -> int | None:
    """The first audit entry that was edited, or None. An anchor is the head of the log as it was seen before."""
    seq, previous = 0, GENESIS
    for rows in _log(connections):
        broken = first_broken(rows, seq, previous)
        if broken is not None:
            return broken
        seq, previous = rows[-1]["seq"], rows[-1]["hash"]
    if anchor is None or anchor == (0, GENESIS):
        return None
    with connections.snapshot() as connection:
        rows = audit_page(connection, anchor[0] - 1, 1)
    return None if rows and rows[0]["hash"] == anchor[1] else anchor[0]


def entries(connections: Connections) -> Iterator[AuditEntry]:
    """The whole audit log, oldest first."""
    for rows in _log(connections):
        yield from map(entry_of, rows)


def _log(connections: Connections) -> Iterator[list[sqlite3.Row]]:
    """Page by page: nothing is ever changed behind a page, and a long read would keep writers waiting."""
    seq = 0
    while True:
        with connections.snapshot() as connection:
            rows = audit_page(connection, seq, _PAGE)
        if not rows:
            return
        yield rows
        seq = rows[-1]["seq"]


def _pages(connections: Connections) -> Iterator[str]:
    for row in connections.connection().execute("PRAGMA integrity_check(20)"):
        if row[0] != "ok":
            yield row[0]


def _references(connections: Connections) -> Iterator[str]:
    for row in connections.connection().execute("PRAGMA foreign_key_check"):
        yield f"row {row['rowid']} of {row['table']} names a row of {row['parent']} that is not there"


def _schema(connections: Connections) -> Iterator[str]:
    """A trigger or an index that is gone takes its rule with it."""
    ours, theirs = fresh(), objects(connections.connection())
    for name in sorted(ours.keys() | theirs.keys()):
        if name not in theirs:
            yield f"{name} is missing from the schema"
        elif name not in ours:
            yield f"{name} does not belong to the schema"
        elif ours[name] != theirs[name]:
            yield f"{name} is not as Driftline made it"


def _audit(connections: Connections) -> Iterator[str]:
    broken = broken_entry(connections)
    if broken is not None:
        yield f"the audit log was edited at entry {broken}"
