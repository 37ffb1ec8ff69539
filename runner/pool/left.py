"""Runs in the ledger that no process of this host attends to, as after a crash, a reboot, an upgrade or a cut line."""

from collections.abc import Iterator
from dataclasses import replace

from runner.app import App
from runner.errors import DriftlineError, LeaseOver, RunNotFound
from runner.host.log import log
from runner.model.execution.job import Phase
from runner.model.settings.pools import WorkerSettings
from runner.pool.client import WorkClient
from runner.pool.deliver import clear_away, deliver
from runner.pool.execute import perform
from runner.pool.ledger import Entry, Ledger
from runner.pool.patience import Deadline
from runner.ports.keeping import HeldClaim

TRY_SECONDS = 10.0


def left(app: App) -> Iterator[Entry]:
    """Those without a living supervisor."""
    for entry in Ledger(app.settings.data_dir).entries():
        held = app.claims.adopt(entry.claim)
        if held is not None:
            held.release()
            yield entry


def finish(app: App, worker: WorkerSettings, run: int) -> None:
    """Report what can be found out about the run. An apply that still runs is followed to its end."""
    entry = Ledger(app.settings.data_dir).entry(run)
    held = None if entry is None else app.claims.adopt(entry.claim)
    if entry is None or held is None:
        return
    with WorkClient.of(worker) as client:
        try:
            _finish(app, client, entry, held)
        finally:
            held.release()


def _finish(app: App, client: WorkClient, entry: Entry, held: HeldClaim) -> None:
    if entry.result is not None:
        deliver(app, client.until(Deadline(TRY_SECONDS)), entry)
    elif entry.gate is None:
        # It changed nothing. The server gives it to somebody else as soon as the lease is over.
        app.claims.end_orphans(entry.claim)
        clear_away(app, entry)
        log.warning("work.dropped", run=entry.job.name)
    elif _is_over(client, entry):
        _set_aside(app, entry, held)
    else:
        job = replace(entry.job, phase=Phase.ADOPT, executed_digest=entry.gate)
        perform(app, client, replace(entry, job=job), held)


def _is_over(client: WorkClient, entry: Entry) -> bool:
    """Whether the server says that the lease is over. A server that is away says nothing."""
    try:
        client.beat(entry.job.run, entry.fence)
    except (LeaseOver, RunNotFound):
        return True
    except DriftlineError:
        return False
    return False


def _set_aside(app: App, entry: Entry, held: HeldClaim) -> None:
    """A person gave it up. What terraform said stays on this host beside what the ledger knew, and its plan does not."""
    if held.running():
        return
    ledger = Ledger(app.settings.data_dir)
    app.workspaces.discard_inputs(entry.job.run)
    log.warning("work.set_aside", run=entry.job.name, path=str(ledger.set_aside(entry)))
    ledger.strike(entry)
