"""Runs: their transitions, claims and results."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any, Protocol

from runner.model.values.frozen import dataclass

if TYPE_CHECKING:
    from runner.model.changes.changes import ChangeSet, Diagnostic
    from runner.model.plan.step import Step
    from runner.model.run.evidence import Evidence
    from runner.model.run.life import BreakGlass, Claim, Event, Kind, Run, State
    from runner.model.run.unclaimed import Unclaimed
    from runner.model.stack.definition import StackDefinition


@dataclass(frozen=True)
class RunFilter:
    stack: str | None = None
    source: str | None = None
    revision: str | None = None
    states: frozenset[State] | None = None
    kind: Kind | None = None
    ended_before: datetime | None = None
    by: str | None = None  # who requested, approved, rejected or canceled it
    since: datetime | None = None  # of its last change
    until: datetime | None = None
    previews: bool = True  # whether those of pull requests are among them
    below: int | None = None  # only ids below this one, for paging
    limit: int = 50


@dataclass(frozen=True)
class NewRun:
    stack: str
    source: str
    kind: Kind
    revision: str
    inputs: str
    definition: StackDefinition
    module_path: str
    managed_state: bool
    trigger: str
    requested_by: str
    targets: tuple[str, ...] = ()
    report: int | None = None
    file: str = ""
    reason: str = ""


class RunReader(Protocol):
    def run(self, run_id: int) -> Run: ...
    def runs(self, where: RunFilter) -> list[Run]: ...
    def last_runs(self, *, change_only: bool = False) -> dict[str, Run]:
        """The newest run of each stack; with `change_only`, the newest that is not a drift check."""
        ...

    def runs_partly_applied(self, stack: str) -> list[Run]:
        """Runs that applied parts of another revision than the applied one, newest first."""
        ...

    def heals(self, stack: str, identity: str, since: datetime) -> list[Run]:
        """Runs that heal rules let pass and that may have changed something, newest first."""
        ...

    def open_runs(self, stack: str | None = None, *, state: State | None = None) -> list[Run]:
        """Runs that are not final, oldest first; with `state` those in it."""
        ...

    def unclaimed_runs(self) -> list[Unclaimed]:
        """Queued and approved runs that nobody executes, oldest first."""
        ...

    def executing_runs(self) -> list[Run]:
        """Runs that somebody has claimed, oldest first."""
        ...

    def changes(self, run_id: int) -> ChangeSet | None: ...
    def diagnostics(self, run_id: int) -> tuple[Diagnostic, ...]: ...
    def outputs(self, run_id: int) -> dict[str, Any] | None: ...
    def steps(self, run_id: int) -> tuple[Step, ...]:
        """The steps of its plan so far; empty before it starts."""
        ...

    def evidence(self, run_id: int) -> Evidence | None:
        """Of an apply whose outcome is unclear."""
        ...


class RunWriter(RunReader, Protocol):
    def add_run(self, new: NewRun) -> Run: ...
    def transition(self, run: Run, event: Event, *, by: str, reason: str = "", **fields: Any) -> Run:
        """Guarded by `run.version`: RunChanged if the run has changed since. `fields` are columns of Run."""
        ...

    def annotate(self, run: Run, **fields: Any) -> Run:
        """Set columns of Run without a change of state; guarded by `run.version`."""
        ...

    def break_glass(self, run: Run, glass: BreakGlass, closed: str) -> Run:
        """Record an owner's word that it may be applied although its windows are closed; `closed` says which."""
        ...

    def claim(self, run: Run, claim: Claim) -> Run:
        """Mark as executed by this process; StackBusy if the partial unique index rejects it."""
        ...

    def release(self, run: Run) -> Run: ...
    def request_cancel(self, run: Run, *, by: str) -> Run:
        """Ask the process that executes the run to stop; `Run.cancel_requested_by` says who asked."""
        ...

    def save_plan(self, run_id: int, changes: ChangeSet, diagnostics: Sequence[Diagnostic] = ()) -> None: ...
    def save_diagnostics(self, run_id: int, diagnostics: Sequence[Diagnostic]) -> None: ...
    def save_steps(self, run_id: int, steps: Sequence[Step]) -> None:
        """Replaces those of an earlier attempt."""
        ...

    def save_outputs(self, run_id: int, outputs: Mapping[str, Any]) -> None: ...
    def save_evidence(self, run_id: int, evidence: Evidence) -> None: ...
    def skip_numbers(self, *, run: int, report: int, more: int) -> None:
        """Never use these numbers or lower ones, nor the next `more` numbers, for runs and reports."""
        ...
