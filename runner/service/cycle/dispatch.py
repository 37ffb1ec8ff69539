"""Dispatch work: claim one run at a time, the most urgent first, and record how it ended."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import suppress
from datetime import datetime
from types import MappingProxyType

from runner import failpoint
from runner.errors import Conflict, NoRoom, NotFound, RunChanged, SourceNotFound, WrongState
from runner.model.approval.binding import Binding, BoundEngine, EngineFacts
from runner.model.approval.content_rules import NamedRule, content_rules
from runner.model.approval.stack_guardrails import named_rules
from runner.model.audit.actor import DAEMON
from runner.model.execution.job import Job, JobSource, Phase
from runner.model.outputs.taken import Taken as TakenOutput
from runner.model.outputs.taken import given, moved
from runner.model.policy.material import NOTHING
from runner.model.policy.result import NOT_JUDGED
from runner.model.run.apply_end import Expected, expected_of
from runner.model.run.life import Event, Kind, Run, State, Trigger
from runner.model.schedule.load import Share, fits, need
from runner.model.schedule.turns import (
    PRIORITY,
    crowded_out,
    in_turn,
    previews_in_the_way,
    without_previews_in_the_way,
)
from runner.model.schedule.waiting import waits
from runner.model.settings.context import furnished
from runner.model.settings.source import SourceSettings
from runner.model.stack.definition import Stack
from runner.model.values.size import parse_size
from runner.model.window.closed import Openings
from runner.ports.control import ControlPorts
from runner.ports.keeping import HeldClaim
from runner.ports.records.joined import ConsentReader, QuestionReader, StackUseReader
from runner.ports.records.locks import LockReader
from runner.ports.records.runs import RunFilter, RunReader, RunWriter
from runner.ports.records.stacks import StackReader
from runner.ports.records.store import Reader, Writer
from runner.service.approval.healing import still_heals
from runner.service.approval.standing import standing_now
from runner.service.approval.terms import judged_by, judging, run_terms
from runner.service.approval.windows import kept_closed
from runner.service.drift.partly import partly_applied
from runner.service.drift.rules import ignore_rules
from runner.service.execution.known_secrets import MAX_EARLIER
from runner.service.outcome.plan import replan
from runner.service.outcome.probe import probing
from runner.service.queue.assignment import Assignment
from runner.service.queue.enqueue import full_accounts
from runner.service.queue.outputs import outputs_of

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
            runs = executable(reader, control.clock.now(), full=full)
            wanted = [run for run in runs if only is None or run.id == only]
            open_windows = without_previews_in_the_way(_in_their_windows(control, reader, wanted))
            runs = admitted(control, reader, open_windows, taken, most)
        for run in runs:
            assignment = _claim(control, run, taken)
            if assignment is not None:
                return assignment
        if len(runs) < most:
            break
    return None


def executable(reader: StackUseReader, now: datetime, *, full: bool = False) -> list[Run]:
    """The runs that could execute now, in their order."""
    open_runs = reader.open_runs()
    executing = [run for run in open_runs if run.claim is not None]
    ordered = in_turn(_ready(reader, open_runs, {run.stack for run in executing}, now), executing)
    return crowded_out(ordered, executing, now) if full else ordered


def _ready(reader: LockReader, open_runs: Iterable[Run], busy: Collection[str], now: datetime) -> list[Run]:
    held = {lock.stack for lock in reader.placed_locks()}
    return [
        run
        for run in open_runs
        if (run.state, run.kind) in PRIORITY
        and run.claim is None
        and run.stack not in busy
        and not waits(run.wait_until, now)
        # A person's lock does not stop what only reads.
        and (run.kind.only_reads or run.stack not in held)
    ]


def stop_previews_in_the_way(control: ControlPorts) -> list[Run]:
    """Ask executing previews to stop whose stack anything else could execute now. They are planned again afterwards."""
    with control.store.reading() as reader:
        open_runs, now = reader.open_runs(), control.clock.now()
        executing = [run for run in open_runs if run.claim is not None and run.cancel_requested_by is None]
        if all(run.kind is not Kind.PREVIEW for run in executing):
            return []
        busy = {run.stack for run in open_runs if run.claim is not None and run.kind is not Kind.PREVIEW}
        ready = _ready(reader, open_runs, busy, now)
        closed = full_accounts(reader, open_runs, control.settings.executor.per_account, now)
        waiting = [run for run in _in_their_windows(control, reader, ready) if run.account not in closed]
    stopped = previews_in_the_way(waiting, executing)
    for preview in stopped:
        with suppress(RunChanged, WrongState), control.store.writing() as writer:
            writer.request_cancel(preview, by=DAEMON)
    return stopped


def _in_their_windows(control: ControlPorts, reader: ConsentReader, ready: Iterable[Run]) -> Iterator[Run]:
    """Without the approved runs whose windows are closed. The gate checks again, right before terraform starts."""
    openings = Openings(control.clock.now())
    for run in ready:
        if kept_closed(control.settings, control.clock, reader, run, openings) is None:
            yield run


def admitted(
    control: ControlPorts, reader: Reader, ready: Iterable[Run], taken: Taken, most: int
) -> list[Run]:
    """Runs for which there is memory, and room in their account, beside the executing ones.

    A run that waits for its account lets others pass. One that waits for memory does not: behind a stream of
    small runs a large one would wait forever.
    """
    open_runs = reader.open_runs()
    now, executor = control.clock.now(), control.settings.executor
    closed = full_accounts(reader, open_runs, executor.per_account, now)
    unknown = parse_size(executor.memory_per_run)
    executing = [
        Share(need(reader.peak_memory(run.stack, run.kind), unknown), taken.get(run.id, 0))
        for run in open_runs
        if run.claim is not None
    ]
    available = control.memory.available() if executing else None
    found: list[Run] = []
    for run in ready:
        if run.account in closed:
            continue
        if executing and not fits(
            need(reader.peak_memory(run.stack, run.kind), unknown), executing, available
        ):
            break
        found.append(run)
        if len(found) == most:
            break
    return found


def _claim(control: ControlPorts, run: Run, taken: Taken) -> Assignment | None:
    """The file lock first, the row second: so a claimed row always has a held lock."""
    # What changes nothing may run beside processes that an earlier change left.
    held = control.claims.take(run.id, None if run.kind.only_reads else run.identity)
    if held is None:
        return None
    try:
        with control.store.writing() as writer:
            fresh = writer.run(run.id)
            still = fresh.state is run.state and fresh.claim is None
            if still and _outdated(writer, fresh):
                writer.transition(
                    fresh, Event.SUPERSEDE, by=DAEMON, reason="another revision was applied in the meantime"
                )
                still = False
            # Checked again, now that nothing else can start.
            still = still and bool(admitted(control, writer, [fresh], taken, most=1))
            claimed = _with_outputs(writer, _claim_row(writer, fresh, held)) if still else None
            job = _job(control, writer, claimed) if claimed else None
            failpoint.reach("claim.before_commit")
        failpoint.reach("claim.after_commit")
    except (Conflict, NotFound):
        job = None
    except BaseException:
        held.release()
        raise
    if job is None:
        held.release()
        return None
    return Assignment(job, held)


def _outdated(reader: StackReader, run: Run) -> bool:
    """Whether it would compare the cloud with a revision that is no longer applied: all later changes would
    look like drift.
    """
    compares = run.kind is Kind.DRIFT or (run.kind is Kind.CHANGE and run.report is not None)
    applied = reader.stack(run.stack).applied_inputs
    return compares and applied is not None and run.inputs != applied


def _claim_row(writer: RunWriter, run: Run, held: HeldClaim) -> Run:
    claimed = writer.claim(run, held.claim)
    return writer.transition(claimed, Event.CLAIM, by=DAEMON) if claimed.state is State.QUEUED else claimed


def _with_outputs(writer: Writer, run: Run) -> Run:
    """With the outputs of other stacks as they are now, which it is planned with."""
    stack, definition = writer.stack(run.stack), writer.definition(run.definition)
    if run.state is not State.PLANNING or not (stack.remote_reads or definition.upstreams):
        return run
    return writer.annotate(run, outputs=outputs_of(writer, stack, definition).marks(stack, definition))


def expire(control: ControlPorts) -> list[Run]:
    """Plan again what was approved too long ago and not applied yet; the fresh plans need a new approval."""
    with control.store.reading() as reader:
        waiting = [run for run in reader.open_runs() if run.state is State.APPROVED and run.claim is None]
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


def _expired(control: ControlPorts, reader: QuestionReader, run: Run) -> bool:
    if control.settings.source(run.source) is None:
        return False
    terms = run_terms(control.settings, reader, run)
    return not standing_now(control.settings, control.clock, reader, run, terms).complete


def _why_expired(control: ControlPorts, reader: QuestionReader, run: Run) -> str:
    if not run.healed_by:
        return "the approval expired before it was applied"
    return f"no heal rule lets it pass any more: {still_heals(control.settings, control.clock, reader, run).why_not}"


_PHASES = {State.PLANNING: Phase.PLAN, State.APPROVED: Phase.APPLY, State.APPLYING: Phase.ADOPT}


def _job(control: ControlPorts, reader: Reader, run: Run, known_source: SourceSettings | None = None) -> Job:
    source = control.settings.source(run.source) or known_source
    if source is None:
        raise SourceNotFound(source=run.source)
    definition = reader.definition(run.definition)
    stack = reader.stack(run.stack)
    now = stack.definition  # in Git: settings that are no input of terraform need no apply
    outputs = outputs_of(reader, stack, definition)
    used = reader.outputs_used(stack.name, stack.identity.digest)
    approved = reader.binding(run.id) if run.state is State.APPROVED else None
    return Job(
        run=run.id,
        phase=_PHASES[run.state],
        kind=run.kind,
        stack=furnished(control.settings.contexts, definition, run.source),
        source=JobSource.of(source),
        revision=run.revision,
        module_path=run.module_path,
        file=run.file,
        managed_state=run.managed_state,
        home=stack.folder,
        targets=run.targets,
        plan_digest=run.plan_digest,
        fingerprint=run.fingerprint,
        form=None if approved is None else approved.schema,
        planned_at=run.planned_at,
        newest=reader.newest_time(run.name),
        executed_digest=run.executed_digest,
        fresh_for=control.settings.apply.fresh_for,
        expected=None if run.state is State.PLANNING else _expected(reader, run),
        bound=None if run.state is State.PLANNING else _bound(reader.binding(run.id)),
        partly=partly_applied(reader, run.stack) if run.kind is Kind.DRIFT else (),
        environment=_applied_environment(reader, run.stack) if run.kind is Kind.DRIFT else None,
        ignore=ignore_rules(control.settings, now),
        rules=() if run.kind is Kind.DRIFT else _content_rules(control, reader, run),
        earlier=tuple(
            earlier.id for earlier in reader.runs(RunFilter(stack=run.stack, below=run.id, limit=MAX_EARLIER))
        ),
        probing=probing(
            reader, run, now, [one.definition.plan for one in judged_by(reader, run)], control.settings
        ),
        judging=NOTHING if run.state is State.APPLYING else judging(control, reader, run),
        judged=NOT_JUDGED if approved is None else approved.judged,
        trigger=run.trigger,
        requested_by=run.requested_by,
        asked_at=_asked_at(run),
        report=f"dr-{run.report}" if run.report else "",
        takes=given(definition.takes, outputs.known),
        used=used,
        known_outputs=reader.known_outputs([stack.name]).get(stack.name) if used else None,
        known_state=reader.known_state(stack.name) if control.settings.aws else None,
        changed_outputs=_changed_outputs(stack, run, outputs.used(stack, definition)),
    )


def _asked_at(run: Run) -> datetime | None:
    """When somebody asked for a claimed run; None if its schedule did, whose moment means nothing."""
    if run.trigger is Trigger.SCHEDULE:
        return None
    # One of the schedule that somebody hastened does not say when.
    return run.changed_at if run.requested_by == DAEMON else run.created_at


def _content_rules(control: ControlPorts, reader: Reader, run: Run) -> tuple[NamedRule, ...]:
    return content_rules(named_rules(control.settings.guardrails, judged_by(reader, run)))


def _changed_outputs(stack: Stack, run: Run, used: Iterable[TakenOutput]) -> tuple[TakenOutput, ...]:
    """The outputs that a drift check finds changed since the stack was applied with them."""
    changed = {(mark.stack, mark.output) for mark in moved(stack.applied_outputs, run.outputs)}
    return tuple(one for one in used if (one.stack, one.output) in changed) if run.kind is Kind.DRIFT else ()


def _applied_environment(reader: Reader, stack: str) -> tuple[str, ...] | None:
    """The marks of what the operator gave to the last apply; None if that is no longer recorded."""
    applied = reader.runs(RunFilter(stack=stack, states=frozenset({State.APPLIED}), limit=1))
    binding = reader.binding(applied[0].id) if applied else None
    return None if binding is None else binding.facts.given


def _bound(binding: Binding | None) -> BoundEngine | None:
    facts = binding.facts if binding is not None else EngineFacts()
    return BoundEngine(facts.engine, facts.version, facts.binary) if facts.binary else None


def _expected(reader: RunReader, run: Run) -> Expected | None:
    changes = reader.changes(run.id)
    return None if changes is None else expected_of(changes)


def adoption(control: ControlPorts, run: Run, held: HeldClaim) -> Assignment:
    """Attend to an apply that is recorded as started; its source may no longer be configured."""
    with control.store.reading() as reader:
        return Assignment(_job(control, reader, run, SourceSettings(run.source, url="")), held)
