"""Hand out work: claim one run at a time, the most urgent first, and record how it ended."""

from dataclasses import dataclass

from runner.errors import Conflict, NotFound
from runner.model.approving import needed, standing
from runner.model.job import ApplyResult, Job, Phase, PlanFailure, PlanResult
from runner.model.run import Event, Kind, Run, State
from runner.ports import ControlPorts, HeldClaim, Reader, Writer
from runner.service.apply import settle_apply
from runner.service.check_drift import settle_check
from runner.service.enqueue import DAEMON
from runner.service.plan import replan, settle_plan

PRIORITY: dict[tuple[State, Kind], int] = {
    (State.APPROVED, Kind.CHANGE): 0,
    (State.APPROVED, Kind.DESTROY): 0,
    (State.QUEUED, Kind.CHANGE): 1,
    (State.QUEUED, Kind.DESTROY): 1,
    (State.QUEUED, Kind.DRIFT): 2,
}


@dataclass(frozen=True)
class Assignment:
    job: Job
    held: HeldClaim


def next_assignment(control: ControlPorts, *, only: int | None = None) -> Assignment | None:
    """Claim the most urgent run that may execute now, or None. With `only`, that run or nothing."""
    expire(control)
    with control.store.reading() as reader:
        runs = [run for run in executable(reader) if only is None or run.id == only]
    for run in runs:
        assignment = _claim(control, run)
        if assignment is not None:
            return assignment
    return None


def executable(reader: Reader) -> list[Run]:
    """The runs that could execute now, the most urgent first."""
    open_runs = reader.open_runs()
    executing = {run.stack for run in open_runs if run.claim is not None}
    held = {lock.stack for lock in reader.holds()}
    ready = [
        run
        for run in open_runs
        if (run.state, run.kind) in PRIORITY
        and run.stack not in executing
        # A drift check only reads, so it goes on under a person's lock.
        and (run.kind is Kind.DRIFT or run.stack not in held)
    ]
    return sorted(ready, key=lambda run: (PRIORITY[run.state, run.kind], run.id))


def _claim(control: ControlPorts, run: Run) -> Assignment | None:
    """The file lock first, the row second: so a claimed row always has a live lock behind it."""
    held = control.claims.take(run.id)
    if held is None:
        return None
    try:
        with control.store.writing() as writer:
            fresh = writer.run(run.id)
            still = fresh.state is run.state and fresh.claim is None
            claimed = _claim_row(writer, fresh, held) if still else None
            job = _job(control, writer, claimed) if claimed else None
    except (Conflict, NotFound):
        job = None
    except BaseException:
        held.release()
        raise
    if job is None:
        held.release()
        return None
    return Assignment(job, held)


def _claim_row(writer: Writer, run: Run, held: HeldClaim) -> Run:
    claimed = writer.claim(run, held.claim)
    return writer.transition(claimed, Event.CLAIM, by=DAEMON) if claimed.state is State.QUEUED else claimed


def expire(control: ControlPorts) -> list[Run]:
    """Plan anew what was approved too long ago and not applied yet; the fresh plans are asked about again."""
    with control.store.reading() as reader:
        waiting = [run for run in reader.open_runs() if run.state is State.APPROVED and run.claim is None]
        old = [run for run in waiting if _expired(control, reader, run)]
    if not old:
        return []
    with control.store.writing() as writer:
        fresh = [writer.run(run.id) for run in old]
        return [
            replan(writer, run, "the approval expired before it was applied")
            for run in fresh
            if run.state is State.APPROVED and run.claim is None
        ]


def _expired(control: ControlPorts, reader: Reader, run: Run) -> bool:
    source = control.settings.source(run.source)
    if source is None:
        return False
    settings = control.settings.approvals
    count = needed(reader.definition(run.definition), settings, source.allow, run.kind, run.summary.destroys)
    return not standing(run, reader.approvals(run.id), count, settings, control.clock.now()).complete


def _job(control: ControlPorts, reader: Reader, run: Run) -> Job:
    source = control.settings.source(run.source)
    if source is None:
        raise NotFound(what="source", name=run.source)
    definition = reader.definition(run.definition)
    return Job(
        run=run.id,
        phase=Phase.PLAN if run.state is State.PLANNING else Phase.APPLY,
        kind=run.kind,
        stack=definition,
        source=source,
        revision=run.revision,
        module_path=run.module_path,
        file=run.file,
        managed_state=run.managed_state,
        targets=run.targets,
        plan_digest=run.plan_digest,
        fingerprint=run.fingerprint,
        planned_at=run.planned_at,
        fresh_for=control.settings.apply.fresh_for,
        ignore=(*control.settings.drift.ignore, *definition.drift.ignore),
    )


def settle(
    control: ControlPorts, assignment: Assignment, result: PlanResult | PlanFailure | ApplyResult
) -> Run:
    """Record the result, then let go of the claim: in this order, so that recovery never sees it free too early."""
    job = assignment.job
    try:
        if isinstance(result, ApplyResult):
            return settle_apply(control, job, result)
        if job.kind is Kind.DRIFT:
            return settle_check(control, job, result)
        return settle_plan(control, job, result)
    finally:
        assignment.held.release()
