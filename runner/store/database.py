"""The store as the services see it: readers of one moment, writers that decide."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Self, TypeVar

from runner.store.approvals import ApprovalReads, ApprovalWrites
from runner.store.audit import AuditReads
from runner.store.cloud_events import CloudEventReads, CloudEventWrites
from runner.store.commits import CommitReads, CommitWrites
from runner.store.connection import Connections
from runner.store.daemon_requests import DaemonRequestReads, DaemonRequestWrites
from runner.store.declarations import DeclarationReads, DeclarationWrites
from runner.store.explained import explained
from runner.store.feed import FeedReads, FeedWrites
from runner.store.forge import ForgeReads, ForgeWrites
from runner.store.inventory import InventoryReads, InventoryWrites
from runner.store.keyed import KeyedWrites
from runner.store.leases import LeaseReads, LeaseWrites
from runner.store.limited import Moved
from runner.store.listings import ListingReads, ListingWrites
from runner.store.load import LoadReads, LoadWrites
from runner.store.locks import LockReads, LockWrites
from runner.store.outputs import OutputReads, OutputWrites
from runner.store.probes import ProbeReads, ProbeWrites
from runner.store.promotions import PromotionReads, PromotionWrites
from runner.store.pulls import PullReads, PullWrites
from runner.store.reports import ReportReads, ReportWrites
from runner.store.retention import RetentionWrites
from runner.store.runs import RunReads
from runner.store.sessions import SessionReads, SessionWrites
from runner.store.sources import SourceReads, SourceWrites
from runner.store.stacks import StackReads
from runner.store.states import StateReads, StateWrites
from runner.store.tokens import TokenWrites
from runner.store.totals import TotalReads
from runner.store.trends import TrendReads
from runner.store.upgrade import version

if TYPE_CHECKING:
    from runner.model.audit.log import AuditEntry, Walk
    from runner.ports.basics import Clock
    from runner.ports.records.store import Reader, Writer

FILE_NAME = "driftline.db"
_GLANCES = 2
T = TypeVar("T")


class Unscoped:
    """Whoever opens the database sees all of it."""

    def unscoped(self) -> Self:
        return self

    def sees(self, stack: str) -> bool:  # noqa: ARG002 - it sees all
        return True

    def sees_source(self, source: str) -> bool:  # noqa: ARG002 - it sees all
        return True


class StoreReader(
    Unscoped,
    StackReads,
    RunReads,
    LockReads,
    ReportReads,
    ApprovalReads,
    DeclarationReads,
    CommitReads,
    ProbeReads,
    PromotionReads,
    PullReads,
    ForgeReads,
    InventoryReads,
    ListingReads,
    CloudEventReads,
    OutputReads,
    StateReads,
    SourceReads,
    LoadReads,
    LeaseReads,
    FeedReads,
    TotalReads,
    TrendReads,
    DaemonRequestReads,
    SessionReads,
    AuditReads,
):
    """All tables, for reading."""


class StoreWriter(
    Unscoped,
    LockWrites,
    ReportWrites,
    ApprovalWrites,
    DeclarationWrites,
    CommitWrites,
    ProbeWrites,
    PromotionWrites,
    PullWrites,
    ForgeWrites,
    InventoryWrites,
    ListingWrites,
    CloudEventWrites,
    OutputWrites,
    StateWrites,
    SourceWrites,
    LoadWrites,
    LeaseWrites,
    FeedWrites,
    TotalReads,
    TrendReads,
    DaemonRequestWrites,
    SessionWrites,
    TokenWrites,
    KeyedWrites,
    RetentionWrites,
):
    """All tables, for reading and writing."""


class _OfThread(threading.local):
    """What each thread writes alongside, and whether it reads in glances."""

    notes: tuple[Callable[[Writer], None], ...] = ()
    glances: bool = False


class SqliteStore:
    """Everything that Driftline remembers, in one SQLite file."""

    def __init__(self, data_dir: Path, clock: Clock, *, create: bool = True) -> None:
        """Bring its schema up to date, or with `create` make the file in a new data directory;
        DatabaseRefused otherwise.
        """
        self._connections = Connections(data_dir / FILE_NAME, create=create)
        self._clock = clock
        self._here = _OfThread()
        self.made = self._connections.made

    @property
    def uses_wal(self) -> bool:
        return not self._connections.writers_wait

    @contextmanager
    def reading(self) -> Iterator[Reader]:
        begin = self._connections.glance if self._here.glances else self._connections.snapshot
        with explained(self._connections), begin() as connection:
            reader = StoreReader(connection, self._clock.now())
            try:
                yield reader
            finally:
                reader.end()

    def look(self, work: Callable[[], T]) -> T:
        """What `work` returns, which only reads: again where somebody wrote meanwhile, at last with the file held.

        With a WAL nobody waits for a reader, so that there each look is a snapshot.
        """
        for _ in range(_GLANCES if self._connections.writers_wait else 0):
            with suppress(Moved), self._reading_in(glances=True):
                return work()
        with self._reading_in(glances=False):
            return work()

    @contextmanager
    def _reading_in(self, *, glances: bool) -> Iterator[None]:
        before, self._here.glances = self._here.glances, glances
        try:
            yield
        finally:
            self._here.glances = before

    @contextmanager
    def writing(self) -> Iterator[Writer]:
        with explained(self._connections), self._connections.decision() as connection:
            writer = StoreWriter(connection, self._clock.now())
            try:
                yield writer
                for note in self._here.notes:
                    note(writer)
            finally:
                writer.end()

    @contextmanager
    def alongside(self, note: Callable[[Writer], None]) -> Iterator[None]:
        before = self._here.notes
        self._here.notes = (*before, note)
        try:
            yield
        finally:
            self._here.notes = before

    def limit_reads(self, seconds: float) -> None:
        """ReadTooLong for whoever reads for longer in one go: a writer would have to wait."""
        self._connections.longest_read = seconds

    def make_no_files(self) -> None:
        """For a process that may write nowhere but in the database: no temporary files for large results."""
        self._connections.make_no_files()

    def prove_in_place(self) -> None:
        """DatabaseRefused if the database or its folder was moved, removed or replaced; costs two stat calls."""
        self._connections.refuse_replaced()

    def prove_writable(self) -> None:
        with self._connections.decision() as connection:
            # The same number as before, yet SQLite has to write the page.
            connection.execute(f"PRAGMA user_version = {version()}")

    def changed_since(self, mark: int | None) -> int:  # noqa: ARG002 - SQLite itself remembers
        return self._connections.data_version()

    def verify_audit(self, anchor: tuple[int, str] | None = None) -> int | None:
        """The first audit entry that was edited or cut off, or None.

        An anchor is the number and hash of an entry, stored elsewhere: it reveals truncation.
        """
        from runner.store.check import broken_entry

        return broken_entry(self._connections, anchor)

    def walk_audit(self, wanted: frozenset[int] = frozenset()) -> Walk:
        """Walk every entry once, with the hashes of the wanted ones."""
        from runner.store.check import walk

        return walk(self._connections, wanted)

    def export_audit(self, after: int | None = None) -> Iterator[AuditEntry]:
        """The whole log, oldest first, or what comes behind an entry, in short reads that block no writer."""
        from runner.store.check import entries

        return entries(self._connections, after)

    def backup(self, target: Path) -> None:
        """Write a checked copy while others continue."""
        from runner.store.backup import copy

        copy(self._connections.connection(), target)

    def problems(self) -> list[str]:
        """Problems with pages, references, schema and audit log; empty if all is well."""
        from runner.store.check import problems

        return problems(self._connections)

    def refuse_damaged(self) -> None:
        """A quick check of every page, for a start: DatabaseRefused, with how to restore, if one is damaged."""
        from runner.store.check import refuse_damaged

        refuse_damaged(self._connections)

    def close(self) -> None:
        self._connections.close()
