"""Definitions, kept once under their digest, whoever names them."""

from runner.model.stack.definition import StackDefinition
from runner.store.session import Session


class DefinitionWrites(Session):
    def _save_definition(self, definition: StackDefinition) -> None:
        self._do(
            "INSERT INTO definitions (digest, document) VALUES (?, ?) ON CONFLICT DO NOTHING",
            definition.digest, definition.document,
        )  # fmt: skip
