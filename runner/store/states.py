"""What is known of the stacks' states, so that one that was lost or exchanged is noticed."""

import sqlite3
from datetime import datetime

from runner.errors import StackNotFound
from runner.model.approval.guardrails import SeenState
from runner.store.rows import Value, text
from runner.store.session import Session


class StateReads(Session):
    def seen_state(self, stack: str) -> SeenState | None:
        row = self._one("SELECT * FROM seen_states WHERE stack = ?", stack)
        if row is None:
            return None
        at = datetime.fromisoformat(row["at"])
        return SeenState(row["lineage"], row["serial"], row["resources"], at, row["seen_by"])


class StateWrites(StateReads):
    def save_seen_state(self, stack: str, seen: SeenState) -> None:
        row: dict[str, Value] = {
            "stack": stack,
            "lineage": seen.lineage,
            "serial": seen.serial,
            "resources": seen.resources,
            "at": text(seen.at),
            "seen_by": seen.by,
        }
        try:
            self._upsert("seen_states", row, "stack")
        except sqlite3.IntegrityError as error:
            raise StackNotFound(stack=stack) from error
