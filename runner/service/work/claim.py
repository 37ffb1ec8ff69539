"""Grant a run to a worker: at most one ever holds it."""

from collections import Counter
from dataclasses import replace

from runner.errors import ClaimRefused, OtherProtocol
from runner.model.execution.job import Job
from runner.model.run.life import Kind, Run
from runner.model.settings.pools import PoolSettings
from runner.model.values.frozen import dataclass
from runner.model.work.lease import Lease, is_leased, lease_claim
from runner.model.work.protocol import OLDEST, VERSION, Wanted
from runner.ports.control import ControlPorts
from runner.ports.records.store import Reader, Writer
from runner.service.cycle.dispatch import hold, may_begin, record_claim
from runner.service.cycle.placed import placement_of, planned_elsewhere
from runner.service.state.access import give_access
from runner.service.work.greet import refuse_impostor, refuse_namesake


@dataclass(frozen=True)
class Grant:
    """`job` is what the worker gets: unlike the recorded one, with the password of its served state."""

    lease: Lease
    job: Job


def grant(control: ControlPorts, pool: PoolSettings, run_id: int, wanted: Wanted, release: str) -> Grant:
    """The lease on the run; ClaimRefused if it is not for this worker now. Asked again by the same process, the same lease."""
    if not OLDEST <= wanted.version <= VERSION:
        raise OtherProtocol(theirs=wanted.version, ours=VERSION, release=release)
    refuse_namesake(control, pool, wanted)
    with control.store.reading() as reader:
        refuse_impostor(control, reader, pool, wanted)
        run, lease = reader.run(run_id), reader.lease(run_id)
    if lease is not None and lease.pool == pool.name and _is_theirs(run, lease, wanted):
        with control.store.writing() as writer:
            return Grant(lease, _with_state(control, writer, run, lease.job, wanted))
    return _granted(control, run, pool, wanted)


def _is_theirs(run: Run, lease: Lease, wanted: Wanted) -> bool:
    """The answer to a claim may be lost on the way."""
    mine = lease_claim(wanted.process, wanted.worker, lease.since)
    return run.claim is not None and lease.end is None and run.claim.token == mine.token


def _with_state(control: ControlPorts, writer: Writer, run: Run, job: Job, wanted: Wanted) -> Job:
    if not run.managed_state:
        return job
    return replace(job, served=give_access(control, writer, run, job.phase, wanted.server))


def _granted(control: ControlPorts, run: Run, pool: PoolSettings, wanted: Wanted) -> Grant:
    # Held only while the row is claimed: from then on the row keeps others from the stack and its state. Processes that
    # an earlier change left on this host are found by it.
    held = hold(control, run)
    if held is None:
        raise ClaimRefused(run=run.name, worker=wanted.worker, why="processes of this host hold its state")
    grants: list[Grant] = []
    refusals: list[str] = []

    def may(writer: Writer, fresh: Run) -> bool:
        why = _why_not(control, writer, fresh, pool, wanted)
        refusals.append(why)
        return not why

    def lease(writer: Writer, job: Job) -> None:
        given = _with_state(control, writer, writer.run(run.id), job, wanted)
        served = given.served and replace(given.served, password="")
        recorded = replace(given, served=served)
        grants.append(
            Grant(writer.add_lease(run.id, wanted.attempt, pool.name, wanted.worker, recorded), given)
        )

    try:
        claim = lease_claim(wanted.process, wanted.worker, control.clock.now())
        job = record_claim(control, run, claim, may, lease)
    finally:
        held.release()
    if job is None:
        why = "".join(refusals) or "somebody was faster"
        raise ClaimRefused(run=run.name, worker=wanted.worker, why=why)
    return grants[0]


def _why_not(control: ControlPorts, reader: Reader, run: Run, pool: PoolSettings, wanted: Wanted) -> str:
    offer = reader.offer(run.id)
    if elsewhere := _elsewhere(control, reader, run, pool):
        return elsewhere
    if offer is not None and offer.attempt != wanted.attempt:
        return f"this is attempt {wanted.attempt}, and attempt {offer.attempt} is under way"
    if run.final or run.claim is not None:
        return f"it is {run.state.in_words}"
    if any(drained.pool == pool.name for drained in reader.drained_pools()):
        return f"pool {pool.name} is drained"
    if not _has_room(control, reader, run, pool):
        return f"pool {pool.name} already executes as many runs as at_most or checks_at_most allow"
    return "" if may_begin(control, reader, run) else "it waits for something else"


def _elsewhere(control: ControlPorts, reader: Reader, run: Run, pool: PoolSettings) -> str:
    if placement_of(control.settings, reader, run).pool != pool.name:
        return f"it does not belong to pool {pool.name}"
    return planned_elsewhere(control.settings, reader, run)


def _has_room(control: ControlPorts, reader: Reader, run: Run, pool: PoolSettings) -> bool:
    held = Counter(
        one.kind is Kind.DRIFT
        for one in reader.executing_runs()
        if is_leased(one) and placement_of(control.settings, reader, one).pool == pool.name
    )
    checks = held[True]
    return held.total() < pool.at_most and (run.kind is not Kind.DRIFT or checks < pool.checks_at_most)
