"""What is known of the outputs in stacks' states: keyed digests. Values are in sealed artifacts."""

from __future__ import annotations

import json
from collections.abc import Collection
from functools import lru_cache
from typing import TYPE_CHECKING

from runner.store.rows import Value, compact, strings_of
from runner.store.session import Session

if TYPE_CHECKING:
    from runner.model.outputs.known import KnownOutputs, SeenOutputs

_MAX_NAMES = 500  # in one query


class OutputReads(Session):
    def known_outputs(self, stacks: Collection[str] | None = None) -> dict[str, KnownOutputs]:
        """Of these stacks, or of all of which any are known."""
        from runner.model.outputs.known import KnownOutputs

        if stacks is None or len(stacks) > _MAX_NAMES:
            rows = self._all("SELECT * FROM outputs")
        else:
            marks = ", ".join("?" * len(stacks))
            rows = self._all(f"SELECT * FROM outputs WHERE stack IN ({marks})", *stacks)  # noqa: S608 - marks
        return {
            row["stack"]: KnownOutputs(
                run=row["run"],
                digests=_digests(row["digests"]),
                sensitive=strings_of(row["sensitive"]),
                lineage=row["lineage"],
                serial=row["serial"],
                found=bool(row["found"]),
            )
            for row in rows
        }

    def owners(self, identities: Collection[str]) -> dict[str, str]:
        """The stacks that keep these states, by the digest of the state's identity."""
        marks = ", ".join("?" * len(identities))
        sql = f"SELECT name, identity FROM stacks WHERE missing_since IS NULL AND identity IN ({marks})"  # noqa: S608
        return {row["identity"]: row["name"] for row in self._all(sql, *identities)}

    def outputs_used(self, stack: str, identity: str) -> bool:
        """Whether another stack may use outputs of this one, whose state has this identity.

        By the text of the definitions that take any, which takes milliseconds for ten thousand of them.
        """
        sql = """
            SELECT 1 FROM stacks s INDEXED BY stacks_with_outputs JOIN definitions d ON d.digest = s.definition
            WHERE s.uses_outputs = 1 AND s.missing_since IS NULL AND s.name <> ?
            AND (instr(d.document, ?) > 0 OR instr(s.remote_reads, ?) > 0) LIMIT 1
        """
        return self._one(sql, stack, f'"stack":"{stack}"}}', identity) is not None


class OutputWrites(OutputReads):
    def save_known_outputs(self, stack: str, run: int, seen: SeenOutputs) -> None:
        row: dict[str, Value] = {
            "stack": stack,
            "run": run,
            "digests": compact(seen.digests),
            "sensitive": compact(seen.sensitive),
            "lineage": seen.lineage,
            "serial": seen.serial,
            "found": seen.found,
        }
        self._upsert("outputs", row, "stack")

    def forget_outputs(self, stack: str) -> None:
        """What the state has is not known any longer."""
        self._do("DELETE FROM outputs WHERE stack = ?", stack)


@lru_cache(maxsize=1 << 14)
def _digests(document: str) -> dict[str, str]:
    found: dict[str, str] = json.loads(document)
    return found
