"""Definitions, stored once by digest, however many rows refer to them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from runner.errors import NotFound
from runner.store.rows import definition_of
from runner.store.session import Session

if TYPE_CHECKING:
    from runner.model.stack.definition import StackDefinition


class DefinitionReads(Session):
    def definition(self, digest: str) -> StackDefinition:
        row = self._one("SELECT document FROM definitions WHERE digest = ?", digest)
        if row is None:
            raise NotFound(what="definition", name=digest)
        return definition_of(row["document"])


class DefinitionWrites(Session):
    def _save_definition(self, definition: StackDefinition) -> None:
        self._do(
            "INSERT INTO definitions (digest, document) VALUES (?, ?) ON CONFLICT DO NOTHING",
            definition.digest, definition.document,
        )  # fmt: skip
