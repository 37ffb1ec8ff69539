"""The result of the last poll of each source, and which to poll soon."""

from __future__ import annotations

import json
import sqlite3

from runner.model.stack.source import SourceStatus
from runner.store.rows import compact, text_or_none, time_or_none
from runner.store.session import Session


class SourceReads(Session):
    def source(self, name: str) -> SourceStatus:
        row = self._one("SELECT * FROM sources WHERE name = ?", name)
        return SourceStatus(name) if row is None else _status(row)

    def sources(self) -> list[SourceStatus]:
        return [_status(row) for row in self._all("SELECT * FROM sources ORDER BY name")]

    def wakes(self) -> frozenset[str]:
        return frozenset(row["source"] for row in self._all("SELECT source FROM wakes"))


class SourceWrites(SourceReads):
    def wake(self, source: str) -> None:
        self._do("INSERT OR IGNORE INTO wakes (source) VALUES (?)", source)

    def take_wakes(self) -> frozenset[str]:
        found = self.wakes()
        self._do("DELETE FROM wakes")
        return found

    def save_source(self, status: SourceStatus) -> None:
        row = {
            "name": status.name,
            "head": status.head,
            "polled_at": text_or_none(status.polled_at),
            "moved_at": text_or_none(status.moved_at),
            "problem": status.problem,
            "failures": status.failures,
            "discovered_with": status.discovered_with,
            "rewritten_from": status.rewritten_from,
            "rewritten_at": text_or_none(status.rewritten_at),
            "problems": compact(list(status.problems)),
            "notes": compact(list(status.notes)),
            "refused": status.refused,
            "newcomers": compact([list(one) for one in status.newcomers]),
        }
        self._upsert("sources", row, "name")


def _status(row: sqlite3.Row) -> SourceStatus:
    return SourceStatus(
        name=row["name"],
        head=row["head"],
        polled_at=time_or_none(row["polled_at"]),
        moved_at=time_or_none(row["moved_at"]),
        problem=row["problem"],
        failures=row["failures"],
        discovered_with=row["discovered_with"],
        rewritten_from=row["rewritten_from"],
        rewritten_at=time_or_none(row["rewritten_at"]),
        problems=tuple(json.loads(row["problems"])),
        notes=tuple(json.loads(row["notes"])),
        refused=row["refused"],
        newcomers=tuple((name, problem) for name, problem in json.loads(row["newcomers"])),
    )
