"""Which stage of a promotion gets a revision, and why not: one rule about the stage before a test."""

from dataclasses import replace
from datetime import timedelta

import pytest
from examples import NOW, a_stack

from runner.model.promotion.advance import Advance
from runner.model.promotion.order import misplaced
from runner.model.promotion.rules import STAGE_RULES, Held, held
from runner.model.promotion.stage import Applied, Check, Stage, StageRecord, Wanted
from runner.model.run.life import State
from runner.model.settings.promotion import Promotion, PromotionWait
from runner.model.stack.definition import Stack, StackDefinition
from runner.model.stack.lock import Lock
from runner.model.values.span import Seconds

DAY = Seconds.parse("24h")
SHOP = Promotion("shop", ("dev", "stage", "prod"), PromotionWait(soak=DAY))
HOUR = timedelta(hours=1)
APPLIED = Applied("run-1", NOW - 30 * HOUR, head=5)
CLEAN = Check("run-2", State.NO_CHANGES)


def stack(name: str, *, synced: bool = True, **fields: object) -> Stack:
    known = {
        "name": name,
        "definition": StackDefinition(name),
        "applied_revision": "a" * 40,
        "applied_inputs": "new" if synced else "old",
    }
    return a_stack(**{**known, **fields})


def stage(
    name: str = "dev",
    record: StageRecord | None = None,
    *,
    of: Stack | None = None,
    lock: Lock | None = None,
    paused: str = "",
    doing: str = "run-3 waits for approval",
    **fields: object,
) -> Stage:
    """In sync, applied 30 hours ago by the fifth head, and found clean since."""
    known = StageRecord(moved=5, applied=APPLIED, check=CLEAN)
    return Stage(name, record or replace(known, **fields), of or stack(name), lock, paused, doing)  # type: ignore[arg-type]  # fields of a record


WAITS = stage("stage", of=stack("stage", synced=False))
WANTED = Wanted("b" * 40, moved=5)


def why(
    *before: Stage, promotion: Promotion = SHOP, wanted: Wanted = WANTED, at: timedelta = HOUR * 0
) -> Held | None:
    return held(promotion, WAITS, before, wanted, NOW + at)


def test_a_revision_that_was_applied_soaked_and_found_clean_passes() -> None:
    assert why(stage()) is None


CASES = [
    ("a stage that is no stack", Stage("dev"), "unknown", "there is no stack dev"),
    (
        "a renamed stage",
        Stage("dev", StageRecord(left="renamed to development")),
        "unknown",
        "dev is renamed to development; correct the order",
    ),
    (
        "a stage that left Git",
        stage(of=stack("dev", missing_since=NOW)),
        "missing",
        "dev is no longer in Git",
    ),
    (
        "a stage in another source",
        stage(of=stack("dev", source="other")),
        "other_source",
        "another source (other)",
    ),
    (
        "a broken stage",
        stage(of=stack("dev", problem="x")),
        "problem",
        "the definition of dev in Git is invalid",
    ),
    ("a paused stage", stage(paused="paused by ana: holiday"), "paused", "dev is paused by ana: holiday"),
    (
        "a locked stage",
        stage(lock=Lock(stack="dev", holder="run-9", reason="the apply failed", since=NOW)),
        "locked",
        "dev is locked by run-9: the apply failed",
    ),
    ("a failed apply", stage(partly="run-9"), "partly_applied", "run-9 has left dev partly applied"),
    (
        "a stage never applied",
        stage(of=stack("dev", applied_revision=None, applied_inputs=None), record=StageRecord(moved=5)),
        "never_applied",
        "dev has not been applied yet (run-3 waits for approval)",
    ),
    (
        "a stage that has not applied it",
        stage(of=stack("dev", synced=False), applied=replace(APPLIED, head=4)),
        "not_applied",
        "dev has not applied bbbbbbbbbbbb yet (run-3 waits for approval)",
    ),
    (
        "a clock that went back",
        stage(applied=replace(APPLIED, at=NOW + 2 * HOUR)),
        "clock",
        "the clock is wrong now, or was wrong then",
    ),
    (
        "drift during the soak",
        stage(applied=replace(APPLIED, at=NOW - HOUR), check=Check("run-2", State.DRIFTED, "1 changed")),
        "drifted",
        "dev has drifted since run-1 (run-2: 1 changed)",
    ),
    (
        "a check that failed",
        stage(check=Check("run-2", State.PLAN_FAILED, "no credentials")),
        "check_failed",
        "the last drift check of dev failed (run-2: no credentials)",
    ),
    (
        "a soak that goes on",
        stage(applied=replace(APPLIED, at=NOW - HOUR)),
        "soaking",
        "dev soaks until 2026-11-02 11:00 UTC, 24h after run-1",
    ),
    (
        "no check since the apply",
        stage(check=None),
        "unchecked",
        "dev has not been checked for drift since run-1",
    ),
]


@pytest.mark.parametrize(
    ("before", "code", "says"), [case[1:] for case in CASES], ids=[case[0] for case in CASES]
)
def test_it_waits_for(before: Stage, code: str, says: str) -> None:
    found = why(before)
    assert found is not None
    assert found.code == code
    assert says in found.sentence
    assert found.sentence.startswith("waits for promotion shop: ")


def test_each_rule_is_tested() -> None:
    assert {case[2] for case in CASES} == {rule.code for rule in STAGE_RULES} | {"unknown"}


def test_a_person_may_skip_time_and_checks_but_not_the_apply() -> None:
    early = {rule.code for rule in STAGE_RULES if rule.early}
    assert early == {"clock", "drifted", "check_failed", "soaking", "unchecked"}
    soaking, unapplied = (
        Held("shop", "dev", "soaking", "", early=True),
        Held("shop", "dev", "not_applied", ""),
    )
    assert Advance("now").passes(soaking)
    assert not Advance("now").passes(unapplied)
    assert Advance("now", straight=True).passes(unapplied)


def test_the_soak_ends_on_time() -> None:
    just = stage(applied=replace(APPLIED, at=NOW - timedelta(hours=23, minutes=59)))
    assert why(just) is not None
    assert why(just, at=timedelta(minutes=1)) is None


def test_a_new_apply_begins_the_soak_again() -> None:
    assert why(stage(applied=replace(APPLIED, run="run-8", at=NOW - HOUR, head=6))) is not None


def test_a_clock_that_is_corrected_by_minutes_only_waits_for_the_soak() -> None:
    found = why(stage(applied=replace(APPLIED, at=NOW + HOUR / 2)))
    assert found is not None
    assert found.code == "soaking"


def test_without_a_soak_and_a_check_the_apply_is_enough() -> None:
    at_once = Promotion("shop", SHOP.order, PromotionWait(clean_check=False))
    drifted = stage(applied=replace(APPLIED, at=NOW), check=Check("run-2", State.DRIFTED))
    assert why(drifted, promotion=at_once) is None


def test_an_apply_that_found_nothing_to_change_is_a_check() -> None:
    assert why(stage(check=None, applied=replace(APPLIED, empty=True))) is None


def test_a_stage_that_is_ahead_has_applied_the_revision_too() -> None:
    """It waits with a later one that does not concern the next stage."""
    assert why(stage(of=stack("dev", synced=False), applied=replace(APPLIED, head=7))) is None


def test_a_stage_whose_inputs_the_commit_did_not_touch_needs_no_apply() -> None:
    assert why(stage(applied=replace(APPLIED, head=2))) is None


def test_behind_a_stage_that_needed_no_apply_the_one_before_it_counts() -> None:
    untouched = stage("stage", applied=replace(APPLIED, head=2))
    soaking = stage("dev", applied=replace(APPLIED, at=NOW - HOUR))
    found = why(untouched, soaking)
    assert found is not None
    assert (found.before, found.code) == ("dev", "soaking")


def test_a_stage_that_applied_it_answers_for_those_before() -> None:
    drifted_since = stage("dev", check=Check("run-7", State.DRIFTED))
    assert why(stage("stage"), drifted_since) is None


def test_after_a_force_push_only_a_stage_in_sync_counts() -> None:
    before = replace(APPLIED, head=None)
    assert why(stage(applied=before)) is None
    found = why(stage(of=stack("dev", synced=False), applied=before))
    assert found is not None
    assert found.code == "not_applied"


def test_a_revision_that_a_person_names_is_compared_by_ancestry() -> None:
    named = Wanted("c" * 40, None, frozenset({"a" * 40}))
    elsewhere = Wanted("c" * 40, None, frozenset())
    behind = stage(of=stack("dev", synced=False))
    assert why(behind, wanted=named) is None
    found = why(behind, wanted=elsewhere)
    assert found is not None
    assert found.code == "not_applied"


STACKS = {name: stack(name) for name in ("dev", "stage", "prod", "other")}


def flaws(promotion: Promotion, **stacks: Stack) -> list[tuple[int, str, str]]:
    return [(one.stage, one.message, one.hint) for one in misplaced([promotion], STACKS | stacks)]


def test_a_sound_order_has_no_flaw() -> None:
    assert flaws(SHOP) == []
    assert flaws(SHOP, stage=stack("stage", definition=StackDefinition("stage", depends_on=("dev",)))) == []


def test_an_unknown_stage_is_named_with_what_was_probably_meant() -> None:
    assert flaws(Promotion("shop", ("dev", "stag"))) == [(1, "no such stack", 'did you mean "stage"?')]


def test_stages_in_two_sources_cannot_be_compared() -> None:
    ((place, message, _),) = flaws(SHOP, prod=stack("prod", source="other"))
    assert place == 2
    assert message == "by: revision needs one source, but this stack is in other and dev in infra"


def test_an_order_against_depends_on_is_a_cycle() -> None:
    ((place, message, _),) = flaws(
        SHOP, dev=stack("dev", definition=StackDefinition("dev", depends_on=("prod",)))
    )
    assert place in {1, 2}
    assert message.startswith("a cycle with depends_on: ")
