"""Which plan heals without a person: rules, what no rule lets pass, and limits. Pure."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from runner.model.approval.terms import Declaration
from runner.model.changes.changes import (
    MASK,
    UNKNOWN,
    Action,
    AttributeChange,
    ChangeSet,
    Evaluated,
    Invocation,
    OutputChange,
    Reading,
    ResourceChange,
)
from runner.model.drift.report import Acknowledgement, Contest, DriftReport, ReportStatus
from runner.model.healing.limits import PastHeal, exceeded, fight
from runner.model.healing.other_side import wrote
from runner.model.healing.rules import HealTerms, heal_terms
from runner.model.healing.suspended import Surroundings, suspended
from runner.model.healing.verdict import Protection, Verdict, judge
from runner.model.settings.healing import Fights, HealLimits, OperatorHealRule
from runner.model.settings.server import DriftSettings
from runner.model.stack.definition import (
    DriftRules,
    Pause,
    Stack,
    StackDefinition,
    StateIdentity,
    definition_of_json,
)
from runner.model.stack.heal_rule import AtMost, HealRule
from runner.model.stack.lock import Lock
from runner.model.stack.match import StackMatch

NOW = datetime(2026, 11, 29, 12, tzinfo=UTC)
TAGS = OperatorHealRule("heal", types=("aws_*",), attributes=("tags", "tags_all"))
EVERYTHING = OperatorHealRule("heal")
BUCKET = "aws_s3_bucket.a"
UNPROTECTED = Protection()


def attribute(
    path: str = "tags.env", before: Any = "hand", after: Any = "code", **more: Any
) -> AttributeChange:
    return AttributeChange(path, before, after, **more)


def resource(*attributes: AttributeChange, address: str = BUCKET, **more: Any) -> ResourceChange:
    kind = address.removeprefix("module.m.").partition(".")[0]
    return ResourceChange(address, kind, more.pop("action", Action.UPDATE), attributes, **more)


def plan(*resources: ResourceChange, **more: Any) -> ChangeSet:
    return ChangeSet(resources=resources, **more)


def declared(labels: dict[str, str] | None = None, *, former: bool = False, **drift: Any) -> Declaration:
    definition = StackDefinition("web", labels=labels or {}, drift=DriftRules(**drift))
    return Declaration(definition, "infra", ".", "state", "web/stack.yaml", "a" * 40, former=former)


def terms(
    *rules: OperatorHealRule, on: tuple[Declaration, ...] = (), action: Any = "reconcile", allow: bool = False
) -> HealTerms:
    subjects = on or (declared(),)
    settings = DriftSettings(action=action, heal=rules)
    return heal_terms(settings, subjects, subjects[-1].definition, {"infra"} if allow else ())


def verdict(
    changes: ChangeSet, *rules: OperatorHealRule, protect: Protection = UNPROTECTED, **more: Any
) -> Verdict:
    return judge(changes, terms(*rules, **more), protect)


# Rules


def test_a_plan_whose_every_part_heals_is_let_pass() -> None:
    found = verdict(plan(resource(attribute(), attribute("tags_all.env"))), TAGS)
    assert found.heals
    assert [mark.rule for mark in found.marks] == ["rule 1 of drift.heal"]


def test_a_plan_without_a_matching_rule_asks() -> None:
    found = verdict(plan(resource(attribute(), attribute("acl"))), TAGS)
    assert not found.heals
    assert found.why_not == f"acl of {BUCKET}: no rule matches"


def test_without_any_rule_everything_asks() -> None:
    assert not verdict(plan(resource(attribute()))).heals


def test_a_plan_that_changes_nothing_is_not_healed() -> None:
    assert not verdict(plan(), EVERYTHING).heals


def test_the_first_matching_rule_decides() -> None:
    ask = OperatorHealRule("ask", addresses=(BUCKET,), reason="under audit")
    changes = plan(resource(attribute()))
    assert verdict(changes, TAGS, ask).heals
    found = verdict(changes, ask, TAGS)
    assert found.why_not == f"tags.env of {BUCKET}: rule 1 of drift.heal says ask (under audit)"


def test_what_is_left_alone_keeps_the_plan_that_would_change_it_from_healing() -> None:
    leave = OperatorHealRule("ignore", attributes=("capacity",))
    found = verdict(plan(resource(attribute(), attribute("capacity"))), leave, TAGS)
    assert not found.heals
    assert not found.left_alone
    assert verdict(plan(resource(attribute("capacity"))), leave, TAGS).left_alone


def test_a_rule_reaches_only_the_stacks_that_it_matches() -> None:
    rule = replace(TAGS, match=StackMatch(labels={"env": "dev"}))
    changes = plan(resource(attribute()))
    assert verdict(changes, rule, on=(declared({"env": "dev"}),)).heals
    assert not verdict(changes, rule, on=(declared({"env": "prod"}),)).heals


def test_a_commit_does_not_reach_a_rule_by_a_label_before_it_is_applied() -> None:
    rule = replace(TAGS, match=StackMatch(labels={"env": "dev"}))
    both = (declared({"env": "prod"}, former=True), declared({"env": "dev"}))
    assert not verdict(plan(resource(attribute())), rule, on=both).heals


def test_a_rule_with_attributes_never_matches_a_whole_resource() -> None:
    assert not verdict(plan(resource(action=Action.CREATE)), TAGS).heals
    assert verdict(
        plan(resource(attribute("id", None, UNKNOWN, unknown=True), action=Action.CREATE)), EVERYTHING
    ).heals


# What a stack file may say


@pytest.mark.parametrize(
    ("operator", "own", "allow", "heals"),
    [
        ((TAGS,), (), False, True),
        ((TAGS,), (HealRule("ask"),), False, False),
        ((TAGS,), (HealRule("ignore"),), False, False),
        ((TAGS,), (HealRule("heal", types=("none",)), HealRule("ask")), False, False),
        ((TAGS,), (HealRule("heal"), HealRule("ask")), False, True),
        ((), (HealRule("heal"),), False, False),
        ((), (HealRule("heal"),), True, True),
        ((OperatorHealRule("ask"),), (HealRule("heal"),), True, False),
        ((OperatorHealRule("ignore"),), (HealRule("heal"),), True, False),
    ],
)
def test_a_stack_is_only_stricter_unless_its_source_may_heal(
    operator: tuple[OperatorHealRule, ...],
    own: tuple[HealRule, ...],
    allow: bool,  # noqa: FBT001
    heals: bool,  # noqa: FBT001
) -> None:
    found = verdict(plan(resource(attribute())), *operator, on=(declared(heal=own),), allow=allow)
    assert found.heals is heals


def test_a_commit_does_not_remove_its_own_heal_rule_before_it_is_applied() -> None:
    both = (declared(heal=(HealRule("ask"),), former=True), declared())
    assert not verdict(plan(resource(attribute())), TAGS, on=both).heals


@pytest.mark.parametrize(
    ("server", "said", "allow", "expected"),
    [
        ("report", (None,), False, "report"),
        ("reconcile", (None,), False, "reconcile"),
        ("reconcile", ("report",), False, "report"),
        ("report", ("propose",), False, "propose"),
        ("report", ("reconcile",), False, "propose"),
        ("report", ("reconcile",), True, "reconcile"),
        ("reconcile", ("report", "reconcile"), False, "propose"),
        ("reconcile", ("reconcile", "report"), False, "report"),
        ("reconcile", ("reconcile", None), False, "reconcile"),
    ],
)
def test_a_stack_reconciles_only_by_every_word_that_counts(
    server: Any,
    said: tuple[Any, ...],
    allow: bool,  # noqa: FBT001
    expected: str,
) -> None:
    on = tuple(declared(action=one) for one in said)
    assert terms(on=on, action=server, allow=allow).action == expected


# What no rule lets pass, or only by name


@pytest.mark.parametrize("action", [Action.DELETE, Action.REPLACE])
def test_a_destroy_heals_only_by_its_action_and_its_exact_address(action: Action) -> None:
    changes, word = plan(resource(action=action)), action.value
    by_name = OperatorHealRule("heal", addresses=(BUCKET,), actions=(word,))  # type: ignore[arg-type]
    assert verdict(changes, by_name).heals
    for rule in (
        EVERYTHING,
        replace(by_name, addresses=()),
        replace(by_name, addresses=("aws_s3_bucket.*",)),
        replace(by_name, addresses=("aws_s3_bucket",)),
    ):
        assert not verdict(changes, rule).heals, rule
    indexed = plan(resource(action=action, address=f"{BUCKET}[0]"))
    assert not verdict(indexed, by_name).heals


def test_a_stack_file_never_lets_a_destroy_pass() -> None:
    own = HealRule("heal", addresses=(BUCKET,), actions=("delete",))
    assert not verdict(plan(resource(action=Action.DELETE)), on=(declared(heal=(own,)),), allow=True).heals


@pytest.mark.parametrize("protect", [Protection(addresses=(BUCKET,)), Protection(types=("aws_s3_*",))])
def test_what_is_protected_heals_only_by_name(protect: Protection) -> None:
    changes = plan(resource(attribute()))
    assert not verdict(changes, EVERYTHING, protect=protect).heals
    assert not verdict(changes, OperatorHealRule("heal", addresses=(BUCKET,)), protect=protect).heals
    assert verdict(
        changes, OperatorHealRule("heal", addresses=(BUCKET,), actions=("update",)), protect=protect
    ).heals


@pytest.mark.parametrize(
    "one",
    [
        attribute(before=MASK, after=MASK, sensitive=True),
        attribute(after={"inner": ["a", MASK]}),
        attribute(path=f"tags.{MASK}"),
        attribute(sensitive=True),
        attribute(mark_only=True),
    ],
)
def test_a_sensitive_value_asks(one: AttributeChange) -> None:
    assert not verdict(plan(resource(one)), EVERYTHING).heals
    assert not verdict(plan(resource(one, action=Action.CREATE)), EVERYTHING).heals


@pytest.mark.parametrize("after", [UNKNOWN, ["a", UNKNOWN]])
def test_a_value_known_after_the_apply_heals_only_if_a_rule_names_it(after: Any) -> None:
    changes = plan(resource(attribute("etag", "a", after, unknown=after is UNKNOWN)))
    assert not verdict(changes, EVERYTHING).heals
    assert not verdict(changes, replace(EVERYTHING, attributes=("e*",))).heals
    assert verdict(changes, replace(EVERYTHING, attributes=("etag",))).heals


@pytest.mark.parametrize(
    "more",
    [
        {"outputs": (OutputChange("url", Action.UPDATE, "a", "b"),)},
        {"actions": (Invocation("action.a.b", "a", "p", "after"),)},
        {"provisioners": (BUCKET,)},
        {"evaluated": (Evaluated("write-only", BUCKET, "password_wo"),)},
        {"evaluated": (Evaluated("provider", "aws", "region", reads=("a",)),)},
        {
            "evaluated": (Evaluated("provider", "aws", "region", reads=("a",)),),
            "readings": (Reading("a", unknown=True),),
        },
        {"moving": (f"{BUCKET} tags.at",)},
        {"complete": False},
    ],
)
def test_what_goes_beyond_resources_asks(more: dict[str, Any]) -> None:
    assert not verdict(plan(resource(attribute()), **more), EVERYTHING).heals


def test_a_provider_whose_values_are_known_is_no_obstacle() -> None:
    more: dict[str, Any] = {
        "evaluated": (Evaluated("provider", "aws", "region", reads=("a",)),),
        "readings": (Reading("a", "eu-west-1"),),
    }
    assert verdict(plan(resource(attribute()), **more), EVERYTHING).heals


@pytest.mark.parametrize(
    "odd",
    [
        resource(attribute(), importing="i-1"),
        resource(attribute(), previous_address="aws_s3_bucket.b"),
        resource(deposed="abc", action=Action.DELETE),
        resource(action=Action.FORGET),
        resource(),
        resource(action=Action.NO_OP, previous_address="aws_s3_bucket.b"),
    ],
)
def test_imports_moves_and_what_is_not_said_ask(odd: ResourceChange) -> None:
    everything = (EVERYTHING, OperatorHealRule("heal", addresses=(BUCKET,), actions=("delete",)))
    sure = resource(attribute(), address="aws_s3_bucket.sure")
    assert not verdict(plan(sure, odd), *everything).heals


def test_an_objection_of_a_guard_rail_asks() -> None:
    found = judge(plan(resource(attribute())), terms(TAGS), Protection(), ["it changes 201 resources"])
    assert found.why_not == "guardrails: it changes 201 resources"


# Limits


def past(minutes: float, *addresses: str, rule: OperatorHealRule = TAGS) -> PastHeal:
    (named,) = terms(rule).rules
    return PastHeal(1, NOW - timedelta(minutes=minutes), (named.mark,), addresses or (BUCKET,))


def test_a_stack_heals_so_many_times_a_day() -> None:
    found, limits = verdict(plan(resource(attribute())), TAGS), HealLimits(per_day=2)
    assert not list(exceeded(found, [past(5)], limits, NOW))
    (sentence,) = exceeded(found, [past(5), past(10)], limits, NOW)
    assert sentence == "it was healed 2 times in the last 24 hours, and drift.heal_limits.per_day is 2"
    assert not list(exceeded(found, [past(5), past(25 * 60)], limits, NOW))


def test_a_heal_from_before_the_clock_went_back_counts() -> None:
    found = verdict(plan(resource(attribute())), TAGS)
    assert list(exceeded(found, [past(-600)], HealLimits(per_day=1), NOW))


def test_a_rule_limits_its_heals_and_its_resources() -> None:
    changes = plan(
        resource(attribute(), attribute("tags.b")), resource(attribute(), address="aws_s3_bucket.b")
    )
    one = replace(TAGS, at_most=AtMost(changes=1))
    assert list(exceeded(verdict(changes, one), [], HealLimits(), NOW))
    two = replace(TAGS, at_most=AtMost(changes=2, per_day=1))
    assert not list(exceeded(verdict(changes, two), [], HealLimits(), NOW))
    assert list(exceeded(verdict(changes, two), [past(5)], HealLimits(), NOW))


def test_another_limit_or_place_in_the_list_does_not_reset_a_rule() -> None:
    changed = replace(TAGS, at_most=AtMost(per_day=1), reason="now with a limit")
    other = OperatorHealRule("ask", types=("other",))
    assert list(exceeded(verdict(plan(resource(attribute())), other, changed), [past(5)], HealLimits(), NOW))


def test_a_resource_that_drifts_again_after_each_heal_is_fought_over() -> None:
    heals, limit = [past(1), past(2), past(3)], Fights(times=3)
    found = fight([BUCKET], heals, limit, NOW)
    assert found is not None
    assert (found.addresses, found.times) == ((BUCKET,), 3)
    assert fight(["aws_s3_bucket.b"], heals, limit, NOW) is None
    assert fight([BUCKET], heals[:2], limit, NOW) is None
    assert fight([BUCKET], [*heals[:2], past(7 * 60)], limit, NOW) is None


def test_the_other_side_is_whoever_wrote_the_value_that_is_undone() -> None:
    healed = plan(resource(attribute("owner", "platform", "us")))
    assert wrote(plan(resource(attribute("owner", "us", "platform"), address="aws_s3_bucket.theirs")), healed)
    assert not wrote(plan(resource(attribute("owner", "us", "other"))), healed)
    assert not wrote(
        plan(resource(attribute("owner", "x", MASK, sensitive=True))),
        plan(resource(attribute("owner", MASK, "us"))),
    )


# Stored definitions


def test_definitions_without_heal_rules_keep_their_digest() -> None:
    before = "ee405ce9fbc24a0885fefffe7a910c951f6ef9a30a1006d2a4ba7effe7b04a42"
    assert StackDefinition("web").digest == before
    assert '"heal"' not in StackDefinition("web").document


@pytest.mark.parametrize("action", [None, "report", "propose", "reconcile"])
def test_a_definition_comes_back_from_its_json(action: Any) -> None:
    rules = DriftRules(action=action, heal=(HealRule("ask", types=("a",), at_most=AtMost(1)),))
    definition = StackDefinition("web", drift=rules)
    assert definition_of_json(definition.document) == definition


def test_saying_report_is_another_definition_than_saying_nothing() -> None:
    assert StackDefinition("web", drift=DriftRules(action="report")).digest != StackDefinition("web").digest


# What suspends healing

STACK = Stack(
    name="web",
    source="infra",
    file="web/stack.yaml",
    module_path="web",
    definition=StackDefinition("web"),
    revision="a" * 40,
    inputs="i",
    identity=StateIdentity("local", "{}", "default"),
    managed_state=False,
)
REPORT = DriftReport(1, "web", ReportStatus.OPEN, "a" * 40, "f", NOW, NOW, 1, ())
CONTEST = Contest(NOW, 3, (BUCKET,), "run-7 of stack net wrote the same values")
OPEN = Surroundings(STACK, terms(TAGS), NOW, REPORT)


def test_nothing_suspends_the_healing_of_an_open_report() -> None:
    assert not list(suspended(OPEN))


@pytest.mark.parametrize(
    ("on", "sentence"),
    [
        (
            replace(OPEN, terms=terms(TAGS, action="propose")),
            "drift.action is propose (drift.action of the server)",
        ),
        (
            replace(OPEN, never="rule 1 of approvals.rules"),
            "the stack may not be applied: its mode is never (rule 1 of approvals.rules)",
        ),
        (replace(OPEN, lock=Lock("web", "ana", "audit", NOW)), "the stack is locked by ana: audit"),
        (
            replace(OPEN, stack=replace(STACK, pause=Pause("ana", "release", NOW))),
            "the stack is paused by ana: release",
        ),
        (
            replace(OPEN, stack=replace(STACK, definition=StackDefinition("web", paused=True))),
            "the stack is paused: its definition in Git says paused: true",
        ),
        (
            replace(OPEN, read=False),
            "the stack files of its source have not been read completely since the settings changed",
        ),
        (replace(OPEN, stack=replace(STACK, missing_since=NOW)), "the stack is no longer in Git"),
        (replace(OPEN, stack=replace(STACK, problem="bad")), "its definition in Git is invalid"),
        (replace(OPEN, partly="run-3"), "run-3 left parts of another revision in the state"),
        (replace(OPEN, report=None), "its drift report is resolved"),
        (
            replace(
                OPEN,
                report=replace(
                    REPORT,
                    status=ReportStatus.ACKNOWLEDGED,
                    acknowledgement=Acknowledgement("ana", "known", NOW, NOW + timedelta(days=1)),
                ),
            ),
            "dr-1 is acknowledged by ana: known",
        ),
        (
            replace(OPEN, report=replace(REPORT, contest=CONTEST)),
            f"dr-1 is contested: {BUCKET} was healed 3 times and drifted again; run-7 of stack net wrote the same values",
        ),
    ],
)
def test_healing_is_suspended(on: Surroundings, sentence: str) -> None:
    assert list(suspended(on)) == [sentence]
