"""The declarations of stacks that count: the one in Git, and earlier ones until a run on the newer one is applied."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from datetime import datetime
from typing import TYPE_CHECKING

from runner.store.definitions import DefinitionReads, DefinitionWrites
from runner.store.rows import definition_of, text

if TYPE_CHECKING:
    from runner.model.approval.approval import Review
    from runner.model.approval.terms import Declaration

_DECLARED = "SELECT c.*, d.document FROM declarations c JOIN definitions d ON d.digest = c.definition"


class DeclarationReads(DefinitionReads):
    def declarations(self, stack: str) -> list[tuple[Declaration, datetime]]:
        """Oldest first, each with the time it was first seen."""
        rows = self._all(f"{_DECLARED} WHERE c.stack = ? ORDER BY c.id", stack)
        return [(_declaration(row), datetime.fromisoformat(row["seen_at"])) for row in rows]

    def former_dependencies(self) -> dict[str, tuple[str, ...]]:
        """Former dependencies of stacks, by declarations that still count."""
        newest = "SELECT max(id) FROM declarations GROUP BY stack"
        rows = self._all(f"{_DECLARED} WHERE c.id NOT IN ({newest}) ORDER BY c.id")
        found: dict[str, tuple[str, ...]] = {}
        for row in rows:
            names = definition_of(row["document"]).dependencies
            found[row["stack"]] = tuple(dict.fromkeys((*found.get(row["stack"], ()), *names)))
        return found

    def review(self, stack: str) -> Review | None:
        from runner.model.approval.approval import Review

        row = self._one(
            "SELECT r.*, d.document FROM reviews r JOIN definitions d ON d.digest = r.definition WHERE r.stack = ?",
            stack,
        )
        if row is None:
            return None
        return Review(
            stack=row["stack"],
            source=row["source"],
            revision=row["revision"],
            definition=definition_of(row["document"]),
            module_path=row["module_path"],
            file=row["file"],
            at=datetime.fromisoformat(row["at"]),
        )


class DeclarationWrites(DeclarationReads, DefinitionWrites):
    def kin(self, stack: str, new: Declaration) -> list[Declaration]:
        """Earlier declarations of other stacks with its state, its root module, or its file, that left Git."""
        rows = self._all(
            f"""
            {_DECLARED} JOIN stacks s ON s.name = c.stack
            WHERE c.stack <> ? AND c.seen_at < ? AND (
                c.identity = ?
                OR (c.source = ? AND c.module_path = ?)
                OR (c.source = ? AND c.file = ? AND s.missing_since IS NOT NULL)
            ) ORDER BY c.id
            """,
            stack, text(self._now), new.identity, new.source, new.module_path, new.source, new.file,
        )  # fmt: skip
        return [_declaration(row) for row in rows]

    def add_declaration(self, stack: str, declared: Declaration) -> None:
        self._save_definition(declared.definition)
        self._insert(
            "declarations",
            {
                "stack": stack,
                "source": declared.source,
                "module_path": declared.module_path,
                "identity": declared.identity,
                "file": declared.file,
                "revision": declared.revision,
                "definition": declared.definition.digest,
                "seen_at": text(self._now),
            },
        )

    def renew_declaration(self, old: Declaration, new: Declaration) -> None:
        """The same terms in a newer commit."""
        row = {"file": new.file, "revision": new.revision, "definition": new.definition.digest}
        self._update("declarations", row, {"id": old.id})

    def drop_declarations(self, declared: Iterable[Declaration]) -> None:
        for one in declared:
            self._do("DELETE FROM declarations WHERE id = ?", one.id)

    def save_review(self, review: Review) -> None:
        row = {
            "stack": review.stack,
            "source": review.source,
            "revision": review.revision,
            "definition": review.definition.digest,
            "module_path": review.module_path,
            "file": review.file,
            "at": text(review.at),
        }
        self._upsert("reviews", row, "stack")

    def forget_review(self, stack: str) -> None:
        self._do("DELETE FROM reviews WHERE stack = ?", stack)


def _declaration(row: sqlite3.Row) -> Declaration:
    from runner.model.approval.terms import Declaration

    return Declaration(
        definition=definition_of(row["document"]),
        source=row["source"],
        module_path=row["module_path"],
        identity=row["identity"],
        file=row["file"],
        revision=row["revision"],
        id=row["id"],
    )
