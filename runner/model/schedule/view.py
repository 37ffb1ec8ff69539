"""Everything that is known of one stack when it is decided what happens to it."""

from collections.abc import Mapping
from dataclasses import field
from datetime import datetime

from runner.model.promotion.rules import Held
from runner.model.run.life import Kind, Run
from runner.model.stack.definition import Stack
from runner.model.stack.lock import Lock
from runner.model.values.frozen import dataclass
from runner.model.window.closed import Closed


@dataclass(frozen=True)
class View:
    """Everything that decides about one stack. `waits_for` names dependencies that are not applied yet."""

    stack: Stack
    now: datetime
    lock: Lock | None = None
    open_runs: tuple[Run, ...] = ()
    last_change: Run | None = None
    waits_for: tuple[str, ...] = ()
    source_problem: str | None = None
    shortage: str | None = None  # of disk space
    crowds: Mapping[str, str] = field(default_factory=dict)  # accounts that start no run right now, and why
    promotion: Held | None = None  # why it does not get its newest revision yet
    closed: Closed | None = None  # the windows that its approved run waits for
    unread: tuple[str, ...] = ()  # stacks whose outputs it takes and nobody has read yet
    absent: tuple[str, ...] = ()  # sentences about outputs that it takes and that do not exist
    used_by: Mapping[str, tuple[str, ...]] = field(
        default_factory=dict
    )  # stacks that use its outputs, and which
    outputs_read: bool = False  # whether its own outputs are known

    @property
    def open_change(self) -> Run | None:
        return next((run for run in self.open_runs if not run.kind.only_reads), None)

    @property
    def open_check(self) -> Run | None:
        return next((run for run in self.open_runs if run.kind is Kind.DRIFT), None)

    @property
    def needed_by(self) -> tuple[str, ...]:
        """The stacks that use its outputs, which nobody has read yet."""
        return () if self.outputs_read else tuple(self.used_by)

    @property
    def paused(self) -> bool:
        pause = self.stack.pause
        return self.stack.definition.paused or (pause is not None and pause.holds(self.now))
