"""Execute one run: claim it, do it, deliver the result. One process each, in a session of its own."""

import secrets
import threading
import time
from collections.abc import Iterable
from dataclasses import replace

from runner.app import App
from runner.datadir.worker import instance_of, worker_name
from runner.errors import ClaimRefused, DriftlineError, NotFound, WorkerNamedTwice
from runner.host.boot import boot_of_this_host
from runner.host.log import log
from runner.model.execution.job import ApplyOutcome, ApplyResult, Job, Phase, Result
from runner.model.settings.pools import WorkerSettings
from runner.model.work.protocol import Content, Granted, Wanted
from runner.pool.artifacts import ServedArtifacts
from runner.pool.client import WorkClient
from runner.pool.deliver import deliver, deliver_plan, not_begun
from runner.pool.ledger import Entry, Ledger
from runner.pool.line import Line
from runner.pool.patience import Deadline
from runner.pool.ports import ServedGate, bring_revisions, ports_of
from runner.ports.keeping import HeldClaim
from runner.process.metering import Meter, metered
from runner.service.execution.execute import execute
from runner.service.execution.measured import measured

CLAIM_SECONDS = 30.0  # the announcement is repeated
# For the process that had the run before, which still tidies up. Less than what the server waits for a heartbeat.
YIELD_SECONDS = 20.0
_LOOK_SECONDS = 0.1
DELIVER_SECONDS = 120.0  # then the worker's own process tries on


def take(app: App, client: WorkClient, worker: WorkerSettings, run: int, attempt: int) -> bool:
    """Whether the run was for this worker. It is done then, or in the ledger."""
    wanted = Wanted(
        attempt,
        worker_name(worker),
        worker.pool,
        secrets.token_hex(8),
        worker.server,
        instance=instance_of(app.settings.data_dir),
    )
    try:
        granted = client.until(Deadline(CLAIM_SECONDS)).claim(run, wanted)
    except (ClaimRefused, NotFound, WorkerNamedTwice) as refused:
        log.info("work.not_ours", run=f"run-{run}", reason=refused.message)
        return False
    job = granted.job
    held = _held(app, job)
    if held is None:
        # Processes of an earlier lease are still there; the server gives the run to somebody else.
        log.warning("work.held", run=job.name)
        return False
    try:
        _begin(app, client, granted, held)
    finally:
        held.release()
    return True


def _held(app: App, job: Job) -> HeldClaim | None:
    state, until = None if job.kind.only_reads else _state(job), Deadline(YIELD_SECONDS)
    while (held := app.claims.take(job.run, state)) is None:
        if until.wait(_LOOK_SECONDS):
            return None
    return held


def _begin(app: App, client: WorkClient, granted: Granted, held: HeldClaim) -> None:
    own = app.clock.now()
    ahead = ((granted.now or own) - own).total_seconds()
    entry = Entry(granted.fence, granted.job, granted.key, held.claim, ahead=ahead, logged=granted.logged)
    app.workspaces.remove_log(entry.job.run)  # of an earlier lease: the server has it
    try:
        Ledger(app.settings.data_dir).note(entry)
    except OSError as error:
        # Said now: silence would look like a lost worker, and three of them like a plan that kills workers.
        result = not_begun(entry.job, f"the worker cannot write to its data directory: {error}")
        deliver(app, client.until(Deadline(DELIVER_SECONDS)), replace(entry, result=result))
    else:
        perform(app, client, entry, held, granted.known)


def perform(
    app: App, client: WorkClient, entry: Entry, held: HeldClaim, known: Iterable[Content] = ()
) -> None:
    """Execute what the entry says, and deliver how it ended."""
    job, stop = entry.job, threading.Event()
    line = Line.of(client, entry, app.workspaces.log(job.run), stop)
    # What waits for a server that is away ends with the run, for example once a person has cancelled it.
    artifacts = ServedArtifacts(client.until(stop), job.run, entry.fence, waits=job.phase is Phase.PLAN)
    artifacts.learn(known)
    line.open()
    try:
        result = _result(app, client, entry, held, stop, artifacts)
    finally:
        line.close()
    if isinstance(result, ApplyResult) and result.outcome in {ApplyOutcome.LEFT, ApplyOutcome.UNSEEN}:
        log.warning("work.left", run=job.name, reason=result.reason)
        return
    unsent = artifacts.to_send()
    left = deliver_plan(app, client, entry, line, result, unsent) if unsent else result
    if left is not None:
        deliver(app, client.until(Deadline(DELIVER_SECONDS)), _noted(app, entry, left), line)


def _noted(app: App, entry: Entry, result: Result) -> Entry:
    """On a full disk it is delivered all the same; if that fails too, the next process finds out again how it ended."""
    ledger = Ledger(app.settings.data_dir)
    try:
        return ledger.note(replace(ledger.entry(entry.job.run) or entry, result=result))
    except OSError as error:
        log.exception("work.not_noted", run=entry.job.name, problem=str(error))
        return replace(entry, result=result)


def _result(
    app: App,
    client: WorkClient,
    entry: Entry,
    held: HeldClaim,
    stop: threading.Event,
    artifacts: ServedArtifacts,
) -> Result:
    job, meter, began = entry.job, Meter(), time.monotonic()
    ports = ports_of(app, artifacts, entry)
    gate = ServedGate(client.until(stop), Ledger(app.settings.data_dir), entry.fence)
    with metered(meter):
        result = _brought(app, client.until(stop), entry) or execute(job, ports, stop, gate, held)
    return measured(_doubted(entry, result), meter, time.monotonic() - began)


def _doubted(entry: Entry, result: Result) -> Result:
    """A disk restored from a backup shows no trace of an apply that began after it was made, so that it proves nothing."""
    unbegun = isinstance(result, ApplyResult) and result.outcome is ApplyOutcome.NOT_BEGUN
    if unbegun and entry.boot not in {"", boot_of_this_host()}:
        reason = "the worker was restarted since, and shows no trace of the apply: nobody can tell whether it began"
        return ApplyResult(ApplyOutcome.INTERRUPTED, reason)
    return result


def _brought(app: App, client: WorkClient, entry: Entry) -> Result | None:
    """None once the code is here; otherwise why nothing was started."""
    if entry.job.phase is Phase.ADOPT:
        return None
    try:
        bring_revisions(app, client, entry.job, entry.fence)
    except DriftlineError as error:
        return not_begun(entry.job, error.message)
    except OSError as error:
        return not_begun(entry.job, f"the code could not be kept on the worker: {error}")
    return None


def _state(job: Job) -> str:
    """Names the state on this host: what an earlier apply has left running keeps the next one from it."""
    return job.stack.name.replace("/", "-")
