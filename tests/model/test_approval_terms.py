"""The strictest of the operator's rules, the stack file of now and those of before: pure, and each with its origin."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from runner.model.approval.lineage import in_force, outlived
from runner.model.approval.terms import Declaration, Terms, agreed, approvers, nobody
from runner.model.changes.changes import Summary
from runner.model.settings.server import ApprovalRule, ApprovalSettings, PlanMatch
from runner.model.stack.definition import ApplyRules, StackDefinition
from runner.model.stack.match import StackMatch, mismatch, reaches

PROD = StackMatch(labels={"env": "prod"})
EVERYWHERE_AUTOMATIC = ApprovalRule(mode_at_most="automatic", reason="a playground")


def declared(
    name: str = "prod/db", source: str = "infra", labels: dict[str, str] | None = None, **rules: Any
) -> Declaration:
    definition = StackDefinition(
        name, labels={"env": "prod"} if labels is None else labels, apply=ApplyRules(**rules)
    )
    return Declaration(definition, source, "db", "state", "db/stack.yaml", "a" * 40)


def terms(*rules: ApprovalRule, on: tuple[Declaration, ...] = (), **defaults: Any) -> Terms:
    return agreed(ApprovalSettings(rules=rules, **defaults), on or (declared(),))


@pytest.mark.parametrize(
    ("match", "hit"),
    [
        (StackMatch(), True),
        (StackMatch(stacks=("prod/**",)), True),
        (StackMatch(stacks=("prod/db",)), True),
        (StackMatch(stacks=("*",)), False),
        (StackMatch(stacks=("dev/**",)), False),
        (StackMatch(labels={"env": "prod"}), True),
        (StackMatch(labels={"env": "pr*"}), True),
        (StackMatch(labels={"env": "prod", "team": "a"}), False),
        (StackMatch(sources=("infra",)), True),
        (StackMatch(sources=("apps",)), False),
        (StackMatch(stacks=("prod/**",), sources=("apps",)), False),
        (StackMatch(stacks=("dev/**", "prod/**"), labels={"env": "prod"}, sources=("inf*",)), True),
    ],
)
def test_a_rule_reaches_the_stacks_that_all_of_its_keys_match(match: StackMatch, hit: bool) -> None:  # noqa: FBT001
    assert reaches(match, declared().definition, "infra") is hit
    assert (mismatch(match, declared().definition, "infra") == "") is hit


def test_automatic_needs_the_word_of_the_operator() -> None:
    on = (declared(mode="automatic"),)
    assert terms(on=on).mode == "approved"
    assert "no rule allows automatic applies" in terms(on=on).why("mode")
    allowed = terms(EVERYWHERE_AUTOMATIC, on=on)
    assert allowed.mode == "automatic"
    assert "rule 1 of approvals.rules: a playground" in allowed.why("mode")


def test_of_several_rules_the_strictest_wins_whatever_their_order() -> None:
    strict = ApprovalRule(PROD, required=3, mode_at_most="approved")
    on = (declared(mode="automatic"),)
    for rules in ((strict, EVERYWHERE_AUTOMATIC), (EVERYWHERE_AUTOMATIC, strict)):
        found = terms(*rules, on=on)
        assert (found.mode, found.required) == ("approved", 3)


@pytest.mark.parametrize("rule", [ApprovalRule(PROD, required=2), ApprovalRule(PROD, from_=("ana",))])
def test_a_rule_requiring_people_is_not_overridden_by_an_automatic_one(
    rule: ApprovalRule,
) -> None:
    assert terms(rule, EVERYWHERE_AUTOMATIC, on=(declared(mode="automatic"),)).mode == "approved"


def test_never_is_stricter_than_what_the_stack_file_says() -> None:
    found = terms(ApprovalRule(PROD, mode_at_most="never", reason="frozen"))
    assert found.mode == "never"
    assert found.why("mode") == "rule 1 of approvals.rules: frozen"


def test_a_stack_file_may_be_stricter_than_the_rules_and_never_looser() -> None:
    rule = ApprovalRule(PROD, required=2)
    assert terms(rule, on=(declared(approvals=3),)).required == 3
    assert terms(rule, on=(declared(approvals=1),)).required == 2
    lowered = agreed(ApprovalSettings(required=5, rules=(rule,)), [declared(approvals=1)], ("infra",))
    assert lowered.required == 2


def test_authors_may_approve_only_if_every_applicable_word_allows_it() -> None:
    no = ApprovalRule(PROD, author_may_approve=False)
    assert terms(author_may_approve=True).author_may_approve
    assert not terms(no, author_may_approve=True).author_may_approve
    assert not terms(ApprovalRule(PROD, author_may_approve=True)).author_may_approve


def test_protected_is_what_any_of_them_protects() -> None:
    found = terms(ApprovalRule(PROD, protect=("aws_db_instance.*",)), on=(declared(protect=("a.b",)),))
    assert found.protect == ("aws_db_instance.*", "a.b")


def test_who_is_in_every_list_may_approve() -> None:
    rule = ApprovalRule(PROD, from_=("ana", "bo", "cy"))
    assert approvers(terms(), {}) is None
    assert approvers(terms(rule), {}) == ("ana", "bo", "cy")
    assert approvers(terms(rule, on=(declared(approvers=("bo", "dee")),)), {}) == ("bo",)
    people = {"robert": ("bo",)}
    assert approvers(terms(rule, on=(declared(approvers=("robert",)),)), people) == ("bo",)


def test_where_nobody_is_in_every_list_it_is_said_with_the_lists() -> None:
    found = terms(ApprovalRule(PROD, from_=("ana",)), on=(declared(approvers=("eve",)),))
    assert nobody(found, {}) == (
        "nobody may approve it, but 1 must: rule 1 of approvals.rules names ana; db/stack.yaml names eve"
    )
    few = terms(ApprovalRule(PROD, from_=("ana", "bo"), required=2), on=(declared(approvers=("bo",)),))
    assert (nobody(few, {}) or "").startswith("only bo may approve it, but 2 must")


@pytest.mark.parametrize(
    "new",
    [
        declared(labels={}),
        declared(labels={"env": "dev"}),
        replace(declared(name="dev/db"), source="apps"),
    ],
    ids=["without the label", "with another", "renamed, in another source"],
)
def test_a_rule_that_reached_the_stack_before_still_holds(new: Declaration) -> None:
    rules = (ApprovalRule(PROD, required=4), ApprovalRule(StackMatch(sources=("infra",)), required=3))
    on = in_force([declared(), new], new)
    assert terms(*rules, on=on).required == 4


def test_a_rule_that_only_reached_it_before_says_so() -> None:
    new = declared(labels={})
    found = terms(ApprovalRule(PROD, required=4), on=in_force([declared(), new], new))
    assert found.why("required") == (
        "rule 1 of approvals.rules, which matches "
        "db/stack.yaml at aaaaaaaaaaaa (in force until a newer plan is applied)"
    )


def test_automatic_has_to_be_allowed_for_what_the_stack_was_too() -> None:
    dev = ApprovalRule(StackMatch(labels={"env": "dev"}), mode_at_most="automatic")
    new = declared(labels={"env": "dev"}, mode="automatic")
    assert terms(dev, on=(new,)).mode == "automatic"
    assert terms(dev, on=in_force([declared(mode="automatic"), new], new)).mode == "approved"


def test_a_former_declaration_says_that_it_is_one() -> None:
    old, new = declared(approvals=3), declared(approvals=1)
    found = terms(on=in_force([old, new], new))
    assert found.required == 3
    assert found.why("required") == "db/stack.yaml at aaaaaaaaaaaa (in force until a newer plan is applied)"


def test_an_apply_ends_only_what_was_declared_before_its_own_terms() -> None:
    first = datetime(2026, 11, 1, 12, tzinfo=UTC)
    loose, strict = declared(), declared(approvals=3)
    known = [
        (replace(one, id=number), first + timedelta(hours=number))
        for number, one in enumerate((loose, strict, loose))
    ]
    later = first + timedelta(days=1)
    assert [one.id for one in outlived(known, loose, later)] == [0, 1]
    # A heal of an older revision, or a plan made before the newer declaration was seen, ends nothing of it.
    assert outlived(known[:2], loose, later) == []
    assert outlived(known, loose, first) == []
    assert [one.id for one in outlived(known, strict, later)] == [0]
    assert outlived(known, declared(name="other"), later) == []


def test_a_rule_about_some_plans_applies_only_to_those() -> None:
    settings = ApprovalSettings(
        rules=(ApprovalRule(when=PlanMatch(destroys_over=0), required=2, reason="no undo"),)
    )
    assert agreed(settings, [declared()]).required == 1
    assert agreed(settings, [declared()], plan=Summary(update=9)).required == 1
    destroying = agreed(settings, [declared()], plan=Summary(delete=1))
    assert destroying.required == 2
    assert "for plans that destroy anything: no undo" in destroying.why("required")


def test_all_conditions_of_a_rule_have_to_match_the_plan() -> None:
    both = ApprovalRule(when=PlanMatch(destroys_over=0, changes_over=10), required=2)
    settings = ApprovalSettings(rules=(both,))
    plans = (Summary(delete=1), Summary(update=11), Summary(delete=1, update=10))
    assert [agreed(settings, [declared()], plan=one).required for one in plans] == [1, 1, 2]


def test_an_automatic_stack_waits_for_a_person_where_a_rule_about_the_plan_says_so() -> None:
    large = ApprovalRule(when=PlanMatch(changes_over=10), required=1)
    settings = ApprovalSettings(rules=(EVERYWHERE_AUTOMATIC, large))
    on = [declared(mode="automatic")]
    assert agreed(settings, on, plan=Summary(update=1)).mode == "automatic"
    assert agreed(settings, on, plan=Summary(update=11)).mode == "approved"


def test_a_list_of_whom_one_must_approve_is_impossible_if_none_of_them_may() -> None:
    rules = (ApprovalRule(one_of=("ana",)), ApprovalRule(from_=("bo", "cy")))
    assert "one of ana must approve it" in (nobody(terms(*rules), {}) or "")
    assert nobody(terms(*rules), {"ana": ("bo",)}) is None


@pytest.mark.parametrize(
    ("match", "why"),
    [
        (StackMatch(stacks=("dev/**", "stage/**")), "its name is not dev/** or stage/**"),
        (StackMatch(sources=("apps",)), "its source is infra, not apps"),
        (StackMatch(labels={"team": "a"}), "it has no label team"),
        (StackMatch(labels={"env": "dev*"}), "its label env is prod, not dev*"),
    ],
)
def test_a_rule_says_why_it_does_not_reach_a_stack(match: StackMatch, why: str) -> None:
    assert mismatch(match, declared().definition, "infra") == why
