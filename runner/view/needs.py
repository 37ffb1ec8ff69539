"""What needs a person: each with the command that goes on from there. Pure."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from runner.model.approval.guardrails import Violation
from runner.model.audit.checkpoint import missing_sentence
from runner.model.audit.log import AuditEntry
from runner.model.audit.restored import SHOWN_FOR, sentence
from runner.model.cloud_events.queue import QueueState
from runner.model.drift.report import DriftReport
from runner.model.events.feed import DeadLetter
from runner.model.notify.consumer import notification_of
from runner.model.run.life import Run, State
from runner.model.schedule.waiting import held_elsewhere
from runner.model.settings.reload import RefusedReload
from runner.model.stack.definition import Stack
from runner.model.stack.lock import Leftover
from runner.model.warm.probe import Distrust
from runner.view import words
from runner.view.facts import StackFacts, given
from runner.view.need import Need, Way, Why
from runner.view.objections import NEVER, goes_on
from runner.view.source import SourceRow
from runner.view.when import ago, ahead


def needs(
    stacks: Sequence[StackFacts],
    reports: Iterable[DriftReport],
    sources: Iterable[SourceRow],
    now: datetime,
    *,
    daemon: bool,
    restored: AuditEntry | None = None,
    missing: AuditEntry | None = None,
    shortage: str | None = None,
    refused: RefusedReload | None = None,
    leftovers: Iterable[Leftover] = (),
    distrusted: Iterable[Distrust] = (),
    dead_letters: Iterable[DeadLetter] = (),
    queues: Iterable[QueueState] = (),
    objections: Mapping[int, Sequence[Violation]] | None = None,
    of_pools: Iterable[Need] = (),
) -> list[Need]:
    """Everything that waits for a person, the most pressing kind first. `objections`: to which run, what."""
    objected = objections or {}
    found = [need for facts in stacks for need in _of_stack(facts, objected, daemon=daemon)]
    if restored is not None and now - restored.at < SHOWN_FOR:
        text = f"{ago(restored.at, now)}: {sentence(restored.detail)}"
        found.append(Need(Why.RESTORED, "database", None, text, "driftline audit verify"))
    if missing is not None and now - missing.at < SHOWN_FOR:
        text = f"{ago(missing.at, now)}: {missing_sentence(missing.detail)}"
        found.append(Need(Why.CHECKPOINTS, "audit", None, text, "driftline audit verify"))
    for left in leftovers:
        pids = ", ".join(map(str, left.pids)) or "unknown"
        text = f"has ended but left processes running (pids {pids}); nothing is planned or applied on its state until they end"
        found.append(Need(Why.LINGERS, left.run, None, text, f"driftline run cancel {left.run} --force"))
    if shortage is not None:
        found.append(Need(Why.DISK, "data_dir", None, shortage, "driftline doctor", failure=True))
    if refused is not None:
        text = f"reload refused {ago(refused.at, now)}, the daemon goes on with the one before: {refused.sentence}"
        found.append(Need(Why.RELOAD, "configuration", None, text, refused.hint, failure=True))
    for one in distrusted:
        text = (
            f"is no longer probed ({one.reason}, stack {one.stack}); its stacks are checked with full plans"
        )
        command = f'driftline drift trust "{one.provider.name}" -m "..."'
        found.append(Need(Why.PROBE, one.provider.name, one.stack, text, command))
    for consumer, count in Counter(letter.consumer for letter in dead_letters).items():
        text = f"{words.counted(count, 'event')} could not be delivered"
        name = notification_of(consumer)
        command = f"driftline notify retry {name} --all" if name else "driftline events --dead"
        found.append(Need(Why.EVENTS, consumer, None, text, command, failure=True))
    for queue in queues:
        if queue.problem:
            text = f"not read since {ago(queue.since, now)}, so drift there is found by the schedule alone: {queue.problem}"
            found.append(Need(Why.QUEUE, queue.name, None, text, "driftline doctor", failure=True))
    found += of_pools
    found += [need for report in reports for need in _of_report(report, now)]
    known = {facts.stack.problem for facts in stacks}
    found += [need for source in sources for need in _of_source(source, known, now)]
    order = list(Why)
    return sorted(found, key=lambda need: (order.index(need.why), need.name))


def _of_stack(
    facts: StackFacts, objections: Mapping[int, Sequence[Violation]], *, daemon: bool
) -> Iterable[Need]:
    stack, view, last = facts.stack, facts.view, facts.view.last_change
    yield from _of_runs(facts, objections, daemon=daemon)
    if view.lock is not None:
        yield Need(
            Why.LOCK,
            stack.name,
            stack.name,
            f"locked by {view.lock.holder} {ago(view.lock.since, view.now)}: {view.lock.reason}",
            view.lock.way_out,
            failure=view.lock.run is not None,
        )
    elif last is not None and last.state is State.PLAN_FAILED and last.inputs == stack.inputs:
        yield Need(
            Why.FAILED,
            last.name,
            stack.name,
            f"plan failed: {last.reason}",
            f"driftline logs {last.name}",
            failure=True,
        )
    if stack.check_failures:
        yield Need(
            Why.FAILED,
            stack.name,
            stack.name,
            f"drift check failed {words.times(stack.check_failures)}: {stack.drift_reason}",
            f"driftline run list --stack {stack.name} --kind drift",
            failure=True,
        )
    for check in stack.failing_checks:
        text = f"{check}, first seen {ago(check.since, view.now)}"
        yield Need(Why.CHECK, stack.name, stack.name, text, f"driftline stack show {stack.name}")
    if stack.problem is not None:
        yield Need(
            Why.PROBLEM,
            stack.name,
            stack.name,
            stack.problem,
            f"driftline stack show {stack.name}",
            failure=True,
        )
    if stack.missing_since is not None and view.open_change is None:
        yield _missing(stack, stack.missing_since, view.now)


def _of_runs(
    facts: StackFacts, objections: Mapping[int, Sequence[Violation]], *, daemon: bool
) -> Iterable[Need]:
    stack, view = facts.stack, facts.view
    for run in view.open_runs:
        counts = words.counts(run.summary)
        found = objections.get(run.id, ())
        # A plan that may never be applied is there to be read: it waits for nobody.
        if run.state is State.AWAITING_APPROVAL and all(one.code != NEVER for one in found):
            count = f" ({given(facts.standing)})" if facts.standing else ""
            text = "; ".join([f"waits for approval{count}: {counts}", *_notes(run, found)])
            yield Need(Why.APPROVAL, run.name, stack.name, text, goes_on(run, found))
        if held_elsewhere(run):
            yield _held(run, view.now)
        elif run.state is State.APPROVED and run.claim is None and _may_start(facts) and not daemon:
            yield Need(
                Why.READY, run.name, stack.name, f"is approved: {counts}", f"driftline apply {run.name}"
            )


def _may_start(facts: StackFacts) -> bool:
    return facts.view.lock is None and facts.view.closed is None


def _missing(stack: Stack, since: datetime, now: datetime) -> Need:
    ways = [Way("keep its resources", f"driftline stack forget {stack.name}")]
    if stack.applied_revision is not None:
        ways.append(Way("destroy its resources", f"driftline plan {stack.name} --destroy"))
        ways.append(Way("it was renamed", f"driftline stack rename {stack.name} NEW"))
    text = f"source missing since {ago(since, now)}: it is no longer in Git; decide what to do with it"
    return Need(Why.MISSING, stack.name, stack.name, text, ways[0].command, ways=tuple(ways))


def _held(run: Run, now: datetime) -> Need:
    """Nobody of Driftline frees it: whoever holds the state has to be asked."""
    since = run.created_at if run.state is State.QUEUED else run.changed_at
    text = f"waiting since {ago(since, now)}: {run.reason}; retry {ahead(run.wait_until, now)}"
    return Need(Why.LOCK, run.name, run.stack, text, "driftline lock list")


def _notes(run: Run, found: Sequence[Violation]) -> list[str]:
    """What the guard rails said when it was planned, and what else stands in the way now."""
    new = [objection.sentence for objection in found if objection.sentence not in run.reason]
    return [run.reason, *new] if run.reason else new


def _of_report(report: DriftReport, now: datetime) -> Iterable[Need]:
    if report.is_reported(now):
        fought = f"contested: {report.contest.sentence}; " if report.contest else ""
        text = f"{fought}{words.found(report)}, first seen {ago(report.first_seen, now)}, {words.times(report.seen)}"
        yield Need(Why.DRIFT, report.name, report.stack, text, f"driftline drift show {report.name}")


def _of_source(source: SourceRow, known: set[str | None], now: datetime) -> Iterable[Need]:
    """`known` are the problems that their stacks already show."""
    command = f"driftline source check {source.name}"
    if source.problem is not None:
        text = f"could not be polled {words.times(source.failures)}: {source.problem}"
        if source.is_refused:
            text = f"its newest revision is refused: {source.problem}"
        yield Need(Why.SOURCE, source.name, None, text, command, failure=True)
    for problem in source.problems:
        if problem not in known:
            yield Need(Why.PROBLEM, source.name, None, problem, command, failure=True)
    if source.forge_problem is not None:
        since = f" since {ago(source.forge_failing_since, now)}" if source.forge_failing_since else ""
        again = f"; retry {ahead(source.forge_next_try, now)}" if source.forge_next_try else ""
        text = f"its forge fails{since}: {source.forge_problem}{again}"
        # No failure: it delays no run, so a single pass has not failed either.
        yield Need(Why.FORGE, source.name, None, text, "driftline doctor")
