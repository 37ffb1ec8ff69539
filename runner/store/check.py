"""Whether the database is sound: its pages, its references, its schema, its audit log."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from runner.errors import DriftlineError
from runner.model.audit.log import GENESIS, AuditEntry, Walk
from runner.store.audit import Stored, audit_page, entry_of, first_broken
from runner.store.damage import damages
from runner.store.explained import explained
from runner.store.faults import refused, translated_errors
from runner.store.upgrade import fresh, objects

if TYPE_CHECKING:
    from runner.store.connection import Connections

_PAGE = 5000
_BEFORE_ALL = -(2**63)  # an entry inserted before the first is found too


def problems(connections: Connections) -> list[str]:
    """One sentence per problem; none if all is well."""
    tests: tuple[Callable[[Connections], Iterator[str]], ...] = (_pages, _references, _schema, _rows, _audit)
    found: list[str] = []
    for test in tests:
        try:
            found.extend(test(connections))
        except (sqlite3.DatabaseError, DriftlineError) as error:
            found.append(str(error))
    return found


def refuse_damaged(connections: Connections) -> None:
    """The quick check at a start: DatabaseRefused if a page is damaged."""
    with translated_errors(connections.path):
        problem = connections.connection().execute("PRAGMA quick_check(1)").fetchone()[0]
    if problem != "ok":
        raise refused(connections.path, problem)


def broken_entry(connections: Connections, anchor: tuple[int, str] | None = None) -> int | None:
    """The first audit entry that was edited, or None. An anchor is an earlier head of the log."""
    walked = walk(connections, frozenset() if anchor is None else frozenset({anchor[0]}))
    if walked.broken is not None or anchor is None or anchor == (0, GENESIS):
        return walked.broken
    return None if walked.hashes.get(anchor[0]) == anchor[1] else anchor[0]


def walk(connections: Connections, wanted: frozenset[int] = frozenset()) -> Walk:
    """Walk the whole audit log, up to the first entry that does not follow from the previous one."""
    seq, previous = 0, GENESIS
    hashes: dict[int, str] = {}
    for rows in _log(connections):
        broken = first_broken(rows, seq, previous)
        if broken is not None:
            return Walk(seq, previous, broken, hashes)
        if wanted:
            hashes |= {found: digest for found, *_, digest in rows if found in wanted}
        seq, *_, previous = rows[-1]
    return Walk(seq, previous, None, hashes)


def entries(connections: Connections, after: int | None = None) -> Iterator[AuditEntry]:
    """The whole audit log, oldest first, or what comes behind an entry."""
    with explained(connections):
        for rows in _log(connections, _BEFORE_ALL if after is None else after):
            yield from map(entry_of, rows)


def _log(connections: Connections, seq: int = _BEFORE_ALL) -> Iterator[list[Stored]]:
    """Page by page: earlier pages never change, and a long read would block writers."""
    while True:
        with connections.snapshot() as connection:
            rows = audit_page(connection, seq, _PAGE)
        if not rows:
            return
        yield rows
        seq = rows[-1][0]


def _pages(connections: Connections) -> Iterator[str]:
    for row in connections.connection().execute("PRAGMA integrity_check(20)"):
        if row[0] != "ok":
            yield row[0]


def _references(connections: Connections) -> Iterator[str]:
    for row in connections.connection().execute("PRAGMA foreign_key_check"):
        yield f"row {row['rowid']} of {row['table']} refers to a missing row of {row['parent']}"


def _schema(connections: Connections) -> Iterator[str]:
    """A missing trigger or index takes its rule with it."""
    ours, theirs = fresh(), objects(connections.connection())
    for name in sorted(ours.keys() | theirs.keys()):
        if name not in theirs:
            yield f"{name} is missing from the schema"
        elif name not in ours:
            yield f"{name} does not belong to the schema"
        elif ours[name] != theirs[name]:
            yield f"{name} was altered"


def _rows(connections: Connections) -> Iterator[str]:
    with connections.snapshot() as connection:
        yield from damages(connection)


def _audit(connections: Connections) -> Iterator[str]:
    broken = broken_entry(connections)
    if broken is not None:
        yield f"the audit log was edited at entry {broken}"
