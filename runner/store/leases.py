"""Runs at workers of pools: leases, offers, and who the workers are."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable
from datetime import datetime
from typing import TYPE_CHECKING

from runner.store.audit import Writes
from runner.store.rows import text, text_or_none, time_or_none
from runner.store.session import Session

if TYPE_CHECKING:
    from runner.model.execution.job import Job
    from runner.model.work.lease import Lease, LeaseEnd
    from runner.model.work.offers import Drained, Offer
    from runner.model.work.worker import KnownWorker
    from runner.store.rows import Value


class LeaseReads(Session):
    def lease(self, run: int) -> Lease | None:
        row = self._one("SELECT * FROM leases WHERE run = ? ORDER BY fence DESC LIMIT 1", run)
        return None if row is None else _lease(row)

    def leases(self) -> list[Lease]:
        # Ended leases are kept as long as their runs.
        sql = "SELECT * FROM leases INDEXED BY one_lease_of_a_run WHERE ended IS NULL ORDER BY fence"
        return [_lease(row) for row in self._all(sql)]

    def offer(self, run: int) -> Offer | None:
        row = self._one("SELECT * FROM offers WHERE run = ?", run)
        return None if row is None else _offer(row)

    def workers(self) -> list[KnownWorker]:
        return [_worker(row) for row in self._all("SELECT * FROM workers ORDER BY name")]

    def drained_pools(self) -> list[Drained]:
        from runner.model.work.offers import Drained

        rows = self._all("SELECT * FROM drained_pools ORDER BY pool")
        return [
            Drained(row["pool"], row["by"], datetime.fromisoformat(row["at"]), row["reason"]) for row in rows
        ]


class LeaseWrites(LeaseReads, Writes):
    def add_lease(self, run: int, attempt: int, pool: str, worker: str, job: Job) -> Lease:
        from runner.model.values.codec import to_plain
        from runner.model.work.lease import Lease

        now = text(self._now)
        fence = self._insert(
            "leases",
            {
                "fence": self._next_fence(),
                "run": run,
                "attempt": attempt,
                "pool": pool,
                "worker": worker,
                "job": json.dumps(to_plain(job)),
                "since": now,
                "heard": now,
            },
        )
        return Lease(fence, run, attempt, pool, worker, job, self._now, self._now)

    def _next_fence(self) -> int:
        """Beyond every earlier one, also beyond those that a restored database has forgotten and a worker still holds."""
        row = self._one("SELECT COALESCE(MAX(fence), 0) + 1 AS next FROM leases")
        assert row is not None
        return max(int(row["next"]), int(self._now.timestamp() * 1000))

    def hear(self, lease: Lease) -> None:
        self._do("UPDATE leases SET heard = ? WHERE fence = ?", text(self._now), lease.fence)
        self._do("UPDATE workers SET seen = ? WHERE name = ?", text(self._now), lease.worker)

    def end_lease(self, lease: Lease, end: LeaseEnd) -> None:
        self._do("UPDATE leases SET ended = ? WHERE fence = ?", end.value, lease.fence)

    def note_offers(self, offers: Iterable[Offer]) -> None:
        for one in offers:
            row: dict[str, Value] = {
                "run": one.run,
                "attempt": one.attempt,
                "pool": one.pool,
                "at": text_or_none(one.at),
                "lost": one.lost,
            }
            self._upsert("offers", row, "run")

    def note_worker(self, worker: KnownWorker) -> None:
        row: dict[str, Value] = {
            "name": worker.name,
            "pool": worker.pool,
            "release": worker.release,
            "slots": worker.slots,
            "since": text(worker.since),
            "seen": text(worker.seen),
            "stops": int(worker.stops),
            "instance": worker.instance,
            "namesake": text_or_none(worker.namesake),
        }
        self._upsert("workers", row, "name")

    def note_namesake(self, name: str) -> None:
        self._do("UPDATE workers SET namesake = ? WHERE name = ?", text(self._now), name)

    def forget_worker(self, name: str) -> None:
        self._do("DELETE FROM workers WHERE name = ?", name)

    def forget_workers(self, before: datetime) -> int:
        sql = "DELETE FROM workers WHERE seen < ? AND name NOT IN (SELECT worker FROM leases WHERE ended IS NULL)"
        return self._do(sql, text(before))

    def drain_pool(self, pool: str, *, by: str, reason: str) -> None:
        row = {"pool": pool, "by": by, "at": text(self._now), "reason": reason}
        self._upsert("drained_pools", row, "pool")
        self.audit_note(by, "pool.drain", pool, {"reason": reason})

    def resume_pool(self, pool: str, *, by: str) -> bool:
        if not self._do("DELETE FROM drained_pools WHERE pool = ?", pool):
            return False
        self.audit_note(by, "pool.resume", pool, {})
        return True


def _lease(row: sqlite3.Row) -> Lease:
    from runner.model.execution.job import Job
    from runner.model.values.codec import from_plain
    from runner.model.work.lease import Lease, LeaseEnd

    return Lease(
        fence=row["fence"],
        run=row["run"],
        attempt=row["attempt"],
        pool=row["pool"],
        worker=row["worker"],
        job=from_plain(Job, json.loads(row["job"])),
        since=datetime.fromisoformat(row["since"]),
        heard=datetime.fromisoformat(row["heard"]),
        end=None if row["ended"] is None else LeaseEnd(row["ended"]),
    )


def _offer(row: sqlite3.Row) -> Offer:
    from runner.model.work.offers import Offer

    return Offer(row["run"], row["attempt"], row["pool"], time_or_none(row["at"]), row["lost"])


def _worker(row: sqlite3.Row) -> KnownWorker:
    from runner.model.work.worker import KnownWorker

    return KnownWorker(
        row["name"],
        row["pool"],
        row["release"],
        row["slots"],
        datetime.fromisoformat(row["since"]),
        datetime.fromisoformat(row["seen"]),
        bool(row["stops"]),
        row["instance"],
        time_or_none(row["namesake"]),
    )
