"""Retention: remove what is old, but nothing that an open run, a stack or an open report needs."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from typing import TypeVar

from runner import failpoint
from runner.errors import DatabaseRefused, DatabaseUnwritable, DriftlineError
from runner.model.execution.daemon_request import KEPT_FOR
from runner.model.run.life import HALF_CHANGED, Run
from runner.model.values.frozen import dataclass
from runner.ports.control import ControlPorts
from runner.ports.git import Trees
from runner.ports.records.joined import StackUseReader
from runner.ports.records.runs import RunFilter
from runner.ports.records.store import Store
from runner.ports.workspace import Workspaces
from runner.service.cycle.cleanup import clear
from runner.service.state.retain import retain

T = TypeVar("T")
PAGE = 1000
EVENTS_KEPT = timedelta(days=90)  # as long as CloudTrail's own history
MOST_EVENTS = 200_000
PLANS = frozenset({"plan.tfplan", "fresh.tfplan"})
# A process that just recorded the end of a run may still be moving its files.
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
    sealed: int = 0  # copies of `init` results
    recordings: int = 0  # of checks of stacks that are gone
    state_versions: int = 0
    quarantined: int = 0  # trees that could not be removed yet
    problems: tuple[str, ...] = ()


def prune(control: ControlPorts, workspaces: Workspaces, trees: Trees) -> Pruned:
    """One pass. A failure for one run or one source is reported, retried by the next pass, and stops nothing else."""
    now, keep = control.clock.now(), control.settings.retention
    with control.store.reading() as reader:
        needed_trees = _needed_trees(reader)
        states = [kept.key for kept in reader.kept_states()]
        checked = [stack.name for stack in reader.stacks() if stack.missing_since is None]
    each = _Each()
    spent = (
        run.id
        for run in _ended(control.store, now - SETTLED)
        if _is_spent(run, now - timedelta(seconds=keep.plans))
    )
    old = (run.id for run in _ended(control.store, now - timedelta(seconds=keep.logs)))
    done = Pruned(
        plans=each("the plans of run-{}", spent, lambda run_id: _remove_plans(control, run_id)),
        scratches=each("the directories of finished runs", ("",), lambda _: clear(control)),
        logs=each("the log of run-{}", old, workspaces.remove_log),
        trees=each("exported trees", ("",), lambda _: trees.keep_only(needed_trees, now)),
        unfinished=each("unfinished files", ("",), lambda _: workspaces.remove_unfinished(now - SETTLED))
        + each("claims", ("",), lambda _: control.claims.remove_free()),
        sealed=each("what init left", ("",), lambda _: workspaces.forget_unused(now)),
        recordings=each("recorded checks", ("",), lambda _: workspaces.keep_recordings(checked)),
        state_versions=each("versions of the state of {0.folder}", states, lambda key: retain(control, key)),
        quarantined=each("the quarantine", ("",), lambda _: workspaces.clear_quarantine()),
    )
    # First rows, then files.
    with control.store.writing() as writer:
        gone = writer.prune_runs(now - timedelta(seconds=keep.runs))
        reports = writer.prune_reports(now - timedelta(seconds=keep.reports))
        writer.prune_listings(now - timedelta(seconds=keep.reports))
        writer.prune_pull_requests(now - timedelta(seconds=keep.runs))
        writer.prune_outbox(now - timedelta(seconds=keep.logs))
        writer.prune_requests(now - KEPT_FOR)
        writer.prune_cloud_events(now - EVENTS_KEPT, MOST_EVENTS)
    failpoint.reach("prune.after_commit")
    each("what is left of run-{}", gone, lambda run_id: _remove_files(control, workspaces, run_id))
    return replace(done, runs=len(gone), reports=len(reports), problems=tuple(each.problems))


class _Each:
    """Do the same for each, continue after failures, and sum up the counts."""

    def __init__(self) -> None:
        self.problems: list[str] = []

    def __call__(self, what: str, items: Iterable[T], work: Callable[[T], int]) -> int:
        count = 0
        for item in items:
            try:
                count += work(item)
            except (DatabaseRefused, DatabaseUnwritable):
                raise
            except (DriftlineError, OSError) as error:
                self.problems.append(f"{what.format(item)}: {error}")
        return count


def _remove_files(control: ControlPorts, workspaces: Workspaces, run_id: int) -> int:
    workspaces.discard(run_id)
    workspaces.remove_log(run_id)
    for name in control.artifacts.names(run_id):
        control.artifacts.remove(run_id, name)
    return 1


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
    """A plan that can no longer be applied is useless and full of secrets; after a failed apply it may still
    show a person what was under way. A run's changes are shown from its masked plan.
    """
    return run.state not in HALF_CHANGED or run.changed_at < before


def _remove_plans(control: ControlPorts, run_id: int) -> int:
    names = [name for name in control.artifacts.names(run_id) if name in PLANS]
    for name in names:
        control.artifacts.remove(run_id, name)
    return len(names)


def _needed_trees(reader: StackUseReader) -> frozenset[tuple[str, str]]:
    """(source, revision) of every tree that a run or the next check will need again."""
    stacks = {(stack.source, stack.revision) for stack in reader.stacks()}
    applied = {(stack.source, stack.applied_revision) for stack in reader.stacks() if stack.applied_revision}
    runs = {(run.source, run.revision) for run in reader.open_runs()}
    return frozenset(stacks | applied | runs)
