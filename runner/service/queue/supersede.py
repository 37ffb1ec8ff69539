"""Supersede runs that wait for what has moved on."""

from runner.model.run.life import WAITING, Event, Kind, Run
from runner.ports.records.runs import RunWriter


def supersede_waiting(
    writer: RunWriter, stack: str, *, by: str, reason: str, successor: int | None = None
) -> list[Run]:
    """Supersede the waiting change runs of a stack; executing ones check for themselves."""
    return [
        writer.transition(run, Event.SUPERSEDE, by=by, reason=reason, superseded_by=successor)
        for run in writer.open_runs(stack)
        if run.kind is Kind.CHANGE and run.state in WAITING and run.claim is None
    ]
