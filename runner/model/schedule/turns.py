"""The order of runs: the most urgent first, and with equal urgency the sources take turns."""

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from runner.model.run.life import Kind, Run, State, Trigger
from runner.model.run.unclaimed import AnyRun, Unclaimed

PRIORITY: dict[tuple[State, Kind], int] = {
    (State.APPROVED, Kind.CHANGE): 0,
    (State.APPROVED, Kind.DESTROY): 0,
    (State.QUEUED, Kind.CHANGE): 1,
    (State.QUEUED, Kind.DESTROY): 1,
    (State.QUEUED, Kind.PREVIEW): 2,
    (State.QUEUED, Kind.DRIFT): 3,
}
LEAST_URGENT = PRIORITY[State.QUEUED, Kind.DRIFT]  # nothing comes after scheduled checks
# A check that a person waits for.
ASKED_FOR = 1.5
# A slot that was not free again after this is probably held by something that hangs.
PATIENCE = timedelta(minutes=1)


def priority(run: Run | Unclaimed) -> float:
    """Lower is sooner: an apply, then a plan of a change, a preview, a drift check. A requested check comes before previews."""
    asked = run.kind is Kind.DRIFT and run.trigger is Trigger.MANUAL
    return PRIORITY[run.state, run.kind] - (ASKED_FOR if asked else 0)


def in_turn(ready: Iterable[AnyRun], executing: Iterable[Run]) -> list[AnyRun]:
    """The order in which runs start; a source with many waiting or running runs only gets every n-th turn."""
    turns: Counter[tuple[float, str]] = Counter()
    served = Counter(run.source for run in executing)
    order = []
    for run in sorted(ready, key=lambda run: run.id):
        urgency = priority(run)
        turn = served[run.source] + turns[urgency, run.source]
        turns[urgency, run.source] += 1
        order.append((urgency, turn, run.id, run))
    return [run for *_, run in sorted(order, key=lambda entry: entry[:3])]


def crowded_out(ordered: Sequence[AnyRun], executing: Sequence[Run], now: datetime) -> list[AnyRun]:
    """Runs that may start although every slot is taken: from sources with none but previews, when no slot has moved for long.

    What only reads can wait; and a hanging run uses no processor, so one more does little harm.
    """
    if any(run.claim is not None and run.claim.since > now - PATIENCE for run in executing):
        return []
    # Whoever opens a pull request decides how long its previews take.
    served = {run.source for run in executing if run.kind is not Kind.PREVIEW}
    return [run for run in ordered if run.source not in served and not run.kind.only_reads]


def without_previews_in_the_way(ordered: Iterable[AnyRun]) -> list[AnyRun]:
    """No preview begins while anything else of its stack may: it would be stopped at once."""
    runs = list(ordered)
    wanted = _held_by(run for run in runs if run.kind is not Kind.PREVIEW)
    return [run for run in runs if run.kind is not Kind.PREVIEW or not wanted & _held_by([run])]


def previews_in_the_way(ready: Iterable[Run | Unclaimed], executing: Iterable[Run]) -> list[Run]:
    """Executing previews of stacks, or of their states, that something else waits for.

    Whoever opens a pull request decides how long its plans take, and one may hang until its timeout.
    """
    wanted = _held_by(run for run in ready if run.kind is not Kind.PREVIEW)
    return [run for run in executing if run.kind is Kind.PREVIEW and wanted & _held_by([run])]


def _held_by(runs: Iterable[Run | Unclaimed]) -> set[str]:
    """Of which only one run executes at a time: stacks by name, and states by the digest of where they are."""
    return {held for run in runs for held in (f"stack {run.stack}", f"state {run.identity or run.stack}")}
