"""The whole installation on one page: whether somebody is needed, what runs, what drifted, the next check."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from enum import Enum

from runner.model.approval.guardrails import Violation
from runner.model.drift.report import DriftReport
from runner.model.run.life import Run, State
from runner.model.schedule.decide import decide
from runner.model.schedule.view import View
from runner.model.schedule.waiting import waits
from runner.model.settings.server import Settings
from runner.model.stack.definition import DriftStatus
from runner.model.values.frozen import dataclass
from runner.ports.records.store import Reader
from runner.service.cycle.restored import last_restore
from runner.service.integrity.checkpoint import last_missing
from runner.view.facts import StackFacts
from runner.view.host import Host
from runner.view.load import SweepView, ThrottleView, queue_waits_for, sweep_view, throttles
from runner.view.need import Need
from runner.view.needs import needs
from runner.view.newcomer import newcomers
from runner.view.objections import objections_to
from runner.view.pool import PoolRows, pool_rows
from runner.view.pool_needs import pool_needs
from runner.view.run import RunRows, run_rows
from runner.view.source import SourceRow, polling, source_rows
from runner.view.when import whole
from runner.view.window import ClosedView, closed_view


@dataclass(frozen=True)
class DaemonView:
    alive: bool
    pid: int | None


@dataclass(frozen=True)
class StackCounts:
    """How many stacks there are, in each state of each axis.

    `newcomers` are declared in Git too, and have had problems there ever since: they are in none of the other counts.
    """

    total: int
    sync: dict[str, int]
    drift: dict[str, int]
    health: dict[str, int]
    newcomers: int = 0


@dataclass(frozen=True)
class NextCheck:
    stack: str
    at: datetime


@dataclass(frozen=True)
class WaitingStage:
    """A stack that does not get its newest revision yet, because of a stage before it."""

    stack: str
    reason: str


@dataclass(frozen=True)
class WaitsForWindow:
    """An approved run whose windows are closed."""

    run: str
    stack: str
    closed: ClosedView


WaitForWindows = tuple[WaitsForWindow, ...]


@dataclass(frozen=True)
class StatusPage:
    """`waiting` are runs that are tried again later, `windows` those that are approved and wait for their windows;
    `queued` counts those that may start as soon as they can.
    """

    daemon: DaemonView
    sources: tuple[SourceRow, ...]
    stacks: StackCounts
    needs: tuple[Need, ...]
    running: RunRows
    waiting: RunRows
    windows: WaitForWindows
    queued: int
    queue_waits_for: str | None
    sweep: SweepView | None
    throttled: tuple[ThrottleView, ...]
    promotions: tuple[WaitingStage, ...]
    drifted: tuple[str, ...]
    next_check: NextCheck | None
    pools: PoolRows = ()


def status_page(reader: Reader, settings: Settings, host: Host, stacks: Sequence[StackFacts]) -> StatusPage:
    sources = configured_sources(reader, settings, host, stacks)
    open_runs = [run for facts in stacks for run in facts.view.open_runs]
    later = [run for run in open_runs if run.claim is None and waits(run.wait_until, host.now)]
    queued = sum(run.claim is None and run.state is State.QUEUED and run not in later for run in open_runs)
    sweep = reader.sweep()
    return StatusPage(
        daemon=DaemonView(host.daemon is not None, host.daemon),
        sources=sources,
        stacks=_counts(stacks, sum(1 for _ in newcomers(reader, settings))),
        needs=needs_now(reader, settings, host, stacks, sources, reader.reports()),
        running=run_rows(run for run in open_runs if run.claim is not None),
        waiting=run_rows(later),
        windows=waiting_for_windows(stacks),
        queued=queued,
        queue_waits_for=queue_waits_for(reader, settings, host) if queued else None,
        sweep=sweep_view(sweep, host.slots) if sweep else None,
        throttled=throttles(reader, host.now),
        promotions=tuple(_waiting_stages(stacks)),
        drifted=tuple(facts.stack.name for facts in stacks if facts.stack.drift is DriftStatus.DRIFTED),
        next_check=_next_check(stacks),
        pools=_pools(reader, settings, host, stacks),
    )


def _waiting_stages(stacks: Iterable[StackFacts]) -> Iterator[WaitingStage]:
    for facts in stacks:
        if facts.view.promotion is not None:
            decision = decide(facts.view)
            if decision.code == "promotion":
                yield WaitingStage(facts.stack.name, decision.sentence)


def waiting_for_windows(stacks: Iterable[StackFacts]) -> WaitForWindows:
    """Those that open first come first."""
    closed = sorted((facts.view for facts in stacks if facts.view.closed is not None), key=_opening)
    found = ((view.open_change, view.stack.name, closed_view(view.closed)) for view in closed)
    return tuple(
        WaitsForWindow(run.name, stack, windows)
        for run, stack, windows in found
        if run is not None and windows is not None
    )


def _opening(view: View) -> tuple[bool, datetime, str]:
    opens = view.closed.opens_at if view.closed is not None else None
    return opens is None, opens or view.now, view.stack.name


def configured_sources(
    reader: Reader, settings: Settings, host: Host, stacks: Iterable[StackFacts]
) -> tuple[SourceRow, ...]:
    polls = polling(
        reader, settings, host.answers, host.measures, daemon=host.daemon is not None, now=host.now
    )
    rows = source_rows(reader, settings, polls, (facts.stack for facts in stacks))
    return tuple(row for row in rows if row.configured)


def needs_now(
    reader: Reader,
    settings: Settings,
    host: Host,
    stacks: Sequence[StackFacts],
    sources: Sequence[SourceRow],
    reports: Sequence[DriftReport],
    objections: Mapping[int, Sequence[Violation]] | None = None,
) -> tuple[Need, ...]:
    """Everything that waits for a person, the most pressing kind first. `objections` are those to runs, where known."""
    known = objections or {}
    waiting = [
        (run, facts.judged_by if run == facts.view.open_change else None)
        for facts in stacks
        for run in facts.view.open_runs
        if _waits_for_approval(run)
    ]
    found = needs(
        stacks,
        reports,
        sources,
        host.now,
        daemon=host.daemon is not None,
        restored=last_restore(reader),
        missing=last_missing(reader),
        shortage=host.shortage,
        refused=host.refused,
        leftovers=host.leftovers,
        distrusted=reader.distrust_of(),
        dead_letters=reader.dead_letters(),
        queues=reader.queue_states(),
        objections={
            run.id: known[run.id] if run.id in known else objections_to(settings, reader, run, by)
            for run, by in waiting
        },
        of_pools=pool_needs(
            settings,
            reader,
            [facts.stack for facts in stacks],
            _pools(reader, settings, host, stacks),
            host.broker,
            host.now,
        ),
    )
    return tuple(found)


def _pools(reader: Reader, settings: Settings, host: Host, stacks: Iterable[StackFacts]) -> PoolRows:
    waiting = (facts.view.open_change for facts in stacks if facts.view.closed is not None)
    return pool_rows(settings, reader, host.now, {run.id for run in waiting if run is not None})


def _waits_for_approval(run: Run) -> bool:
    return run.state is State.AWAITING_APPROVAL


def _counts(stacks: Sequence[StackFacts], newcomers: int) -> StackCounts:
    return StackCounts(
        total=len(stacks),
        sync=_count(facts.stack.sync for facts in stacks),
        drift=_count(facts.stack.drift for facts in stacks),
        health=_count(facts.health[0] for facts in stacks),
        newcomers=newcomers,
    )


def _count(values: Iterable[Enum]) -> dict[str, int]:
    return {value.value: count for value, count in Counter(values).items()}


def _next_check(stacks: Sequence[StackFacts]) -> NextCheck | None:
    due = [(at, facts.stack.name) for facts in stacks if (at := facts.next_check_at) is not None]
    if not due:
        return None
    at, name = min(due, key=lambda one: one[0])
    return NextCheck(name, whole(at))
