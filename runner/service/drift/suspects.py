"""Look up who may have caused a drift: after its report was filed, and never in its way."""

from dataclasses import replace

from runner.errors import DriftlineError
from runner.model.attribution.judge import Window, judge
from runner.model.attribution.schedule import RESOLVED_FOR, UNKNOWN_SINCE, delivered, next_look
from runner.model.attribution.subject import Subject, subjects
from runner.model.drift.report import DriftReport
from runner.model.schedule.throttling import account_of
from runner.model.settings.context import furnished
from runner.model.settings.server import Settings
from runner.model.suspects.own import OwnRun
from runner.model.suspects.suspect import Suspect, Suspicion
from runner.model.values.frozen import dataclass
from runner.ports.basics import Clock
from runner.ports.control import ControlPorts
from runner.ports.records.store import Reader
from runner.ports.trail import Trail
from runner.service.drift.own_runs import own_runs


@dataclass(frozen=True)
class _Case:
    """Everything about one report that judging needs."""

    report: DriftReport
    window: Window
    subjects: tuple[Subject, ...]
    runs: dict[str, OwnRun]


def explain_next(control: ControlPorts, trail: Trail) -> bool:
    """Look up the cause of one drift; whether there was one to look up."""
    now = control.clock.now()
    with control.store.reading() as reader:
        report = reader.report_to_explain(now, now - RESOLVED_FOR)
        if report is None:
            return False
        try:
            case = _case(reader, control.settings, report)
        except DriftlineError as error:
            case, problem = None, error.message
    # No transaction while AWS is asked.
    found = _explained(case, trail, control.clock) if case is not None else _unknown(report, problem)
    with control.store.writing() as writer:
        if writer.report(report.id).fingerprint != report.fingerprint:
            return True  # it is another drift by now, which is looked up by itself
        writer.save_suspicion(found, tell=_is_news(report.suspicion, found))
        explained = writer.report(report.id)
    control.reports.file(explained)
    return True


def _unknown(report: DriftReport, problem: str) -> Suspicion:
    """Of a stack that is gone, for example: it is not tried again."""
    return Suspicion(report.id, report.fingerprint, report.first_seen, report.last_seen, problems=(problem,))


def _case(reader: Reader, settings: Settings, report: DriftReport) -> _Case:
    stack = reader.stack(report.stack)
    aws = furnished(settings.contexts, stack.definition, stack.source).aws
    known = report.suspicion
    if known is not None:
        window = Window(known.since, known.until)  # of the time when it was filed
    else:
        since = reader.clean_before(report.stack, report.first_seen)
        window = Window(since or report.first_seen - UNKNOWN_SINCE, report.last_seen)
    named = [
        setting.value
        for place in report.apply_only.places
        for setting in place.settings
        if setting.name == "region"
    ]
    regions = sorted({str(region) for region in named}) or ([aws.region] if aws.region else [])
    account = account_of(aws).removeprefix("aws ") or _only_account(settings)
    found = subjects(report.findings, account, regions)
    return _Case(report, window, found, own_runs(reader, settings, window.since, window.until))


def _only_account(settings: Settings) -> str:
    return settings.aws[0].account if len(settings.aws) == 1 else ""


def _explained(case: _Case, trail: Trail, clock: Clock) -> Suspicion:
    answer = trail.look(case.subjects, case.window)
    now = clock.now()
    complete = delivered(case.window.until, now)
    found: list[Suspect] = []
    for subject in case.subjects:
        found += judge(
            subject, answer.events, case.window, stack=case.report.stack, runs=case.runs, complete=complete
        )
    explained = {one.address for one in found}
    suspicion = Suspicion(
        report=case.report.id,
        fingerprint=case.report.fingerprint,
        since=case.window.since,
        until=case.window.until,
        suspects=tuple(found),
        unexplained=tuple(one.address for one in case.subjects if one.address not in explained),
        searched=answer.searched,
        problems=answer.problems,
        looks=(case.report.suspicion.looks if case.report.suspicion else 0) + 1,
        looked_at=now,
    )
    # Where AWS has no name for anything that drifted, there is nothing to wait for.
    return replace(suspicion, next_look=next_look(suspicion, now)) if case.subjects else suspicion


def _is_news(before: Suspicion | None, after: Suspicion) -> bool:
    """People are told of somebody who was not named before, and at the end that nobody was found."""
    known = {(one.address, one.actor, one.event_id) for one in before.suspects} if before else set()
    fresh = [one for one in after.suspects if (one.address, one.actor, one.event_id) not in known]
    best = {one.address: one for one in reversed(after.suspects)}
    if any(one in best.values() for one in fresh):
        return True
    return (
        after.final
        and not after.suspects
        and bool(after.unexplained)
        and (before is None or not before.final)
    )
