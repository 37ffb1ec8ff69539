"""Who may say yes, and when it is enough."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from test_run_life import run_in

from runner.model.approval import Approval, Commit, Person
from runner.model.approving import Standing, needed, refusal, standing
from runner.model.run import Kind, Run, State
from runner.model.settings import Allow, ApprovalSettings
from runner.model.stack import ApplyRules, StackDefinition

NOW = datetime(2026, 11, 1, 12, tzinfo=UTC)
ANA, BO = Person("ana", "user"), Person("bo", "loginuid")
COMMIT = Commit(
    "a" * 40, "Ana Ng", "ana@example.com", "Cy", "cy@example.com", NOW, "words", ("dee@example.com",)
)


def waiting(**fields: object) -> Run:
    run = replace(run_in(State.AWAITING_APPROVAL), plan_digest="d1", fingerprint="f1", binding_digest="b1")
    return replace(run, **fields)  # type: ignore[arg-type]


def approval(person: Person, **fields: object) -> Approval:
    return replace(Approval(1, person, NOW, "d1", "f1", binding_digest="b1"), **fields)  # type: ignore[arg-type]


NONE = Standing(1, ())


def stack(**rules: object) -> StackDefinition:
    return StackDefinition("prod/vpc", apply=ApplyRules(**rules))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("rules", "allow", "kind", "destroys", "count"),
    [
        ({}, Allow(), Kind.CHANGE, 0, 2),
        ({"approvals": 3}, Allow(), Kind.CHANGE, 0, 3),
        ({"approvals": 1}, Allow(), Kind.CHANGE, 0, 2),
        ({"approvals": 1}, Allow(lower_approvals=True), Kind.CHANGE, 0, 1),
        ({"approvals": 0}, Allow(lower_approvals=True), Kind.CHANGE, 0, 0),
        ({"approvals": 0}, Allow(lower_approvals=True), Kind.CHANGE, 1, 1),
        ({"mode": "automatic"}, Allow(), Kind.CHANGE, 0, 0),
        ({"mode": "automatic"}, Allow(), Kind.CHANGE, 1, 2),
        ({"mode": "automatic"}, Allow(), Kind.DESTROY, 0, 2),
    ],
)
def test_how_many_must_say_yes(
    rules: dict[str, object], allow: Allow, kind: Kind, destroys: int, count: int
) -> None:
    assert needed(stack(**rules), ApprovalSettings(required=2), allow, kind, destroys) == count


@pytest.mark.parametrize(
    ("given", "missing"),
    [
        ([], 2),
        ([approval(ANA)], 1),
        ([approval(ANA), approval(BO)], 0),
        ([approval(ANA), approval(ANA)], 1),
        ([approval(ANA), approval(BO, plan_digest="other")], 1),
        ([approval(ANA), approval(BO, fingerprint="other")], 1),
        ([approval(ANA), approval(BO, binding_digest="other")], 1),
        ([approval(ANA), approval(BO, binding_digest="")], 1),
        ([approval(ANA), approval(BO, at=NOW - timedelta(days=2))], 1),
    ],
)
def test_only_fresh_yeses_of_different_people_to_exactly_this_plan_count(
    given: list[Approval], missing: int
) -> None:
    assert standing(waiting(), given, 2, ApprovalSettings(), NOW).missing == missing


@pytest.mark.parametrize("name", ["Ana Ng", "ana", "ana@example.com", "cy", "Cy", "cy@example.com", "dee"])
def test_neither_author_nor_committer_nor_co_author_may_approve(name: str) -> None:
    why = refusal(Person(name, "user"), waiting(), stack(), [COMMIT], ApprovalSettings(), NONE)
    assert why == "the author or committer of the change may not approve it"


def test_an_alias_of_the_author_may_not_approve_either() -> None:
    settings = ApprovalSettings(people={"ang": ("ana@example.com",)})
    assert refusal(Person("ang", "user"), waiting(), stack(), [COMMIT], settings, NONE) is not None


def test_the_author_may_approve_where_the_operator_says_so() -> None:
    settings = ApprovalSettings(author_may_approve=True)
    assert refusal(ANA, waiting(), stack(), [COMMIT], settings, NONE) is None


def test_somebody_else_may_approve() -> None:
    assert refusal(BO, waiting(), stack(), [COMMIT], ApprovalSettings(), NONE) is None


def test_only_the_named_approvers_may_approve() -> None:
    assert refusal(BO, waiting(), stack(approvers=("eve",)), [COMMIT], ApprovalSettings(), NONE) == (
        "only eve may approve this stack"
    )
    assert refusal(BO, waiting(), stack(approvers=("bo",)), [COMMIT], ApprovalSettings(), NONE) is None


def test_the_same_person_does_not_count_twice() -> None:
    settings = ApprovalSettings(people={"robert": ("bo",)})
    assert (
        refusal(Person("robert", "sudo"), waiting(), stack(), [], settings, Standing(2, (approval(BO),)))
        is not None
    )


def test_who_asked_for_a_destroy_may_not_approve_it() -> None:
    run = waiting(kind=Kind.DESTROY, trigger="manual", requested_by="bo")
    assert refusal(BO, run, stack(), [COMMIT], ApprovalSettings(), NONE) is not None
