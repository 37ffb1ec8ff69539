"""Who may say yes, and when it is enough."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from test_run_life import run_in

from runner.model.approval.approval import Approval, Commit, Person
from runner.model.approval.rules import Standing, needed, refusal, standing
from runner.model.approval.terms import Declaration, Terms, agreed
from runner.model.run.life import Kind, Run, State
from runner.model.settings.server import ApprovalRule, ApprovalSettings
from runner.model.stack.definition import ApplyRules, StackDefinition

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


def stack(settings: ApprovalSettings | None = None, lowering: tuple[str, ...] = (), **rules: object) -> Terms:
    definition = StackDefinition("prod/vpc", apply=ApplyRules(**rules))  # type: ignore[arg-type]
    one = Declaration(definition, "infra", "vpc", "state", "vpc/stack.yaml", "a" * 40)
    return agreed(settings or ApprovalSettings(), [one], lowering)


@pytest.mark.parametrize(
    ("rules", "lower", "kind", "destroys", "count"),
    [
        ({}, False, Kind.CHANGE, 0, 2),
        ({"approvals": 3}, False, Kind.CHANGE, 0, 3),
        ({"approvals": 1}, False, Kind.CHANGE, 0, 2),
        ({"approvals": 1}, True, Kind.CHANGE, 0, 1),
        ({"approvals": 0}, True, Kind.CHANGE, 0, 0),
        ({"approvals": 0}, True, Kind.CHANGE, 1, 1),
        ({"mode": "automatic"}, False, Kind.CHANGE, 0, 2),
        ({"mode": "automatic"}, True, Kind.CHANGE, 0, 2),
    ],
)
def test_how_many_must_say_yes(
    rules: dict[str, object], lower: object, kind: Kind, destroys: int, count: int
) -> None:
    terms = stack(ApprovalSettings(required=2), ("infra",) if lower else (), **rules)
    assert needed(terms, kind, destroys) == count


@pytest.mark.parametrize(
    ("kind", "destroys", "count"), [(Kind.CHANGE, 0, 0), (Kind.CHANGE, 1, 2), (Kind.DESTROY, 0, 2)]
)
def test_under_automatic_only_destroys_need_people(kind: Kind, destroys: int, count: int) -> None:
    settings = ApprovalSettings(required=2, rules=(ApprovalRule(mode_at_most="automatic"),))
    assert needed(stack(settings, mode="automatic"), kind, destroys) == count


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
    settings = ApprovalSettings(required=2)
    assert standing(waiting(), given, stack(settings), settings, NOW).missing == missing


@pytest.mark.parametrize(
    ("given", "missing", "lacks"),
    [
        ([], 2, (("ana", "cy"),)),
        ([approval(BO)], 1, (("ana", "cy"),)),
        ([approval(BO), approval(Person("dee", "user"))], 1, (("ana", "cy"),)),
        ([approval(BO), approval(ANA)], 0, ()),
        ([approval(ANA)], 1, ()),
    ],
)
def test_one_of_the_owners_has_to_be_among_those_who_approve(
    given: list[Approval], missing: int, lacks: tuple[tuple[str, ...], ...]
) -> None:
    settings = ApprovalSettings(
        required=2, author_may_approve=True, rules=(ApprovalRule(one_of=("ana", "cy")),)
    )
    now = standing(waiting(), given, stack(settings), settings, NOW)
    assert (now.missing, now.lacks, now.complete) == (missing, lacks, missing == 0)


@pytest.mark.parametrize("name", ["Ana Ng", "ana", "ana@example.com", "cy", "Cy", "cy@example.com", "dee"])
def test_neither_author_nor_committer_nor_co_author_may_approve(name: str) -> None:
    why = refusal(Person(name, "user"), waiting(), stack(), [COMMIT], {}, NONE)
    assert why == "the author or committer of a change may not approve it"


def test_an_alias_of_the_author_may_not_approve_either() -> None:
    people = {"ang": ("ana@example.com",)}
    assert refusal(Person("ang", "user"), waiting(), stack(), [COMMIT], people, NONE) is not None


def test_the_author_may_approve_where_the_operator_says_so() -> None:
    settings = ApprovalSettings(author_may_approve=True)
    assert refusal(ANA, waiting(), stack(settings), [COMMIT], {}, NONE) is None


def test_somebody_else_may_approve() -> None:
    assert refusal(BO, waiting(), stack(), [COMMIT], {}, NONE) is None


def test_only_the_named_approvers_may_approve() -> None:
    assert refusal(BO, waiting(), stack(approvers=("eve",)), [COMMIT], {}, NONE) == (
        "only eve may approve this stack (vpc/stack.yaml)"
    )
    assert refusal(BO, waiting(), stack(approvers=("bo",)), [COMMIT], {}, NONE) is None


def test_the_same_person_does_not_count_twice() -> None:
    people, so_far = {"robert": ("bo",)}, Standing(2, (approval(BO),))
    assert refusal(Person("robert", "sudo"), waiting(), stack(), [], people, so_far) is not None


def test_who_asked_for_a_destroy_may_not_approve_it() -> None:
    run = waiting(kind=Kind.DESTROY, trigger="manual", requested_by="bo")
    assert refusal(BO, run, stack(), [COMMIT], {}, NONE) is not None
