"""What waits and what executes in one moment: from it the next runs are chosen."""

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime

from runner.model.run.life import Run
from runner.model.run.unclaimed import AnyRun, Unclaimed
from runner.model.schedule.turns import PRIORITY, crowded_out, in_turn
from runner.model.schedule.waiting import waits
from runner.model.values.frozen import dataclass


@dataclass(frozen=True)
class Queue:
    unclaimed: Sequence[Unclaimed]
    executing: Sequence[Run]
    locked: frozenset[str]  # stacks

    def in_turn(self, now: datetime, *, full: bool = False) -> list[Unclaimed]:
        """The runs that could execute now, in their order; if all slots are taken (`full`), those that others crowd out."""
        busy = {run.stack for run in self.executing}
        ordered = in_turn(ready(self.unclaimed, busy, self.locked, now), self.executing)
        return crowded_out(ordered, self.executing, now) if full else ordered


def may_be_claimed(run: Run) -> bool:
    """Whether it waits to be executed, whatever its stack does."""
    return (run.state, run.kind) in PRIORITY and run.claim is None


def ready(
    unclaimed: Iterable[AnyRun], busy: Collection[str], locked: Collection[str], now: datetime
) -> list[AnyRun]:
    """The runs whose own stack lets them execute; `busy` are stacks that execute one, `locked` those with a lock."""
    return [
        run
        for run in unclaimed
        if (run.state, run.kind) in PRIORITY
        and run.stack not in busy
        and not waits(run.wait_until, now)
        # A person's lock does not stop what only reads.
        and (run.kind.only_reads or run.stack not in locked)
    ]
