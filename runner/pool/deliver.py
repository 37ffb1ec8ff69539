"""Deliver the result of a run to the server, with the rest of its log."""

import threading

from runner.app import App
from runner.errors import DriftlineError, LeaseOver, RunNotFound
from runner.host.log import log
from runner.model.work.protocol import Ended
from runner.pool.client import WorkClient
from runner.pool.ledger import Entry, Ledger
from runner.pool.line import Line


def deliver(app: App, client: WorkClient, entry: Entry, line: Line | None = None) -> bool:
    """Whether the server has the result, or no longer wants it. Under the claim, so that the run cannot come back meanwhile."""
    job = entry.job
    line = line or Line.of(client, entry, app.workspaces.log(job.run), threading.Event())
    ledger = Ledger(app.settings.data_dir)
    try:
        _hand_over(client, entry, line)
    except (LeaseOver, RunNotFound) as over:
        log.warning("work.result_refused", run=job.name, reason=over.message)
        if entry.gate is not None:
            log.warning("work.set_aside", run=job.name, path=str(ledger.set_aside(entry)))
    except DriftlineError as error:
        log.warning("work.result_waits", run=job.name, problem=error.message)
        return False
    ledger.strike(entry)
    app.workspaces.discard(job.run)
    app.workspaces.remove_log(job.run)
    return True


def _hand_over(client: WorkClient, entry: Entry, line: Line) -> None:
    assert entry.result is not None
    client.repeated(line.send_log)
    client.result(entry.job.run, Ended(entry.fence, entry.result))
