"""Locks of people, of rules, and of the runs that execute."""

from typing import Protocol

from runner.model.stack.lock import Lock


class LockReader(Protocol):
    def locks(self) -> list[Lock]:
        """Holds of people and rules, and the runs that execute."""
        ...

    def placed_locks(self) -> list[Lock]:
        """Only those of people and rules."""
        ...

    def lock(self, stack: str) -> Lock | None: ...


class LockWriter(LockReader, Protocol):
    def place_lock(self, lock: Lock, *, by: str) -> None:
        """StackLocked where somebody holds it."""
        ...

    def release_lock(self, stack: str, *, by: str, reason: str) -> None: ...
