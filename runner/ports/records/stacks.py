"""Stacks: what Git says of them, what is applied, how they stand, and who took whose place."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from runner.model.changes.changes import Diagnostic
from runner.model.changes.warnings import FailingCheck
from runner.model.run.life import Run
from runner.model.stack.definition import Discovered, DriftStatus, Pause, Stack


class StackReader(Protocol):
    def stack(self, name: str) -> Stack: ...
    def stacks(self, *, left: bool = False) -> list[Stack]:
        """With `left` also those that are renamed, forgotten or destroyed since they left Git."""
        ...

    def successions(self) -> dict[str, str]:
        """Which stack takes the place of which, new to old, by an operator's word."""
        ...

    def moved_by(self, source: str, revision: str) -> int:
        """How many stacks moved last with this revision."""
        ...


class StackWriter(StackReader, Protocol):
    def save_discovered(self, stack: Discovered, *, problem: str | None = None) -> None:
        """Insert or update; clears `missing_since`."""
        ...

    def mark_missing(self, stack: str) -> None: ...
    def mark_problem(self, stack: str, problem: str) -> None: ...
    def mark_planned(self, stack: str, inputs: str) -> None: ...
    def rename_inputs(self, stack: str, old: str, new: str) -> None:
        """What was applied or planned with the old digest was so with the new one."""
        ...

    def mark_applied(self, run: Run) -> None:
        """Take the run's revision, inputs, definition and module path as what is applied."""
        ...

    def forget_applied(self, stack: str) -> None:
        """After a destroy: nothing is applied any more."""
        ...

    def say_succession(self, old: str, new: str, *, by: str) -> None:
        """An operator says that the new stack is the old one; it becomes true when the old one has left Git."""
        ...

    def take_over(self, old: str, new: str, *, by: str) -> None:
        """The new stack, just saved, has the old one's state from now on, and all that is known of it."""
        ...

    def leave(self, stack: str, how: str, *, by: str) -> None:
        """For good: nothing is asked of it any more. Its runs, reports and audit entries stay."""
        ...

    def pin_state(self, stack: str, identity: str, *, by: str, reason: str) -> None:
        """A person says that the stack's state is there from now on; `identity` is its digest."""
        ...

    def pause(self, stack: str, pause: Pause | None, *, by: str) -> None: ...
    def save_check(self, stack: str, status: DriftStatus, reason: str) -> None: ...
    def save_failing_checks(self, stack: str, diagnostics: Sequence[Diagnostic]) -> tuple[FailingCheck, ...]:
        """By what the last look at the stack said; the checks that fail, each with when it first did."""
        ...

    def schedule_check(self, stack: str, at: datetime | None) -> None:
        """When the next drift check is due; None where none will be."""
        ...
