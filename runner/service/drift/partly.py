"""What runs left of a revision that is not applied as a whole, with their plans."""

from typing import TYPE_CHECKING

from runner.model.drift.partly import Partly
from runner.model.run.life import Kind, Run, State

if TYPE_CHECKING:
    from runner.ports.records.runs import RunReader


def partly_applied(reader: "RunReader", stack: str) -> tuple[Partly, ...]:
    """Newest first; empty if the state only contains the applied revision."""
    return tuple(_partly(reader, run) for run in reader.runs_partly_applied(stack))


def _partly(reader: "RunReader", run: Run) -> Partly:
    changes = reader.changes(run.id)
    return Partly(run.name, run.revision, _outcome(run), changes.resources if changes else ())


def _outcome(run: Run) -> str:
    if run.state is State.APPLIED:
        return "targeted"
    failed = "destroy" if run.kind is Kind.DESTROY else "apply"
    return "interrupted" if run.state is State.INTERRUPTED else f"{failed} failed"
