"""Dispatch work: claim one run at a time, the most urgent first, and record how it ended."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from types import MappingProxyType

from runner import failpoint
from runner.errors import Conflict, NoRoom, NotFound, RunChanged, WrongState
from runner.model.audit.actor import DAEMON
from runner.model.execution.job import Job
from runner.model.run.life import Claim, Event, Kind, Run, State
from runner.model.run.unclaimed import AnyRun, Unclaimed
from runner.model.schedule.load import Share, fits, need
from runner.model.schedule.queue import Queue, ready
from runner.model.schedule.turns import previews_in_the_way, without_previews_in_the_way
from runner.model.settings.server import Settings
from runner.model.settings.source import SourceSettings
from runner.model.values.size import parse_size
from runner.model.window.closed import Openings
from runner.ports.control import ControlPorts
from runner.ports.keeping import HeldClaim
from runner.ports.records.joined import RunConsentReader, StackUseReader
from runner.ports.records.locks import LockReader
from runner.ports.records.runs import RunWriter
from runner.ports.records.stacks import StackReader
from runner.ports.records.store import Reader, Writer
from runner.service.approval.healing import still_heals
from runner.service.approval.standing import standing_now
from runner.service.approval.terms import run_terms
from runner.service.approval.windows import kept_closed
from runner.service.cycle.job import job_of
from runner.service.cycle.placed import placement_of, planned_elsewhere
from runner.service.outcome.plan import replan
from runner.service.queue.assignment import Assignment
from runner.service.queue.outputs import outputs_of
from runner.service.queue.views import full_accounts

Taken = Mapping[int, int]  # by run: the memory that its processes use now
# The first one can rarely not be claimed, because somebody else was faster or holds its files.
_TRIED = (1, 20)


def next_assignment(
    control: ControlPorts,
    *,
    only: int | None = None,
    full: bool = False,
    taken: Taken = MappingProxyType({}),
) -> Assignment | None:
    """Claim the most urgent run that may execute now, or None. With `only`, that run or nothing.

    If all slots are taken (`full`), only a run of a source that others crowd out. NoRoom if the disk is full
    and this run is wanted; otherwise all wait until there is space.
    """
    if problem := control.disk.shortage():
        if only is None:
            return None
        raise NoRoom(problem=problem)
    expire(control)
    for most in _TRIED:
        with control.store.reading() as reader:
            runs = queue_of(reader).in_turn(control.clock.now(), full=full)
            wanted = [run for run in runs if only is None or run.id == only]
            wanted = executing_here(control.settings, reader, wanted)
            open_windows = without_previews_in_the_way(in_their_windows(control, reader, wanted))
            runs = admitted(control, reader, open_windows, taken, most)
        for run in runs:
            assignment = _claim(control, run, taken)
            if assignment is not None:
                return assignment
        if len(runs) < most:
            break
    return None


def may_begin(control: ControlPorts, reader: Reader, run: Run) -> bool:
    """Whether this one run could execute now, wherever it belongs. That its stack is free is for the claim to find out."""
    now = control.clock.now()
    alone = ready([run], (), _locked(reader), now)
    executing = reader.executing_runs()
    closed = full_accounts(reader, executing, control.settings.executor.per_account, now)
    return any(one.account not in closed for one in in_their_windows(control, reader, alone))


def queue_of(reader: StackUseReader) -> Queue:
    """Whoever has read it orders it without keeping writers waiting."""
    return Queue(reader.unclaimed_runs(), reader.executing_runs(), _locked(reader))


def _locked(reader: LockReader) -> frozenset[str]:
    return frozenset(lock.stack for lock in reader.placed_locks())


def stop_previews_in_the_way(control: ControlPorts) -> list[Run]:
    """Ask executing previews to stop whose stack anything else could execute now. They are planned again afterwards."""
    with control.store.reading() as reader:
        executing, now = reader.executing_runs(), control.clock.now()
        stoppable = [run for run in executing if run.kind is Kind.PREVIEW and run.cancel_requested_by is None]
        if not stoppable:
            return []
        busy = {run.stack for run in executing if run.kind is not Kind.PREVIEW}
        free = ready(reader.unclaimed_runs(), busy, _locked(reader), now)
        closed = full_accounts(reader, executing, control.settings.executor.per_account, now)
        waiting = [run for run in in_their_windows(control, reader, free) if run.account not in closed]
    stopped = previews_in_the_way(waiting, stoppable)
    for preview in stopped:
        with suppress(RunChanged, WrongState), control.store.writing() as writer:
            writer.request_cancel(preview, by=DAEMON)
    return stopped


def executing_here(settings: Settings, reader: Reader, runs: Iterable[Unclaimed]) -> list[Unclaimed]:
    """Those that belong to no pool."""
    return [run for run in runs if placement_of(settings, reader, run).here]


def in_their_windows(
    control: ControlPorts, reader: RunConsentReader, runs: Iterable[AnyRun]
) -> Iterator[AnyRun]:
    """Without the approved runs whose windows are closed. The gate checks again, right before terraform starts."""
    openings = Openings(control.clock.now())
    for run in runs:
        approved = reader.run(run.id) if run.state is State.APPROVED else None
        if approved is None or not kept_closed(control.settings, control.clock, reader, approved, openings):
            yield run


def admitted(
    control: ControlPorts, reader: Reader, runs: Iterable[AnyRun], taken: Taken, most: int
) -> list[AnyRun]:
    """Runs for which there is memory, and room in their account, beside the executing ones.

    A run that waits for its account lets others pass. One that waits for memory does not: behind a stream of
    small runs a large one would wait forever.
    """
    executing = reader.executing_runs()
    now, executor = control.clock.now(), control.settings.executor
    closed = full_accounts(reader, executing, executor.per_account, now)
    unknown = parse_size(executor.memory_per_run)
    shares = [
        Share(need(reader.peak_memory(run.stack, run.kind), unknown), taken.get(run.id, 0))
        for run in executing
    ]
    available = control.memory.available() if shares else None
    found: list[AnyRun] = []
    for run in runs:
        if run.account in closed:
            continue
        if shares and not fits(need(reader.peak_memory(run.stack, run.kind), unknown), shares, available):
            break
        found.append(run)
        if len(found) == most:
            break
    return found


def _claim(control: ControlPorts, run: Unclaimed, taken: Taken) -> Assignment | None:
    """The file lock first, the row second: so a claimed row always has a held lock."""
    held = hold(control, run)
    if held is None:
        return None
    try:
        # Checked again, now that nothing else can start.
        job = record_claim(
            control,
            run,
            held.claim,
            lambda writer, fresh: bool(admitted(control, writer, [fresh], taken, most=1)),
        )
    except BaseException:
        held.release()
        raise
    if job is None:
        held.release()
        return None
    return Assignment(job, held)


def hold(control: ControlPorts, run: Run | Unclaimed) -> HeldClaim | None:
    """The run's files; None while another process has them, or has its state."""
    # What changes nothing may run beside processes that an earlier change left.
    return control.claims.take(run.id, None if run.kind.only_reads else run.identity)


def record_claim(
    control: ControlPorts,
    run: Run | Unclaimed,
    claim: Claim,
    may: Callable[[Writer, Run], bool],
    also: Callable[[Writer, Job], None] = lambda _writer, _job: None,
) -> Job | None:
    """Claim the row of this run, and its job; None if somebody was faster, or it `may` not. `also` is of one transaction with it."""
    job = None
    with suppress(Conflict, NotFound):
        with control.store.writing() as writer:
            fresh = writer.run(run.id)
            still = fresh.state is run.state and fresh.claim is None
            if still and _outdated(writer, fresh):
                writer.transition(
                    fresh, Event.SUPERSEDE, by=DAEMON, reason="another revision was applied in the meantime"
                )
                still = False
            if still and may(writer, fresh):
                job = job_of(control, writer, _with_outputs(writer, _claim_row(writer, fresh, claim)))
                also(writer, job)
            failpoint.reach("claim.before_commit")
        failpoint.reach("claim.after_commit")
        return job
    return None


def _outdated(reader: StackReader, run: Run) -> bool:
    """Whether it would compare the cloud with a revision that is no longer applied: all later changes would
    look like drift.
    """
    compares = run.kind is Kind.DRIFT or (run.kind is Kind.CHANGE and run.report is not None)
    applied = reader.stack(run.stack).applied_inputs
    return compares and applied is not None and run.inputs != applied


def _claim_row(writer: RunWriter, run: Run, claim: Claim) -> Run:
    claimed = writer.claim(run, claim)
    return writer.transition(claimed, Event.CLAIM, by=DAEMON) if claimed.state is State.QUEUED else claimed


def _with_outputs(writer: Writer, run: Run) -> Run:
    """With the outputs of other stacks as they are now, which it is planned with."""
    stack, definition = writer.stack(run.stack), writer.definition(run.definition)
    if run.state is not State.PLANNING or not (stack.remote_reads or definition.upstreams):
        return run
    return writer.annotate(run, outputs=outputs_of(writer, stack, definition).marks(stack, definition))


def expire(control: ControlPorts) -> list[Run]:
    """Plan again what was approved too long ago, or planned where it no longer belongs; the fresh plans need a new approval."""
    with control.store.reading() as reader:
        # Among them alone: with tens of thousands of queued checks, reading all of them takes seconds of each turn.
        waiting = [run for run in reader.open_runs(state=State.APPROVED) if run.claim is None]
        old = [run for run in waiting if _expired(control, reader, run)]
    if not old:
        return []
    with control.store.writing() as writer:
        fresh = [writer.run(run.id) for run in old]
        return [
            replan(writer, run, _why_expired(control, writer, run), control.clock.now())
            for run in fresh
            if run.state is State.APPROVED and run.claim is None
        ]


def _expired(control: ControlPorts, reader: Reader, run: Run) -> bool:
    if control.settings.source(run.source) is None:
        return False
    if planned_elsewhere(control.settings, reader, run):
        return True
    terms = run_terms(control.settings, reader, run)
    return not standing_now(control.settings, control.clock, reader, run, terms).complete


def _why_expired(control: ControlPorts, reader: Reader, run: Run) -> str:
    if elsewhere := planned_elsewhere(control.settings, reader, run):
        return elsewhere
    if not run.healed_by:
        return "the approval expired before it was applied"
    return (
        f"no heal rule lets it pass now: {still_heals(control.settings, control.clock, reader, run).why_not}"
    )


def adoption(control: ControlPorts, run: Run, held: HeldClaim) -> Assignment:
    """Attend to an apply that is recorded as started; its source may no longer be configured."""
    with control.store.reading() as reader:
        return Assignment(job_of(control, reader, run, SourceSettings(run.source, url="")), held)
