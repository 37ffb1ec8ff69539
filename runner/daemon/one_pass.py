"""One full pass without a daemon, for cron: recover, poll, plan, check what is due, apply what is approved."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from runner.daemon.channels import all_once, deliver_once
from runner.daemon.forges import kept_at_forges
from runner.daemon.journal import Journal
from runner.daemon.parts import Parts
from runner.daemon.pools import Pools
from runner.daemon.settle import settle
from runner.daemon.suspects import explain_once
from runner.daemon.timetable import POLL_THREADS
from runner.errors import DriftlineError
from runner.model.preview.heads import PullHeads
from runner.model.run.life import Run
from runner.model.settings.source import SourceSettings
from runner.service.cycle.notify import begin_notifying
from runner.service.cycle.prune import prune
from runner.service.cycle.recover import recover
from runner.service.forge.commands import Perform
from runner.service.queue.enqueue import enqueue_due
from runner.worker import Pool

LOOK_SECONDS = 1.0  # how often it is seen that a person, or another run, wants a run to stop


def run_once(parts: Parts, report: Callable[[str], None], in_comments: Perform) -> list[Run]:
    """Returns the runs as they ended. `in_comments` does what people ask for at forges."""
    ended: list[Run] = []
    control = parts.worker.control
    parts.worker.settled = ended.append
    begin_notifying(control.store, parts.notified)
    settle(parts)
    recovered = recover(control)
    for run in recovered.ended:
        report(f"{run.name} of {run.stack}: {run.reason}")
    if shortage := control.disk.shortage():
        report(shortage)
    with control.store.writing() as writer:
        writer.take_wakes()  # all are polled now
        writer.forget_consumers(but={*parts.consumers, Journal.name})
    _poll(parts, report)
    pool = Pool(parts.worker, parts.slots)
    for assignment in recovered.adopted:
        report(f"{assignment.job.name} of {assignment.job.stack.name}: following its apply to the end")
        pool.attend(assignment)
    try:
        while True:
            pool.freed.clear()
            # A run that ends from here on may make something else due, so it is decided again afterwards.
            was_busy = bool(pool.busy)
            enqueue_due(control.store, control.clock, control.settings.promotion)
            if not pool.fill() and not was_busy:
                break
            while not pool.freed.wait(LOOK_SECONDS):
                parts.worker.pass_on_cancels()
    finally:
        pool.stop_plans()
        pool.close()
    parts.worker.record_missing()
    if parts.pools is not None:
        _announce(parts.pools, report)
    try:
        for problem in prune(control, parts.worker.ports.workspaces, parts.trees).problems:
            report(f"retention: {problem}")
    except DriftlineError as error:
        report(f"retention: {error.message}")  # the next pass tries again; what was done is done
    explain_once(parts, report)
    deliver_once(control.store, control.clock, parts.notified, report)
    _look_at_forges(parts, report, in_comments)
    return ended


def _look_at_forges(parts: Parts, report: Callable[[str], None], in_comments: Perform) -> None:
    """What comments ask for is due in the next pass."""
    if parts.at_forges is None:
        return
    control = parts.worker.control

    def tell(source: str, problem: str) -> None:
        report(f"forge of {source}: {problem}")

    kept = kept_at_forges(
        control.store, control.clock, parts.settings.sources, parts.at_forges, in_comments, tell
    )
    all_once(one.look for one in kept.values())
    parts.at_forges.forges.close()


def _announce(pools: Pools, report: Callable[[str], None]) -> None:
    """What workers of pools execute until the next pass; `driftline web` grants it and records how it ends."""
    try:
        for one in pools.once():
            report(f"run-{one.run}: announced to pool {one.pool}")
        pools.prune()
    except DriftlineError as error:
        report(f"pools: {error.message}")
    if pools.problem is not None:
        report(f"pools: {pools.problem.text}")


def _poll(parts: Parts, report: Callable[[str], None]) -> None:
    """In parallel: a remote that does not answer takes half a minute."""
    with ThreadPoolExecutor(min(POLL_THREADS, len(parts.settings.sources) or 1)) as threads:
        polls = threads.map(parts.poller.poll, parts.settings.sources)
        taken: list[tuple[SourceSettings, PullHeads | None]] = []
        for source, polled in zip(parts.settings.sources, polls, strict=True):
            report(f"source {polled.source}: {polled.problem or polled.revision}")
            for line in polled.problems + polled.notes:
                report(f"  {line}")
            if not polled.problem:
                taken.append((source, polled.pulls))
        for looked in threads.map(lambda one: parts.previewer.look(*one), taken):
            if looked.problem or looked.moved:
                report(f"pull requests of {looked.source}: {looked.problem or f'{looked.moved} moved'}")
