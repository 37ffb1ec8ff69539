"""The earlier runs of a stack: what was secret in one of them stays secret."""

from typing import TYPE_CHECKING

from runner.ports.records.runs import RunFilter

if TYPE_CHECKING:
    from runner.ports.records.runs import RunReader

# Runs that ended before planning store no secrets, so the search goes further back.
MOST = 25


def earlier_runs(reader: "RunReader", stack: str, *, below: int | None = None) -> tuple[int, ...]:
    """Their numbers, the newest first; with `below`, those before that run."""
    return tuple(run.id for run in reader.runs(RunFilter(stack=stack, below=below, limit=MOST)))
