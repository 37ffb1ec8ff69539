"""What the states of stacks have, and what the accounts have."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from runner.model.inventory.managed import ManagedObject
    from runner.model.inventory.state_object import KnownState, SeenObjects


class InventoryReader(Protocol):
    def known_state(self, stack: str) -> KnownState:
        """Up to which state its objects are on record."""
        ...

    def managed_objects(self) -> Iterator[ManagedObject]:
        """Of all stacks that are in Git."""
        ...

    def objects_called(self, names: Collection[str]) -> list[ManagedObject]:
        """Those with one of these ARNs, ids or names."""
        ...

    def unread_states(self) -> list[str]:
        """Stacks that were applied and whose objects are not on record."""
        ...


class InventoryWriter(InventoryReader, Protocol):
    def save_objects(self, stack: str, seen: SeenObjects) -> None:
        """In place of those that are on record."""
        ...
