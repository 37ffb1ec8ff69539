"""Runs at workers of pools."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from runner.model.execution.job import Job
    from runner.model.work.lease import Lease, LeaseEnd
    from runner.model.work.offers import Drained, Offer
    from runner.model.work.worker import KnownWorker


class LeaseReader(Protocol):
    def lease(self, run: int) -> Lease | None:
        """The one that holds, else the last one."""
        ...

    def leases(self) -> list[Lease]:
        """Those that hold, in the order in which they began."""
        ...

    def offer(self, run: int) -> Offer | None: ...

    def workers(self) -> list[KnownWorker]:
        """All that have said hello, by name."""
        ...

    def drained_pools(self) -> list[Drained]: ...


class LeaseWriter(LeaseReader, Protocol):
    def add_lease(self, run: int, attempt: int, pool: str, worker: str, job: Job) -> Lease: ...

    def hear(self, lease: Lease) -> None:
        """Its worker is there now."""
        ...

    def end_lease(self, lease: Lease, end: LeaseEnd) -> None: ...

    def note_offers(self, offers: Iterable[Offer]) -> None: ...

    def note_worker(self, worker: KnownWorker) -> None: ...
    def note_namesake(self, name: str) -> None:
        """Another worker was refused under this name now."""
        ...

    def forget_worker(self, name: str) -> None: ...

    def forget_workers(self, before: datetime) -> int:
        """Those not seen since then, and without a lease; returns how many."""
        ...

    def drain_pool(self, pool: str, *, by: str, reason: str) -> None: ...

    def resume_pool(self, pool: str, *, by: str) -> bool:
        """Whether it was drained."""
        ...
