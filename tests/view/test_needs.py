from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from examples import NOW, a_run, a_stack

from runner.cli.screen.needs import MARKS
from runner.model.approval.guardrails import OUTDATED, RULES_CHANGED, Violation
from runner.model.approval.rules import Standing
from runner.model.changes.changes import Summary
from runner.model.drift.report import Acknowledgement, DriftReport, ReportStatus
from runner.model.run.life import Run, State
from runner.model.schedule.view import View
from runner.model.stack.definition import Stack
from runner.model.stack.lock import Lock
from runner.model.stack.source import SourceStatus
from runner.view.facts import StackFacts
from runner.view.inbox import SETTLED_BY
from runner.view.need import Why
from runner.view.needs import needs
from runner.view.objections import goes_on
from runner.view.source import Polling, SourceRow, source_row

STACK = a_stack()
RUN = a_run(id=184, state=State.AWAITING_APPROVAL, summary=Summary(create=2, delete=1))
REPORT = DriftReport(
    id=37,
    stack="prod/vpc",
    status=ReportStatus.OPEN,
    revision="a" * 40,
    fingerprint="f",
    first_seen=NOW,
    last_seen=NOW,
    seen=3,
    findings=(),
)


def source(name: str, **known: Any) -> SourceRow:
    return source_row(SourceStatus(name, **known), None, 0, Polling({}))


def facts(
    stack: Stack = STACK, *, run: Run | None = None, last: Run | None = None, lock: Lock | None = None
) -> StackFacts:
    view = View(stack, NOW, lock=lock, open_runs=(run,) if run else (), last_change=last or run)
    standing = Standing(2, ()) if run and run.state is State.AWAITING_APPROVAL else None
    return StackFacts(view, "main", last or run, standing)


def whys(of: StackFacts, *, daemon: bool = True) -> list[Why]:
    return [need.why for need in needs([of], [], [], NOW, daemon=daemon)]


def test_a_plan_that_waits_needs_an_approval_and_says_what_it_would_do() -> None:
    (need,) = needs([facts(run=RUN)], [], [], NOW, daemon=True)
    assert need.text == "waits for approval (0 of 2): +2 -1"
    assert need.command == "driftline approve run-184"


DESTROYS = Violation("max_destroys", "it destroys 6", blocking=True, answer="destroys=6")
LARGE = Violation("large", "it changes 3000", blocking=True, answer="large")
CHANGES = Violation("max_changes", "it changes 201", blocking=True)


@pytest.mark.parametrize(
    ("objections", "command"),
    [
        ([DESTROYS], "driftline approve run-184 --accept-destroys 6"),
        ([LARGE, DESTROYS], "driftline approve run-184 --accept-large --accept-destroys 6"),
        ([CHANGES], "driftline run show run-184"),
        ([DESTROYS, CHANGES], "driftline run show run-184"),
    ],
)
def test_a_plan_blocked_by_a_guard_rail_comes_with_the_working_command(
    objections: list[Violation], command: str
) -> None:
    (need,) = needs([facts(run=RUN)], [], [], NOW, daemon=True, objections={RUN.id: objections})
    assert need.command == command


def test_a_plan_of_a_never_applied_stack_needs_nobody() -> None:
    never = Violation(
        "never", 'stack "prod/vpc" may not be applied: its mode is never (rule 1)', blocking=True
    )
    assert needs([facts(run=RUN)], [], [], NOW, daemon=True, objections={RUN.id: [never]}) == []


def test_a_guard_rails_sentence_is_shown_once() -> None:
    run = replace(RUN, reason="it destroys 6")
    (need,) = needs([facts(run=run)], [], [], NOW, daemon=True, objections={run.id: [DESTROYS, CHANGES]})
    assert need.text == "waits for approval (0 of 2): +2 -1; it destroys 6; it changes 201"


def test_an_approved_run_needs_somebody_only_without_a_daemon() -> None:
    approved = facts(run=replace(RUN, state=State.APPROVED))
    assert (whys(approved, daemon=True), whys(approved, daemon=False)) == ([], [Why.READY])


def test_a_lock_needs_to_be_looked_at() -> None:
    lock = Lock("prod/vpc", "run-181", "run-181 is interrupted", NOW)
    assert whys(facts(lock=lock, last=replace(RUN, state=State.INTERRUPTED))) == [Why.LOCK]


def test_a_plan_that_failed_for_the_code_of_today_needs_somebody() -> None:
    failed = replace(RUN, state=State.PLAN_FAILED, reason="no such module")
    assert whys(facts(last=failed)) == [Why.FAILED]
    assert whys(facts(last=replace(failed, inputs="old"))) == []


@pytest.mark.parametrize(
    ("stack", "why"),
    [
        (replace(STACK, problem="stack.yaml:1:1: no"), Why.PROBLEM),
        (replace(STACK, missing_since=NOW), Why.MISSING),
        (replace(STACK, check_failures=2), Why.FAILED),
    ],
)
def test_a_stack_that_is_not_well_needs_somebody(stack: Stack, why: Why) -> None:
    assert whys(facts(stack)) == [why]


def test_a_stack_that_is_well_needs_nobody() -> None:
    assert whys(facts()) == []


def test_only_open_and_confirmed_drift_needs_somebody() -> None:
    known = Acknowledgement("ana", "known", NOW, NOW + timedelta(days=1))
    reports = [
        REPORT,
        replace(REPORT, id=38, confirmed=False),
        replace(REPORT, id=39, status=ReportStatus.ACKNOWLEDGED, acknowledgement=known),
    ]
    assert [need.name for need in needs([], reports, [], NOW, daemon=True)] == ["dr-37"]


def test_what_is_wrong_with_a_source_is_reported() -> None:
    infra = source("infra", problem="no route", failures=3, problems=("a.yaml:1:1: x",))
    assert {need.why for need in needs([], [], [infra], NOW, daemon=True)} == {Why.SOURCE, Why.PROBLEM}


def test_a_stacks_problem_is_not_repeated_for_its_source() -> None:
    infra = source("infra", problems=("a.tf:1:1: x", "b.yaml:1:1: y"))
    found = needs([facts(replace(STACK, problem="a.tf:1:1: x"))], [], [infra], NOW, daemon=True)
    assert [(need.name, need.text) for need in found] == [
        ("infra", "b.yaml:1:1: y"),
        ("prod/vpc", "a.tf:1:1: x"),
    ]


def test_each_need_has_its_mark_on_the_screen() -> None:
    assert set(Why) == set(MARKS)


def test_a_plan_made_under_other_guardrail_rules_has_to_be_planned_again() -> None:
    found = [Violation("content", "no tag", blocking=True), Violation(OUTDATED, RULES_CHANGED, blocking=True)]
    assert goes_on(RUN, found) == "driftline plan prod/vpc"


def test_every_kind_of_need_is_settled_by_somebody() -> None:
    assert SETTLED_BY.keys() == set(Why)
