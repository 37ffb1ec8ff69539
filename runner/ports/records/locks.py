"""Locks held by people, by rules and by executing runs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from runner.model.stack.lock import Lock


class LockReader(Protocol):
    def locks(self) -> list[Lock]:
        """Those of people and rules, and those of executing runs."""
        ...

    def placed_locks(self) -> list[Lock]:
        """Only those of people and rules."""
        ...

    def lock(self, stack: str) -> Lock | None: ...


class LockWriter(LockReader, Protocol):
    def place_lock(self, lock: Lock, *, by: str) -> None:
        """StackLocked if somebody else holds it."""
        ...

    def release_lock(self, stack: str, *, by: str, reason: str) -> None: ...
