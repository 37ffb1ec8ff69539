"""Stacks: their definitions, what is applied, their status, and successions."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from runner.model.changes.changes import Diagnostic
    from runner.model.changes.warnings import FailingCheck
    from runner.model.outputs.taken import Mark
    from runner.model.run.life import Run
    from runner.model.stack.definition import Discovered, DriftStatus, Pause, Stack


class StackReader(Protocol):
    def stack(self, name: str) -> Stack: ...
    def stacks(self, *, left: bool = False) -> list[Stack]:
        """With `left`, also those renamed, forgotten or destroyed since they left Git."""
        ...

    def successions(self) -> dict[str, str]:
        """Which stack succeeds which, new to old, as declared by an operator."""
        ...


class StackWriter(StackReader, Protocol):
    def save_discovered(self, stack: Discovered, *, problem: str | None = None) -> None:
        """Insert or update; clears `missing_since`."""
        ...

    def mark_missing(self, stack: str) -> None: ...
    def mark_problem(self, stack: str, problem: str) -> None: ...
    def mark_no_engine(self, stack: str, why: str | None) -> None:
        """Why no installed engine fits what is applied; None if one does."""
        ...

    def mark_planned(self, stack: str, inputs: str) -> None: ...
    def rename_inputs(self, stack: str, old: str, new: str) -> None:
        """Replace the old digest of what was applied or planned with the new one."""
        ...

    def mark_applied(self, run: Run) -> None:
        """Record the run's revision, inputs, outputs of other stacks, definition and module path as applied."""
        ...

    def note_outputs(self, stack: str, outputs: Sequence[Mark]) -> None:
        """Record these outputs of other stacks as what it is applied with."""
        ...

    def forget_applied(self, stack: str) -> None:
        """After a destroy: nothing is applied."""
        ...

    def say_succession(self, old: str, new: str, *, by: str) -> None:
        """An operator declares that the new stack succeeds the old one; takes effect when the old one has left Git."""
        ...

    def take_over(self, old: str, new: str, *, by: str) -> None:
        """Transfer the state of the old stack, and everything known about it, to the new one, which was just saved."""
        ...

    def leave(self, stack: str, how: str, *, by: str) -> None:
        """End the stack for good. Its runs, reports and audit entries stay."""
        ...

    def pin_state(self, stack: str, identity: str, *, by: str, reason: str) -> None:
        """A person declares where the stack's state is from now on; `identity` is its digest."""
        ...

    def pause(self, stack: str, pause: Pause | None, *, by: str) -> None: ...
    def save_check(self, stack: str, status: DriftStatus, reason: str) -> None: ...
    def save_failing_checks(self, stack: str, diagnostics: Sequence[Diagnostic]) -> tuple[FailingCheck, ...]:
        """Save them from the diagnostics of the last plan; returns the failing checks, each with when it first failed."""
        ...

    def schedule_check(self, stack: str, at: datetime | None) -> None:
        """Set when the next drift check is due; None for never."""
        ...
