"""What is done about a stack, and why: one row of the table a test."""

from dataclasses import replace
from datetime import timedelta

import pytest
from examples import NOW, a_run, a_stack

from runner.model.outputs.taken import Mark
from runner.model.promotion.rules import Held
from runner.model.run.life import FINAL, Claim, Kind, Run, State, Trigger
from runner.model.schedule.change_rules import CHANGE_RULES, PLAN_RETRY, outdated_plan
from runner.model.schedule.check_rules import CHECK_RULES, MAX_CHECK_RETRY, check_retry
from runner.model.schedule.decide import decide
from runner.model.schedule.dependencies import waits_for
from runner.model.schedule.health import health
from runner.model.schedule.rule import Next
from runner.model.schedule.view import View
from runner.model.stack.definition import (
    DriftStatus,
    Health,
    Pause,
    Stack,
    StackDefinition,
    Sync,
)
from runner.model.stack.lock import Lock
from runner.model.window.closed import Openings, Reaching


def stack(**fields: object) -> Stack:
    return a_stack(**{"applied_revision": "a" * 40, "applied_inputs": "old", **fields})


def run(state: State, **fields: object) -> Run:
    return a_run(**{"id": 7, "state": state, **fields})


OLD_VPC, NEW_VPC = (Mark("prod/net", "vpc", "1"),), (Mark("prod/net", "vpc", "2"),)
LOCK = Lock(stack="prod/vpc", holder="ana", reason="migration", since=NOW)
CLOSED = Openings(NOW).closed((Reaching("rule 1 of windows", freeze=("2026-11-01/2026-11-02",)),))
CLAIM = Claim("t", "host", 1, NOW)

HELD = Held("shop", "dev/shop", "soaking", "dev/shop soaks until tomorrow", early=True)

CHANGES = [
    (
        "a stack waits for the stage before it",
        View(stack(), NOW, promotion=HELD),
        Next.WAIT,
        "promotion",
    ),
    (
        "a stack waits for its dependency before it waits for the stage before it",
        View(stack(), NOW, waits_for=("prod/net",), promotion=HELD),
        Next.WAIT,
        "dependency",
    ),
    (
        "a stack that left for good is left alone",
        View(stack(missing_since=NOW, left="renamed to prod/net"), NOW),
        Next.NOTHING,
        "left",
    ),
    (
        "a stack of which only a part could be planned, without changes, is left alone",
        View(stack(planned_inputs="new"), NOW, last_change=run(State.NO_CHANGES)),
        Next.NOTHING,
        "nothing_found",
    ),
    ("a stack whose inputs moved is planned", View(stack(), NOW), Next.PLAN, "moved"),
    ("a stack never applied is planned", View(stack(applied_inputs=None), NOW), Next.PLAN, "moved"),
    (
        "a stack that is applied as in Git is left alone",
        View(stack(applied_inputs="new"), NOW),
        Next.NOTHING,
        "synced",
    ),
    (
        "a stack that left Git is left alone",
        View(stack(missing_since=NOW), NOW),
        Next.NOTHING,
        "source_missing",
    ),
    (
        "a stack with a broken definition is left alone",
        View(stack(problem="x"), NOW),
        Next.NOTHING,
        "problem",
    ),
    (
        "a paused stack is left alone",
        View(stack(pause=Pause("ana", "holiday", NOW, NOW + timedelta(hours=1))), NOW),
        Next.NOTHING,
        "paused",
    ),
    (
        "a pause that is over no longer counts",
        View(stack(pause=Pause("ana", "holiday", NOW - timedelta(2), NOW - timedelta(1))), NOW),
        Next.PLAN,
        "moved",
    ),
    (
        "a stack that says paused in Git is left alone",
        View(stack(definition=StackDefinition("prod/vpc", paused=True)), NOW),
        Next.NOTHING,
        "paused",
    ),
    ("a locked stack waits", View(stack(), NOW, lock=LOCK), Next.WAIT, "locked"),
    (
        "an approved run whose window is closed waits for it",
        View(stack(), NOW, open_runs=(run(State.APPROVED),), closed=CLOSED),
        Next.WAIT,
        "window",
    ),
    (
        "without room on the disk nothing is planned",
        View(stack(), NOW, shortage="full"),
        Next.WAIT,
        "no_room",
    ),
    (
        "without room on the disk a run that is queued says so",
        View(stack(), NOW, open_runs=(run(State.QUEUED),), shortage="full"),
        Next.WAIT,
        "no_room",
    ),
    (
        "without room on the disk a run that executes is not disturbed",
        View(stack(), NOW, open_runs=(run(State.PLANNING, claim=CLAIM),), shortage="full"),
        Next.WAIT,
        "run_open",
    ),
    (
        "a run whose state somebody else holds says when it is tried again",
        View(stack(), NOW, open_runs=(run(State.APPROVED, wait_until=NOW + timedelta(seconds=30)),)),
        Next.WAIT,
        "put_off",
    ),
    (
        "a run whose account is full waits for it",
        View(stack(), NOW, open_runs=(run(State.APPROVED, account="aws 1"),), crowds={"aws 1": "full"}),
        Next.WAIT,
        "account_full",
    ),
    (
        "a run of another account than the one that is full waits for its turn only",
        View(stack(), NOW, open_runs=(run(State.APPROVED, account="aws 2"),), crowds={"aws 1": "full"}),
        Next.WAIT,
        "run_open",
    ),
    (
        "a run whose wait is over waits for its turn only",
        View(stack(), NOW, open_runs=(run(State.APPROVED, wait_until=NOW),)),
        Next.WAIT,
        "run_open",
    ),
    (
        "a plan that waits is not made twice",
        View(stack(), NOW, open_runs=(run(State.QUEUED),)),
        Next.WAIT,
        "run_open",
    ),
    (
        "a drift check does not hold a plan back",
        View(stack(), NOW, open_runs=(run(State.QUEUED, kind=Kind.DRIFT),)),
        Next.PLAN,
        "moved",
    ),
    (
        "a failed plan is tried again only after a while",
        View(stack(planned_inputs="new"), NOW + PLAN_RETRY / 2, last_change=run(State.PLAN_FAILED)),
        Next.WAIT,
        "plan_failed",
    ),
    (
        "a failed plan is tried again",
        View(stack(planned_inputs="new"), NOW + PLAN_RETRY * 2, last_change=run(State.PLAN_FAILED)),
        Next.PLAN,
        "moved",
    ),
    (
        "a failed plan is tried again at once where the revision moved",
        View(stack(planned_inputs="new", revision="c" * 40), NOW, last_change=run(State.PLAN_FAILED)),
        Next.PLAN,
        "moved",
    ),
    (
        "a rejected plan is not made again by itself",
        View(stack(planned_inputs="new"), NOW, last_change=run(State.REJECTED)),
        Next.NOTHING,
        "answered",
    ),
    (
        "an interrupted apply is never repeated by itself",
        View(stack(planned_inputs="new"), NOW, last_change=run(State.INTERRUPTED)),
        Next.NOTHING,
        "answered",
    ),
    (
        "a new commit after a rejection is planned",
        View(stack(planned_inputs="old"), NOW, last_change=run(State.REJECTED, inputs="old")),
        Next.PLAN,
        "moved",
    ),
    (
        "a superseded plan is made again",
        View(stack(planned_inputs="new"), NOW, last_change=run(State.SUPERSEDED)),
        Next.PLAN,
        "moved",
    ),
    (
        "what was destroyed by hand is not made again by itself",
        View(
            stack(planned_inputs="new", applied_inputs=None),
            NOW,
            last_change=run(State.APPLIED, kind=Kind.DESTROY, inputs="old"),
        ),
        Next.NOTHING,
        "destroyed",
    ),
    (
        "a stack waits until somebody has read the outputs that it takes",
        View(stack(), NOW, unread=("prod/net",)),
        Next.WAIT,
        "outputs_unread",
    ),
    (
        "a stack waits while an output that it takes does not exist",
        View(stack(), NOW, absent=('prod/net has no output "vpc"',)),
        Next.WAIT,
        "output_absent",
    ),
    (
        "a stack is planned again where an output that it uses has changed",
        View(stack(applied_inputs="new", applied_outputs=OLD_VPC, outputs=NEW_VPC), NOW),
        Next.PLAN,
        "output_changed",
    ),
    (
        "a stack is left alone where the outputs that it uses are those that it was applied with",
        View(stack(applied_inputs="new", applied_outputs=OLD_VPC, outputs=OLD_VPC), NOW),
        Next.NOTHING,
        "synced",
    ),
    (
        "an output that was not known at the apply is no reason to plan",
        View(stack(applied_inputs="new", outputs=NEW_VPC), NOW),
        Next.NOTHING,
        "synced",
    ),
    (
        "a plan with the changed output that was rejected is not made again",
        View(
            stack(applied_inputs="new", planned_inputs="new", applied_outputs=OLD_VPC, outputs=NEW_VPC),
            NOW,
            last_change=run(State.REJECTED, outputs=NEW_VPC),
        ),
        Next.NOTHING,
        "answered",
    ),
    (
        "a plan that was rejected before the output changed is no answer to the change",
        View(
            stack(applied_inputs="new", planned_inputs="new", applied_outputs=OLD_VPC, outputs=NEW_VPC),
            NOW,
            last_change=run(State.REJECTED, outputs=OLD_VPC),
        ),
        Next.PLAN,
        "output_changed",
    ),
    (
        "a stack whose inputs moved with an output is planned for its inputs",
        View(stack(applied_outputs=OLD_VPC, outputs=NEW_VPC), NOW),
        Next.PLAN,
        "moved",
    ),
    (
        "a dependency that is not applied holds back",
        View(stack(), NOW, waits_for=("prod/net",)),
        Next.WAIT,
        "dependency",
    ),
]

CHECKS = [
    (
        "a stack that left for good is left alone",
        View(stack(missing_since=NOW, left="renamed to prod/net"), NOW),
        Next.NOTHING,
        "left",
    ),
    (
        "a stack that no installed engine fits is checked once one does",
        View(stack(next_check_at=NOW, no_engine="it needs terraform 1.9.8, which is not installed"), NOW),
        Next.WAIT,
        "no_engine",
    ),
    (
        "a check that a provider throttled says when it is tried again",
        View(
            stack(),
            NOW,
            open_runs=(run(State.QUEUED, kind=Kind.DRIFT, wait_until=NOW + timedelta(seconds=30)),),
        ),
        Next.WAIT,
        "put_off",
    ),
    (
        "a check whose account is full waits for it",
        View(
            stack(),
            NOW,
            open_runs=(run(State.QUEUED, kind=Kind.DRIFT, account="aws 1"),),
            crowds={"aws 1": "full"},
        ),
        Next.WAIT,
        "account_full",
    ),
    (
        "without room on the disk nothing is checked",
        View(stack(), NOW, shortage="full"),
        Next.WAIT,
        "no_room",
    ),
    (
        "a check that a change outside made due is made before its schedule",
        View(
            stack(next_check_at=NOW + timedelta(1), check_wanted_at=NOW, check_wanted_for="ana did it"), NOW
        ),
        Next.CHECK,
        "changed_outside",
    ),
    ("a check that is due is made", View(stack(next_check_at=NOW), NOW), Next.CHECK, "due"),
    ("a check that was never made is due", View(stack(), NOW), Next.CHECK, "due"),
    (
        "a check that was reckoned by a clock that was ahead by far is made",
        View(stack(next_check_at=NOW + timedelta(366), check_scheduled_at=NOW + timedelta(365)), NOW),
        Next.CHECK,
        "due",
    ),
    (
        "a check that was reckoned a moment before a correction of the clock waits",
        View(stack(next_check_at=NOW + timedelta(1), check_scheduled_at=NOW + timedelta(minutes=5)), NOW),
        Next.WAIT,
        "not_due",
    ),
    (
        "a stack is checked at once where somebody needs its outputs and nobody has read them",
        View(stack(next_check_at=NOW + timedelta(1)), NOW, used_by={"prod/app": ("vpc",)}),
        Next.CHECK,
        "outputs_needed",
    ),
    (
        "outputs that are known need no check",
        View(stack(next_check_at=NOW + timedelta(1)), NOW, used_by={"prod/app": ("vpc",)}, outputs_read=True),
        Next.WAIT,
        "not_due",
    ),
    (
        "a check for outputs that failed waits like any other",
        View(
            stack(next_check_at=NOW + timedelta(1), drift=DriftStatus.ERROR),
            NOW,
            used_by={"prod/app": ("vpc",)},
        ),
        Next.WAIT,
        "not_due",
    ),
    ("a check waits for its time", View(stack(next_check_at=NOW + timedelta(1)), NOW), Next.WAIT, "not_due"),
    (
        "what was never applied is not checked",
        View(stack(applied_revision=None), NOW),
        Next.NOTHING,
        "never_applied",
    ),
    ("a check goes on under a person's lock", View(stack(), NOW, lock=LOCK), Next.CHECK, "due"),
    (
        "a check goes on while a change waits for approval",
        View(stack(), NOW, open_runs=(run(State.AWAITING_APPROVAL),)),
        Next.CHECK,
        "due",
    ),
    (
        "a check waits while the stack is applied",
        View(stack(), NOW, open_runs=(run(State.APPLYING, claim=CLAIM),)),
        Next.WAIT,
        "applying",
    ),
    (
        "one check is in the queue at most",
        View(stack(), NOW, open_runs=(run(State.QUEUED, kind=Kind.DRIFT),)),
        Next.WAIT,
        "check_open",
    ),
    ("what left Git is not checked", View(stack(missing_since=NOW), NOW), Next.NOTHING, "source_missing"),
    (
        "a paused stack is not checked",
        View(stack(pause=Pause("ana", "holiday", NOW)), NOW),
        Next.NOTHING,
        "paused",
    ),
]


@pytest.mark.parametrize(("sentence", "view", "action", "code"), CHANGES, ids=[row[0] for row in CHANGES])
def test_changes(sentence: str, view: View, action: Next, code: str) -> None:
    decision = decide(view, CHANGE_RULES)
    assert (decision.action, decision.code) == (action, code)
    assert decision.sentence


def test_a_stack_that_was_never_applied_is_not_said_to_have_changed() -> None:
    assert decide(View(stack(applied_inputs=None), NOW)).sentence == "nothing has been applied yet"
    assert decide(View(stack(), NOW)).sentence == "its inputs changed in Git"


@pytest.mark.parametrize(("sentence", "view", "action", "code"), CHECKS, ids=[row[0] for row in CHECKS])
def test_checks(sentence: str, view: View, action: Next, code: str) -> None:
    decision = decide(view, CHECK_RULES)
    assert (decision.action, decision.code) == (action, code)
    assert decision.sentence


# A fresh run was queued with the old one's end, or a person may have mended it outside of Git.
PLANNED_AGAIN = {State.SUPERSEDED, State.PLAN_FAILED}


# Applying at these inputs is what makes them applied.
ENDS = [
    (state, applied)
    for state in sorted(set(FINAL) - {State.DRIFTED, State.PLANNED})
    for applied in (None, "old", "new")
    if state is not State.APPLIED or applied == "new"
]


@pytest.mark.parametrize(("state", "applied"), ENDS)
def test_no_stack_is_planned_twice_for_the_same_inputs_without_a_reason(
    state: State, applied: str | None
) -> None:
    facts = View(stack(applied_inputs=applied, planned_inputs="new"), NOW, last_change=run(state))
    if state not in PLANNED_AGAIN or applied == "new":
        assert decide(facts).action is not Next.PLAN
    if state is State.PLAN_FAILED:
        assert decide(replace(facts, now=NOW + PLAN_RETRY / 2)).action is not Next.PLAN


def test_every_row_of_both_tables_is_met_by_a_test() -> None:
    assert {row[3] for row in CHANGES} == {rule.code for rule in CHANGE_RULES}
    assert {row[3] for row in CHECKS} == {rule.code for rule in CHECK_RULES}


def test_a_dependency_counts_until_it_is_synced_and_idle() -> None:
    net = stack(name="prod/net", applied_inputs="new")
    app = stack(definition=StackDefinition("prod/app", depends_on=("prod/net", "prod/gone")))
    assert net.sync is Sync.SYNCED
    assert waits_for(app, {"prod/net": net}, frozenset()) == ("prod/gone",)
    assert waits_for(app, {"prod/net": net, "prod/gone": net}, frozenset({"prod/net"})) == ("prod/net",)
    assert waits_for(app, {"prod/net": stack(), "prod/gone": net}, frozenset()) == ("prod/net",)


def test_who_only_follows_an_output_waits_for_whoever_follows_one_too_or_is_being_applied() -> None:
    net, dns = stack(name="prod/net"), stack(name="prod/dns", applied_outputs=OLD_VPC, outputs=NEW_VPC)
    app = stack(
        definition=StackDefinition("prod/app", depends_on=("prod/net", "prod/dns")),
        applied_inputs="new",
        applied_outputs=OLD_VPC,
        outputs=NEW_VPC,
    )
    others = {"prod/net": net, "prod/dns": dns}
    assert net.sync is Sync.PENDING, "something newer in Git waits for its approval"
    assert waits_for(app, others, frozenset({"prod/net"})) == ("prod/dns",)
    following = replace(dns, applied_outputs=NEW_VPC)
    others["prod/dns"] = following
    assert waits_for(app, others, frozenset({"prod/net"})) == ()
    assert waits_for(app, others, frozenset(), (), frozenset({"prod/net"})) == ("prod/net",)


def test_what_a_stack_waits_for_is_said_with_the_output_that_changed() -> None:
    waiting = run(State.AWAITING_APPROVAL, outputs=NEW_VPC)
    facts = View(
        stack(applied_inputs="new", applied_outputs=OLD_VPC, outputs=NEW_VPC), NOW, open_runs=(waiting,)
    )
    assert decide(facts).sentence == "output vpc of prod/net changed: run-7 waits for approval"


def test_a_plan_that_waits_is_outdated_once_an_output_in_it_has_changed() -> None:
    facts = View(
        stack(applied_inputs="new", applied_outputs=OLD_VPC, outputs=NEW_VPC),
        NOW,
        open_runs=(run(State.AWAITING_APPROVAL, outputs=OLD_VPC),),
    )
    assert outdated_plan(facts) == "output vpc of prod/net changed"
    for fine in (
        run(State.AWAITING_APPROVAL, outputs=NEW_VPC),
        run(State.QUEUED),
        run(State.APPLYING, outputs=OLD_VPC),
    ):
        assert outdated_plan(replace(facts, open_runs=(fine,))) == ""
    asked = run(State.AWAITING_APPROVAL, outputs=OLD_VPC, trigger=Trigger.MANUAL)
    assert outdated_plan(replace(facts, open_runs=(asked,))) == "", "its apply compares it by itself"


def test_a_failed_check_is_tried_again_later_and_later_but_not_too_late() -> None:
    waits = [check_retry(failures) for failures in range(1, 30)]
    assert waits == sorted(waits)
    assert waits[0] == timedelta(minutes=3)
    assert waits[-1] == MAX_CHECK_RETRY


@pytest.mark.parametrize(
    ("view", "axis", "words"),
    [
        (View(stack(), NOW), Health.OK, ""),
        (View(stack(), NOW, lock=LOCK), Health.LOCKED, "locked by ana: migration"),
        (View(stack(pause=Pause("ana", "holiday", NOW)), NOW), Health.PAUSED, "paused by ana: holiday"),
        (View(stack(missing_since=NOW), NOW), Health.ERROR, "source missing"),
        (View(stack(problem="line 3"), NOW), Health.ERROR, "line 3"),
        (
            View(stack(drift=DriftStatus.ERROR, drift_reason="no route"), NOW),
            Health.ERROR,
            "drift check failed: no route",
        ),
        (
            View(stack(), NOW, last_change=run(State.PLAN_FAILED, reason="syntax")),
            Health.ERROR,
            "run-7: syntax",
        ),
        (View(stack(), NOW, source_problem="git is down"), Health.OK, ""),
    ],
)
def test_health_says_why_it_is_not_ok_and_that_of_a_source_is_its_own(
    view: View, axis: Health, words: str
) -> None:
    assert health(view) == (axis, words)
