"""The store: all records in one transaction, for the verb that opens it. The functions that it calls take only what they need."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Protocol, TypeVar

from runner.ports.records.approvals import ApprovalReader, ApprovalWriter
from runner.ports.records.audit import AuditReader, AuditWriter
from runner.ports.records.cloud_events import CloudEventReader, CloudEventWriter
from runner.ports.records.commits import CommitReader, CommitWriter
from runner.ports.records.daemon_requests import DaemonRequestReader, DaemonRequestWriter
from runner.ports.records.declarations import DeclarationReader, DeclarationWriter
from runner.ports.records.feed import FeedReader, FeedWriter
from runner.ports.records.forge import ForgeReader, ForgeWriter
from runner.ports.records.inventory import InventoryReader, InventoryWriter, ListingReader, ListingWriter
from runner.ports.records.keyed import KeyedWriter
from runner.ports.records.leases import LeaseReader, LeaseWriter
from runner.ports.records.load import LoadReader, LoadWriter
from runner.ports.records.locks import LockReader, LockWriter
from runner.ports.records.outputs import OutputReader, OutputWriter
from runner.ports.records.probes import ProbeReader, ProbeWriter
from runner.ports.records.promotions import PromotionReader, PromotionWriter
from runner.ports.records.pulls import PullReader, PullWriter
from runner.ports.records.reports import ReportReader, ReportWriter
from runner.ports.records.retention import RetentionWriter
from runner.ports.records.runs import RunReader, RunWriter
from runner.ports.records.sessions import SessionReader, SessionWriter
from runner.ports.records.sources import SourceReader, SourceWriter
from runner.ports.records.stacks import StackReader, StackWriter
from runner.ports.records.states import StateReader, StateWriter
from runner.ports.records.tokens import TokenReader, TokenWriter
from runner.ports.records.totals import TotalReader
from runner.ports.records.trends import TrendReader

T = TypeVar("T")


class Reader(
    StackReader,
    RunReader,
    LockReader,
    ReportReader,
    ApprovalReader,
    DeclarationReader,
    CommitReader,
    SourceReader,
    ProbeReader,
    PromotionReader,
    PullReader,
    ForgeReader,
    InventoryReader,
    ListingReader,
    CloudEventReader,
    OutputReader,
    StateReader,
    LoadReader,
    LeaseReader,
    FeedReader,
    TokenReader,
    TotalReader,
    TrendReader,
    DaemonRequestReader,
    SessionReader,
    AuditReader,
    Protocol,
):
    """Reading. Every method sees one moment inside `Store.reading()` and `Store.writing()`."""

    def unscoped(self) -> Reader:
        """All records, for facts about a stack that one sees."""
        ...

    def sees(self, stack: str) -> bool:
        """Whether whoever reads may know of the stack."""
        ...

    def sees_source(self, source: str) -> bool: ...


class Writer(
    Reader,
    StackWriter,
    RunWriter,
    LockWriter,
    ReportWriter,
    ApprovalWriter,
    DeclarationWriter,
    CommitWriter,
    SourceWriter,
    ProbeWriter,
    PromotionWriter,
    PullWriter,
    ForgeWriter,
    InventoryWriter,
    ListingWriter,
    CloudEventWriter,
    OutputWriter,
    StateWriter,
    LoadWriter,
    LeaseWriter,
    FeedWriter,
    TokenWriter,
    DaemonRequestWriter,
    SessionWriter,
    AuditWriter,
    KeyedWriter,
    RetentionWriter,
    Protocol,
):
    """Writing, inside one `BEGIN IMMEDIATE`. A transition also writes its audit entry and its outbox row."""


class Store(Protocol):
    def reading(self) -> AbstractContextManager[Reader]: ...
    def look(self, work: Callable[[], T]) -> T:
        """What `work` returns, which only reads and may be done several times: while it works, a writer need not wait."""
        ...

    def writing(self) -> AbstractContextManager[Writer]: ...
    def alongside(self, note: Callable[[Writer], None]) -> AbstractContextManager[None]:
        """Inside, every writing transaction of this thread does this too, and fails where it does."""
        ...

    def prove_in_place(self) -> None:
        """DatabaseRefused if the database or its directory was moved, removed or replaced."""
        ...

    def prove_writable(self) -> None:
        """Write a page durably without changing anything; DatabaseUnwritable or DatabaseRefused if that fails."""
        ...

    def changed_since(self, mark: int | None) -> int:
        """A number that changes when another connection has written; cheap enough to query every second."""
        ...
