"""What the states of stacks have: an index by ARN, id and name."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from runner.store.rows import Value, compact, strings_of, text
from runner.store.session import Session

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Collection, Iterator

    from runner.model.inventory.managed import ManagedObject
    from runner.model.inventory.state_object import KnownState, SeenObjects

_IN_GIT = "JOIN stacks s ON s.name = o.stack AND s.missing_since IS NULL"


class InventoryReads(Session):
    def known_state(self, stack: str) -> KnownState:
        from runner.model.inventory.state_object import KnownState

        row = self._one("SELECT lineage, serial FROM indexed_states WHERE stack = ?", stack)
        return KnownState() if row is None else KnownState(row["lineage"], row["serial"])

    def managed_objects(self) -> Iterator[ManagedObject]:
        sql = f"SELECT o.* FROM managed_objects o {_IN_GIT}"  # noqa: S608 - a constant
        return map(_object, self._connection.execute(sql))

    def objects_called(self, names: Collection[str]) -> list[ManagedObject]:
        sql = f"""
            SELECT DISTINCT o.* FROM json_each(?) wanted JOIN object_names n ON n.name = wanted.value
            JOIN managed_objects o ON o.stack = n.stack AND o.address = n.address {_IN_GIT}
        """  # noqa: S608 - a constant
        return [_object(row) for row in self._all(sql, json.dumps(sorted(names)))]

    def unread_states(self) -> list[str]:
        sql = """
            SELECT name FROM stacks WHERE missing_since IS NULL AND applied_revision IS NOT NULL
            AND name NOT IN (SELECT stack FROM indexed_states) ORDER BY name
        """
        return [row["name"] for row in self._all(sql)]


class InventoryWrites(InventoryReads):
    def save_objects(self, stack: str, seen: SeenObjects) -> None:
        for table in ("object_names", "managed_objects"):
            self._do(f"DELETE FROM {table} WHERE stack = ?", stack)  # noqa: S608 - one of two
        self._connection.executemany(
            "INSERT INTO managed_objects (stack, address, type, arn, ids) VALUES (?, ?, ?, ?, ?)",
            ((stack, one.address, one.type, one.arn, compact(one.ids)) for one in seen.objects),
        )
        self._connection.executemany(
            "INSERT OR IGNORE INTO object_names (name, stack, address) VALUES (?, ?, ?)",
            ((name, stack, one.address) for one in seen.objects for name in (one.arn, *one.ids) if name),
        )
        row: dict[str, Value] = {
            "stack": stack,
            "lineage": seen.lineage,
            "serial": seen.serial,
            "at": text(self._now),
        }
        self._upsert("indexed_states", row, "stack")


def _object(row: sqlite3.Row) -> ManagedObject:
    from runner.model.inventory.managed import ManagedObject

    return ManagedObject(row["stack"], row["address"], row["type"], row["arn"], strings_of(row["ids"]))
