"""Retention: remove what is old, and never what an open run, a stack or an open report needs."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from runner import failpoint
from runner.model.run import HALF_CHANGED, Run
from runner.ports import ControlPorts, Reader, RunFilter, Store, Trees, Workspaces
from runner.service.clear import clear

PAGE = 1000
PLANS = frozenset({"plan.tfplan", "fresh.tfplan"})
# Whoever has just recorded the end of a run may still be putting its files away.
SETTLED = timedelta(hours=1)


@dataclass(frozen=True)
class Pruned:
    runs: int = 0
    plans: int = 0
    logs: int = 0
    reports: int = 0
    trees: int = 0
    scratches: int = 0
    unfinished: int = 0


def prune(control: ControlPorts, workspaces: Workspaces, trees: Trees) -> Pruned:
    """One pass. Every part may fail and be done again: rows go first, files after them."""
    now, keep = control.clock.now(), control.settings.retention
    with control.store.reading() as reader:
        needed_trees = _needed_trees(reader)
    plans = sum(
        _remove_plans(control, run.id)
        for run in _ended(control.store, now - SETTLED)
        if _is_spent(run, now - timedelta(seconds=keep.plans))
    )
    logs = sum(
        workspaces.remove_log(run.id) for run in _ended(control.store, now - timedelta(seconds=keep.logs))
    )
    with control.store.writing() as writer:
        gone = writer.prune_runs(now - timedelta(seconds=keep.runs))
        reports = writer.prune_reports(now - timedelta(seconds=keep.reports))
        writer.prune_outbox(now - timedelta(seconds=keep.logs))
    failpoint.reach("prune.after_commit")
    for run_id in gone:
        for name in control.artifacts.names(run_id):
            control.artifacts.remove(run_id, name)
        workspaces.discard(run_id)
        workspaces.remove_log(run_id)
    return Pruned(
        runs=len(gone),
        plans=plans,
        logs=logs,
        reports=len(reports),
        trees=trees.keep_only(needed_trees, now),
        scratches=clear(control),
        unfinished=workspaces.remove_unfinished(now - SETTLED) + control.claims.remove_free(),
    )


def _ended(store: Store, before: datetime) -> Iterator[Run]:
    """Newest first, a page at a time: a long history must not fill the daemon's memory."""
    below: int | None = None
    while True:
        with store.reading() as reader:
            page = reader.runs(RunFilter(ended_before=before, below=below, limit=PAGE))
        yield from page
        if len(page) < PAGE:
            return
        below = page[-1].id


def _is_spent(run: Run, before: datetime) -> bool:
    """A plan that can never be applied any more is of no use and full of secrets; where an apply ended badly, it may
    still tell a person what was under way. What a run would have done is shown from its masked plan.
    """
    return run.state not in HALF_CHANGED or run.changed_at < before


def _remove_plans(control: ControlPorts, run_id: int) -> int:
    names = [name for name in control.artifacts.names(run_id) if name in PLANS]
    for name in names:
        control.artifacts.remove(run_id, name)
    return len(names)


def _needed_trees(reader: Reader) -> frozenset[tuple[str, str]]:
    """(source, revision) of every tree that a run or the next check will need again."""
    stacks = {(stack.source, stack.revision) for stack in reader.stacks()}
    applied = {(stack.source, stack.applied_revision) for stack in reader.stacks() if stack.applied_revision}
    runs = {(run.source, run.revision) for run in reader.open_runs()}
    return frozenset(stacks | applied | runs)
