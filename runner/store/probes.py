"""Results of probes for each stack, and the providers that are no longer probed."""

from __future__ import annotations

import json
import sqlite3
from datetime import datetime
from typing import TYPE_CHECKING

from runner.errors import StackNotFound
from runner.model.audit.actor import DAEMON
from runner.model.values.codec import from_plain, to_plain
from runner.store.audit import Writes
from runner.store.rows import Value, compact, text
from runner.store.session import Session

if TYPE_CHECKING:
    from collections.abc import Iterable

    from runner.model.warm.compared import Compared
    from runner.model.warm.probe import Distrust, ProbeRecord
    from runner.model.warm.provider import Provider

MOST_COMPARED = 200  # pairs of an engine and a provider
_OLDEST_COMPARED = """
    DELETE FROM compared WHERE (engine, checksum) NOT IN
        (SELECT engine, checksum FROM compared ORDER BY at DESC LIMIT ?)
"""


class ProbeReads(Session):
    def probe(self, stack: str) -> ProbeRecord:
        from runner.model.warm.probe import ProbeRecord

        row = self._one("SELECT record FROM probes WHERE stack = ?", stack)
        return ProbeRecord() if row is None else from_plain(ProbeRecord, json.loads(row["record"]))

    def distrusted(self) -> frozenset[str]:
        return frozenset(row["checksum"] for row in self._all("SELECT checksum FROM distrusted"))

    def distrust_of(self) -> list[Distrust]:
        from runner.model.warm.probe import Distrust
        from runner.model.warm.provider import Provider

        rows = self._all("SELECT * FROM distrusted ORDER BY at")
        return [
            Distrust(
                Provider(row["name"], row["checksum"]),
                row["stack"],
                row["reason"],
                datetime.fromisoformat(row["at"]),
            )
            for row in rows
        ]

    def compared(self) -> tuple[Compared, ...]:
        from runner.model.warm.compared import Compared

        return tuple(
            Compared(row["engine"], row["checksum"], frozenset(json.loads(row["types"])), row["plans"])
            for row in self._all("SELECT engine, checksum, types, plans FROM compared")
        )


class ProbeWrites(ProbeReads, Writes):
    def save_probe(self, stack: str, record: ProbeRecord) -> None:
        try:
            self._upsert("probes", {"stack": stack, "record": compact(to_plain(record))}, "stack")
        except sqlite3.IntegrityError as error:
            raise StackNotFound(stack=stack) from error

    def planned_with(self, provider: Provider) -> list[int]:
        from runner.model.warm.compared import HowPlanned
        from runner.model.warm.provider import Way

        sql = """
            SELECT run, how_planned FROM run_details JOIN runs ON runs.id = run
            WHERE state IN ('awaiting_approval', 'approved') AND how_planned IS NOT NULL
        """
        plans = (
            (row["run"], from_plain(HowPlanned, json.loads(row["how_planned"]))) for row in self._all(sql)
        )
        return [run for run, how in plans if how.way is Way.PROBED and provider in how.providers]

    def save_compared(self, engine: str, provider: Provider, types: frozenset[str]) -> None:
        known = (
            one.types for one in self.compared() if (one.engine, one.checksum) == (engine, provider.checksum)
        )
        row: dict[str, Value] = {
            "engine": engine,
            "checksum": provider.checksum,
            "types": compact(sorted(types.union(*known))),
            "plans": 0,
            "at": text(self._now),
        }
        self._upsert("compared", row, "engine, checksum")
        self._do(_OLDEST_COMPARED, MOST_COMPARED)

    def count_plan(self, engine: str, providers: Iterable[Provider]) -> None:
        for provider in providers:
            self._do(
                "UPDATE compared SET plans = plans + 1 WHERE engine = ? AND checksum = ?",
                engine,
                provider.checksum,
            )

    def distrust(self, provider: Provider, stack: str, reason: str) -> None:
        """With its audit entry and an event that people see."""
        from runner.model.events.feed import ProviderDistrusted

        facts = {"provider": provider.name, "checksum": provider.checksum, "stack": stack, "reason": reason}
        row = {
            "checksum": provider.checksum,
            "name": provider.name,
            "stack": stack,
            "reason": reason,
            "at": text(self._now),
        }
        self._upsert("distrusted", row, "checksum")
        self._do("DELETE FROM compared WHERE checksum = ?", provider.checksum)
        self.audit_note(DAEMON, "probe.distrust", stack, facts)
        self._emit("probe.distrust", stack, ProviderDistrusted(**facts))

    def trust(self, checksum: str, *, by: str, reason: str) -> int:
        """Returns how many were distrusted; each stack is compared again before probes are relied on."""
        from runner.model.warm.provider import Provider

        row = self._one("SELECT name FROM distrusted WHERE checksum = ?", checksum)
        if row is None:
            return 0
        self._forget_compared(Provider(row["name"], checksum))
        self._do("DELETE FROM compared WHERE checksum = ?", checksum)
        done = self._do("DELETE FROM distrusted WHERE checksum = ?", checksum)
        self.audit_note(by, "probe.trust", checksum, {"reason": reason})
        return done

    def _forget_compared(self, provider: Provider) -> None:
        from runner.model.warm.probe import ProbeRecord, forgotten

        for row in self._all("SELECT stack, record FROM probes"):
            record = from_plain(ProbeRecord, json.loads(row["record"]))
            if record.knows(provider):
                self.save_probe(row["stack"], forgotten(record))
