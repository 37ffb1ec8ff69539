"""Runs that execute, and so keep people from changing their stack."""

from collections.abc import Iterable

from runner.errors import StackBusy
from runner.model.run.life import Run


def busy(run: Run, **facts: str) -> StackBusy:
    """The error that names the run and since when it is in its state."""
    since = f"{run.changed_at:%H:%M:%S} UTC"
    return StackBusy(stack=run.stack, run=run.name, state=run.state, since=since, **facts)


def refuse_executing(runs: Iterable[Run], *, checks: bool = True) -> None:
    """StackBusy if one of them executes; without `checks`, drift checks are ignored, as they change nothing."""
    for run in runs:
        if run.claim is not None and (checks or not run.kind.only_reads):
            raise busy(run)
