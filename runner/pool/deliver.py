"""Deliver the result of a run to the server: with its artifacts and the end of its log, in one call."""

import threading
from dataclasses import replace

from runner.app import App
from runner.errors import (
    ArtifactStoreFailed,
    DriftlineError,
    LeaseOver,
    LogAhead,
    RequestTooLarge,
    RunNotFound,
)
from runner.host.log import log
from runner.model.changes.changes import Diagnostic
from runner.model.execution.job import ApplyOutcome, ApplyResult, Job, Phase, PlanFailure, Result
from runner.model.work.protocol import Content, Ended
from runner.pool.client import WorkClient
from runner.pool.ledger import Entry, Ledger
from runner.pool.line import Line
from runner.pool.patience import Endless


def not_begun(job: Job, reason: str) -> Result:
    if job.phase is Phase.PLAN:
        return PlanFailure((Diagnostic("error", reason),), reason)
    return ApplyResult(ApplyOutcome.DELAYED, reason)


def deliver_plan(
    app: App, client: WorkClient, entry: Entry, line: Line, result: Result, unsent: tuple[Content, ...]
) -> Result | None:
    """Deliver a plan with its artifacts, however long the server is away; returns what is left to be delivered, if anything.

    The ledger has no such result: its artifacts are nowhere else. A plan that cannot be delivered is made again.
    """
    try:
        _hand_over(client.until(Endless()), replace(entry, result=result), line, unsent)
    except ArtifactStoreFailed as error:
        return not_begun(entry.job, error.message)
    except DriftlineError as error:
        log.warning("work.result_refused", run=entry.job.name, reason=error.message)
        return None
    clear_away(app, entry)
    return None


def deliver(app: App, client: WorkClient, entry: Entry, line: Line | None = None) -> bool:
    """Whether the server has the result, or no longer wants it. Under the claim, so that the run cannot come back meanwhile."""
    job = entry.job
    line = line or Line.of(client, entry, app.workspaces.log(job.run), threading.Event())
    try:
        _hand_over(client, entry, line)
    except (LeaseOver, RunNotFound) as over:
        log.warning("work.result_refused", run=job.name, reason=over.message)
        if entry.gate is not None:
            kept = Ledger(app.settings.data_dir).set_aside(entry)
            log.warning("work.set_aside", run=job.name, path=str(kept))
    except DriftlineError as error:
        log.warning("work.result_waits", run=job.name, problem=error.message)
        return False
    clear_away(app, entry)
    return True


def clear_away(app: App, entry: Entry) -> None:
    """Once nothing of the run is needed on this host."""
    Ledger(app.settings.data_dir).strike(entry)
    app.workspaces.discard(entry.job.run)
    app.workspaces.remove_log(entry.job.run)


def _brief(job: Job, result: Result, reason: str) -> Result:
    """An apply ends as it did, with what its log says about it."""
    if isinstance(result, ApplyResult):
        return ApplyResult(
            result.outcome, f"{result.reason}; {reason}".removeprefix("; "), usage=result.usage
        )
    return not_begun(job, reason)


def _hand_over(client: WorkClient, entry: Entry, line: Line, unsent: tuple[Content, ...] = ()) -> None:
    """In one call, unless the server has less of the log than it said."""
    assert entry.result is not None
    ended = Ended(entry.fence, entry.result, unsent, client.repeated(line.end_of_log))
    try:
        client.result(entry.job.run, ended)
    except RequestTooLarge as refused:
        brief = _brief(entry.job, entry.result, f"the server did not take its result: {refused.message}")
        client.result(entry.job.run, Ended(entry.fence, brief))
    except LogAhead:
        client.repeated(line.send_log)
        client.result(entry.job.run, replace(ended, log=None))
