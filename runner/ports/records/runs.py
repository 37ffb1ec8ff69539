"""Runs: queued, moved along the transition table, claimed by one process, with what each of them found."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from runner.model.changes.changes import ChangeSet, Diagnostic
from runner.model.plan.step import Step
from runner.model.run.evidence import Evidence
from runner.model.run.life import Claim, Event, Kind, Run, State
from runner.model.stack.definition import StackDefinition


@dataclass(frozen=True)
class RunFilter:
    stack: str | None = None
    states: frozenset[State] | None = None
    kind: Kind | None = None
    ended_before: datetime | None = None
    by: str | None = None  # somebody had a part in it: asked for it, approved, rejected or canceled it
    since: datetime | None = None  # of its last change
    until: datetime | None = None
    below: int | None = None  # only ids below this one, for going through many in pages
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
        """The newest run of each stack; with `change_only` the newest that was no drift check."""
        ...

    def runs_partly_applied(self, stack: str) -> list[Run]:
        """Runs of another revision than the applied one that left parts of it in the state, newest first."""
        ...

    def open_runs(self, stack: str | None = None) -> list[Run]:
        """Runs that are not final, oldest first."""
        ...

    def changes(self, run_id: int) -> ChangeSet | None: ...
    def diagnostics(self, run_id: int) -> tuple[Diagnostic, ...]: ...
    def outputs(self, run_id: int) -> dict[str, Any] | None: ...
    def steps(self, run_id: int) -> tuple[Step, ...]:
        """What planning it went through, as far as it came; empty before."""
        ...

    def evidence(self, run_id: int) -> Evidence | None:
        """Of an apply whose end is not clear."""
        ...


class RunWriter(RunReader, Protocol):
    def add_run(self, new: NewRun) -> Run: ...
    def transition(self, run: Run, event: Event, *, by: str, reason: str = "", **fields: Any) -> Run:
        """Guarded by `run.version`; RunChanged where somebody was faster. `fields` are columns of Run."""
        ...

    def annotate(self, run: Run, **fields: Any) -> Run:
        """Set columns of Run without a change of state; guarded by `run.version`."""
        ...

    def claim(self, run: Run, claim: Claim) -> Run:
        """Mark as executed by this process; StackBusy where the partial unique index refuses."""
        ...

    def release(self, run: Run) -> Run: ...
    def request_cancel(self, run: Run, *, by: str) -> Run:
        """Ask the process that executes the run to stop; `Run.cancel_requested_by` says who asked."""
        ...

    def save_plan(self, run_id: int, changes: ChangeSet, diagnostics: Sequence[Diagnostic] = ()) -> None: ...
    def save_diagnostics(self, run_id: int, diagnostics: Sequence[Diagnostic]) -> None: ...
    def save_steps(self, run_id: int, steps: Sequence[Step]) -> None:
        """In the place of those of an earlier try."""
        ...

    def save_outputs(self, run_id: int, outputs: Mapping[str, Any]) -> None: ...
    def save_evidence(self, run_id: int, evidence: Evidence) -> None: ...
    def skip_numbers(self, *, run: int, report: int, more: int) -> None:
        """Give no run and no report a number up to these, nor one of the next so many."""
        ...
