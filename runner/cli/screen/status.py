"""The status page, drawn."""

from collections.abc import Iterator, Sequence
from datetime import datetime

from runner.cli.screen import cells
from runner.cli.screen.needs import need_lines
from runner.cli.screen.output import Cell, Colour, Line, Screen
from runner.model.stack.definition import DriftStatus, Health, Sync
from runner.view import words
from runner.view.need import Need
from runner.view.pool import PoolRow
from runner.view.run import RunRow
from runner.view.source import SourceRow
from runner.view.status import StackCounts, StatusPage, WaitingStage, WaitsForWindow
from runner.view.when import ago, ahead

MAX_SHOWN = 15


def status_screen(page: StatusPage, now: datetime) -> Screen:
    yield from _daemon(page)
    yield from _sources(page.sources, now)
    yield [_head("Stacks"), *_stacks(page.stacks)]
    yield [_head("Next check"), _next_check(page, now)]
    yield from _pools(page.pools)
    yield from _running(page, now)
    yield from _waiting(page.waiting, now)
    yield from _windows(page.windows)
    if page.sweep is not None:
        yield [_head("Checks"), page.sweep.sentence]
    for throttle in page.throttled:
        yield [_head("Throttled"), f"{throttle.sentence}: {throttle.reason}"]
    yield from _promotions(page.promotions)
    yield from _needs(page.needs)


def _daemon(page: StatusPage) -> Iterator[Line]:
    if page.daemon.alive:
        yield [_head("Daemon"), Cell("✔ running", "green"), f" (pid {page.daemon.pid})"]
    else:
        yield [_head("Daemon"), Cell("✗ not running", "yellow"), ". Start it with:   driftline daemon"]


def _sources(sources: Sequence[SourceRow], now: datetime) -> Iterator[Line]:
    if not sources:
        yield [_head("Sources"), "none configured"]
    for number, source in enumerate(sources):
        yield [_head("Sources" if not number else ""), *_source(source, now)]


def _source(of: SourceRow, now: datetime) -> Iterator[Cell | str]:
    at = f"{of.name}  {of.branch}@{of.revision[:7] if of.revision else '-'}"
    after = f", next {ahead(of.next_poll, now)}" if of.next_poll else ""
    yield f"{at}  polled {ago(of.polled_at, now)}{after}{f' ({of.poll_reason})' if of.poll_reason else ''}"
    if of.problem:
        yield Cell(f"  ✗ {'refused' if of.is_refused else 'failed'}", "red")
    if of.rewritten_at:
        yield Cell(f"  ! history rewritten {ago(of.rewritten_at, now)}", "yellow")


def _stacks(of: StackCounts) -> Iterator[Cell | str]:
    yield f"{of.total}: {of.sync.get(Sync.SYNCED, 0)} synced"
    axes: tuple[tuple[int, str, Colour], ...] = (
        (of.sync.get(Sync.PENDING, 0), "pending", "yellow"),
        (of.drift.get(DriftStatus.DRIFTED, 0), "drifted", "yellow"),
        (of.health.get(Health.ERROR, 0), "with errors", "red"),
        (of.health.get(Health.LOCKED, 0), "locked", "yellow"),
        (of.health.get(Health.PAUSED, 0), "paused", "dim"),
    )
    for count, word, colour in axes:
        if count:
            yield f", {count} "
            yield Cell(word, colour)
    if of.newcomers:
        yield f", and {of.newcomers} new with "
        yield Cell("problems in Git", "red")


def _next_check(page: StatusPage, now: datetime) -> str:
    return f"{page.next_check.stack} {ahead(page.next_check.at, now)}" if page.next_check else "none"


def _running(page: StatusPage, now: datetime) -> Iterator[Line]:
    for number, run in enumerate(page.running[:MAX_SHOWN]):
        head = _head("Running" if not number else "")
        yield [head, f"{run.id}  {run.stack}  ", cells.state(run), f"  {ago(run.changed_at, now)}"]
    more = len(page.running) - MAX_SHOWN
    if more > 0:
        yield [_head(""), f"and {more} more:   driftline run list --state planning --state applying"]
    if page.queued:
        runs = "1 run waits" if page.queued == 1 else f"{page.queued} runs wait"
        yield [_head("Queued"), f"{runs} for {page.queue_waits_for}"]
    if not page.running and not page.queued:
        yield [_head("Running"), "nothing"]


def _pools(pools: Sequence[PoolRow]) -> Iterator[Line]:
    for number, pool in enumerate(pools[:MAX_SHOWN]):
        yield [_head("Pools" if not number else ""), f"{pool.name}  ", *_workers(pool)]
    if len(pools) > MAX_SHOWN:
        yield [_head(""), f"and {len(pools) - MAX_SHOWN} more:   driftline pool list"]


def _workers(of: PoolRow) -> Iterator[Cell | str]:
    there = words.counted(of.workers, "worker")
    yield there if of.workers else Cell("no worker", "yellow")
    if of.silent:
        yield Cell(f", {of.silent} silent", "yellow")
    yield f"; {of.executing} executing, {of.waiting} waiting"
    if of.drained is not None:
        yield Cell(f"; drained by {of.drained.by}: {of.drained.reason}", "yellow")


def _waiting(runs: Sequence[RunRow], now: datetime) -> Iterator[Line]:
    for number, run in enumerate(runs[:MAX_SHOWN]):
        retry = f"retry {ahead(run.wait_until, now)}"
        yield [_head("Waiting" if not number else ""), f"{run.id}  {run.stack}  {run.reason}; {retry}"]


def _promotions(stages: Sequence[WaitingStage]) -> Iterator[Line]:
    for number, stage in enumerate(stages[:MAX_SHOWN]):
        yield [_head("Promotion" if not number else ""), f"{stage.stack}  {stage.reason}"]
    if len(stages) > MAX_SHOWN:
        yield [_head(""), f"and {len(stages) - MAX_SHOWN} more:   driftline promote"]


def _windows(found: Sequence[WaitsForWindow]) -> Iterator[Line]:
    for number, one in enumerate(found[:MAX_SHOWN]):
        head = _head("Windows" if not number else "")
        yield [head, f"{one.run}  {one.stack}  ", Cell(one.closed.opens, "yellow"), f"  {one.closed.why}"]
    if len(found) > MAX_SHOWN:
        yield [_head(""), f"and {len(found) - MAX_SHOWN} more:   driftline run list --state approved"]


def _needs(needs: Sequence[Need]) -> Iterator[Line]:
    yield ""
    if not needs:
        yield Cell("✔ Nothing needs you.", "green")
        return
    yield Cell(f"Needs you ({len(needs)})", "bold")
    for need in needs[:MAX_SHOWN]:
        yield from need_lines(need)
    if len(needs) > MAX_SHOWN:
        yield f"  and {len(needs) - MAX_SHOWN} more:   driftline status -o json"


def _head(text: str) -> Cell:
    return Cell(f"{text:<11} ", "dim")
