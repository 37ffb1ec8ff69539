"""Execute one run: claim it, do it, deliver the result. One process each, in a session of its own."""

import os
import secrets
import threading
import time
from dataclasses import replace

from runner.app import App
from runner.errors import ClaimRefused, Conflict, DriftlineError, LeaseOver, NotFound
from runner.host.log import log
from runner.model.changes.changes import Diagnostic
from runner.model.execution.job import ApplyOutcome, ApplyResult, Job, Phase, PlanFailure, Result
from runner.model.settings.pools import WorkerSettings
from runner.model.work.lease import BEAT_SECONDS
from runner.model.work.protocol import Ended, Wanted
from runner.pool.client import WorkClient
from runner.pool.ledger import Entry, Ledger
from runner.pool.line import Line
from runner.pool.ports import ServedGate, bring_revisions, ports_of
from runner.ports.keeping import HeldClaim
from runner.process.metering import Meter, metered
from runner.service.execution.execute import execute
from runner.service.execution.measured import measured

CLAIM_SECONDS = 30.0  # the announcement is repeated
DELIVER_SECONDS = 120.0  # then the worker's own process tries on


def worker_name(worker: WorkerSettings) -> str:
    return worker.name or os.uname().nodename.lower()


def take(app: App, worker: WorkerSettings, run: int, attempt: int) -> bool:
    """Whether the run was for this worker. It is done then, or in the ledger."""
    with WorkClient.of(worker) as client:
        wanted = Wanted(attempt, worker_name(worker), worker.pool, secrets.token_hex(8), worker.server)
        try:
            granted = client.until(Deadline(CLAIM_SECONDS)).claim(run, wanted)
        except (ClaimRefused, NotFound) as refused:
            log.info("work.not_ours", run=f"run-{run}", reason=refused.message)
            return False
        job = granted.job
        held = app.claims.take(run, None if job.kind.only_reads else _state(job))
        if held is None:
            # Processes of an earlier lease are still there; the server gives the run to somebody else.
            log.warning("work.held", run=job.name)
            return False
        try:
            entry = Entry(granted.fence, job, granted.key, held.claim)
            perform(app, client, Ledger(app.settings.data_dir).note(entry), held)
        finally:
            held.release()
    return True


def perform(app: App, client: WorkClient, entry: Entry, held: HeldClaim) -> None:
    """Execute what the entry says, and deliver how it ended."""
    job, stop = entry.job, threading.Event()
    line = Line(client, job.run, entry.fence, app.workspaces.log(job.run), BEAT_SECONDS, stop)
    line.open()
    try:
        result = _result(app, client, entry, held, stop)
    finally:
        line.close()
    if isinstance(result, ApplyResult) and result.outcome in {ApplyOutcome.LEFT, ApplyOutcome.UNSEEN}:
        log.warning("work.left", run=job.name, reason=result.reason)
        return
    ledger = Ledger(app.settings.data_dir)
    done = ledger.note(replace(ledger.entry(job.run) or entry, result=result))
    held.release()
    deliver(app, client.until(Deadline(DELIVER_SECONDS)), done, line)


def _result(app: App, client: WorkClient, entry: Entry, held: HeldClaim, stop: threading.Event) -> Result:
    job, meter, began = entry.job, Meter(), time.monotonic()
    ports = ports_of(app, client, job, entry.fence, entry.key)
    gate = ServedGate(client, Ledger(app.settings.data_dir), entry.fence)
    with metered(meter):
        try:
            if job.phase is not Phase.ADOPT:
                bring_revisions(app, client, job, entry.fence)
            result = execute(job, ports, stop, gate, held)
        except DriftlineError as error:
            result = _not_begun(job, error)
    return measured(result, meter, time.monotonic() - began)


def _not_begun(job: Job, error: DriftlineError) -> Result:
    """The code could not be brought here, so that nothing was started."""
    if job.phase is Phase.PLAN:
        return PlanFailure((Diagnostic("error", error.message),), error.message)
    return ApplyResult(ApplyOutcome.DELAYED, error.message)


def deliver(app: App, client: WorkClient, entry: Entry, line: Line | None = None) -> bool:
    """Whether the server has the result, or wants none any more."""
    job = entry.job
    assert entry.result is not None
    line = line or Line(
        client, job.run, entry.fence, app.workspaces.log(job.run), BEAT_SECONDS, threading.Event()
    )
    try:
        line.send_log()
        client.result(job.run, Ended(entry.fence, entry.result))
    except (LeaseOver, NotFound, Conflict) as over:
        log.warning("work.result_refused", run=job.name, reason=over.message)
    except DriftlineError as error:
        log.warning("work.result_waits", run=job.name, problem=error.message)
        return False
    Ledger(app.settings.data_dir).strike(job.run)
    app.workspaces.discard(job.run)
    return True


def _state(job: Job) -> str:
    """Names the state on this host: what an earlier apply has left running keeps the next one from it."""
    return f"{job.stack.name.replace('/', '-')}"


class Deadline:
    """Satisfies `ports.Cancel`: set once so many seconds have passed."""

    def __init__(self, seconds: float) -> None:
        self._end = time.monotonic() + seconds

    def is_set(self) -> bool:
        return time.monotonic() >= self._end

    def wait(self, timeout: float | None = None) -> bool:
        left = max(0.0, self._end - time.monotonic())
        time.sleep(left if timeout is None else min(left, timeout))
        return self.is_set()
