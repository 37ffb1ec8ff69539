"""Versions of managed states; their bytes are sealed files. Also who may write the next one, and who locks it."""

from __future__ import annotations

import sqlite3
from datetime import datetime
from typing import TYPE_CHECKING

from runner.store.audit import Writes
from runner.store.rows import Value, text
from runner.store.session import Session

if TYPE_CHECKING:
    from runner.model.state.header import Header
    from runner.model.state.served import ServedLock, StateToken
    from runner.model.state.version import KeptState, Origin, StateKey, StateVersion

_OF = "folder = ? AND workspace = ?"


class StateReads(Session):
    def state_versions(self, key: StateKey) -> list[StateVersion]:
        """Newest first."""
        rows = self._all(f"SELECT * FROM state_versions WHERE {_OF} ORDER BY number DESC", *_of(key))  # noqa: S608
        return list(map(_version, rows))

    def newest_state(self, key: StateKey) -> StateVersion | None:
        row = self._one(
            f"SELECT * FROM state_versions WHERE {_OF} ORDER BY number DESC LIMIT 1",  # noqa: S608 - a constant
            *_of(key),
        )
        return None if row is None else _version(row)

    def kept_states(self) -> list[KeptState]:
        from runner.model.state.version import KeptState, StateKey

        # SQLite takes the other columns from the row of the maximum.
        rows = self._all(
            "SELECT *, max(number), count(*) AS kept FROM state_versions GROUP BY folder, workspace"
        )
        return [
            KeptState(StateKey(row["folder"], row["workspace"]), _version(row), row["kept"]) for row in rows
        ]

    def state_file_equal(self, key: StateKey) -> str | None:
        """The digest of file and newest version when they were last the same."""
        row = self._one(f"SELECT digest FROM state_files WHERE {_OF}", *_of(key))  # noqa: S608 - a constant
        return None if row is None else row["digest"]

    def served_lock(self, key: StateKey) -> ServedLock | None:
        row = self._one(f"SELECT * FROM served_locks WHERE {_OF}", *_of(key))  # noqa: S608 - a constant
        return None if row is None else _lock(row)

    def served_locks(self) -> list[ServedLock]:
        return list(map(_lock, self._all("SELECT * FROM served_locks ORDER BY folder, workspace")))

    def state_tokens(self, run: int) -> list[StateToken]:
        from runner.model.state.served import StateToken

        rows = self._all("SELECT * FROM state_tokens WHERE run = ?", run)
        return [
            StateToken(row["run"], row["digest"], datetime.fromisoformat(row["expires_at"])) for row in rows
        ]


class StateWrites(StateReads, Writes):
    def add_state_version(
        self, key: StateKey, header: Header, digest: str, size: int, origin: Origin, by: str
    ) -> StateVersion:
        newest = self.newest_state(key)  # which is never removed
        number = 1 if newest is None else newest.number + 1
        row: dict[str, Value] = {
            "folder": key.folder,
            "workspace": key.workspace,
            "number": number,
            "serial": header.serial,
            "lineage": header.lineage,
            "digest": digest,
            "size": size,
            "resources": header.resources,
            "engine_version": header.engine_version,
            "origin": origin,
            "by": by,
            "at": text(self._now),
        }
        self._insert("state_versions", row)
        found = self.newest_state(key)
        assert found is not None
        return found

    def note_state_file(self, key: StateKey, digest: str) -> None:
        row: dict[str, Value] = {"folder": key.folder, "workspace": key.workspace, "digest": digest}
        self._upsert("state_files", row, "folder, workspace")

    def remove_state_version(self, key: StateKey, number: int) -> None:
        self._do(f"DELETE FROM state_versions WHERE {_OF} AND number = ?", *_of(key), number)  # noqa: S608

    def take_served_lock(self, lock: ServedLock) -> None:
        row: dict[str, Value] = {
            "folder": lock.key.folder,
            "workspace": lock.key.workspace,
            "id": lock.id,
            "info": lock.info,
            "run": lock.run,
            "since": text(lock.since),
        }
        self._insert("served_locks", row)

    def release_served_lock(self, key: StateKey) -> None:
        self._do(f"DELETE FROM served_locks WHERE {_OF}", *_of(key))  # noqa: S608 - a constant

    def save_state_token(self, token: StateToken) -> None:
        row: dict[str, Value] = {
            "run": token.run,
            "digest": token.digest,
            "expires_at": text(token.expires_at),
        }
        self._insert("state_tokens", row)

    def extend_state_tokens(self, run: int, until: datetime) -> None:
        self._do("UPDATE state_tokens SET expires_at = ? WHERE run = ?", text(until), run)

    def revoke_state_tokens(self, run: int) -> None:
        self._do("DELETE FROM state_tokens WHERE run = ?", run)


def _of(key: StateKey) -> tuple[str, str]:
    return key.folder, key.workspace


def _version(row: sqlite3.Row) -> StateVersion:
    from runner.model.state.version import Origin, StateVersion

    return StateVersion(
        number=row["number"],
        serial=row["serial"],
        lineage=row["lineage"],
        digest=row["digest"],
        size=row["size"],
        resources=row["resources"],
        engine_version=row["engine_version"],
        origin=Origin(row["origin"]),
        by=row["by"],
        at=datetime.fromisoformat(row["at"]),
    )


def _lock(row: sqlite3.Row) -> ServedLock:
    from runner.model.state.served import ServedLock
    from runner.model.state.version import StateKey

    return ServedLock(
        key=StateKey(row["folder"], row["workspace"]),
        id=row["id"],
        info=row["info"],
        run=row["run"],
        since=datetime.fromisoformat(row["since"]),
    )
