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
from runner.store.rows import compact, text
from runner.store.session import Session

if TYPE_CHECKING:
    from runner.model.drift.probe import Distrust, ProbeRecord, Provider


class ProbeReads(Session):
    def probe(self, stack: str) -> ProbeRecord:
        from runner.model.drift.probe import ProbeRecord

        row = self._one("SELECT record FROM probes WHERE stack = ?", stack)
        return ProbeRecord() if row is None else from_plain(ProbeRecord, json.loads(row["record"]))

    def distrusted(self) -> frozenset[str]:
        return frozenset(row["checksum"] for row in self._all("SELECT checksum FROM distrusted"))

    def distrust_of(self) -> list[Distrust]:
        from runner.model.drift.probe import Distrust, Provider

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


class ProbeWrites(ProbeReads, Writes):
    def save_probe(self, stack: str, record: ProbeRecord) -> None:
        try:
            self._upsert("probes", {"stack": stack, "record": compact(to_plain(record))}, "stack")
        except sqlite3.IntegrityError as error:
            raise StackNotFound(stack=stack) from error

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
        self.audit_note(DAEMON, "probe.distrust", stack, facts)
        self._emit("probe.distrust", stack, ProviderDistrusted(**facts))

    def trust(self, checksum: str, *, by: str, reason: str) -> int:
        """Returns how many were distrusted; each stack is compared again before probes are relied on."""
        from runner.model.drift.probe import Provider

        row = self._one("SELECT name FROM distrusted WHERE checksum = ?", checksum)
        if row is None:
            return 0
        self._forget_compared(Provider(row["name"], checksum))
        done = self._do("DELETE FROM distrusted WHERE checksum = ?", checksum)
        self.audit_note(by, "probe.trust", checksum, {"reason": reason})
        return done

    def _forget_compared(self, provider: Provider) -> None:
        from runner.model.drift.probe import ProbeRecord, forgotten

        for row in self._all("SELECT stack, record FROM probes"):
            record = from_plain(ProbeRecord, json.loads(row["record"]))
            if record.knows(provider):
                self.save_probe(row["stack"], forgotten(record))
