"""Drift that heal rules undo without a person, and what they never let pass."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from world import ANA, World

from runner.errors import ApprovalMissing
from runner.model.drift.report import ReportStatus
from runner.model.run.life import Run, State
from runner.model.settings.healing import Fights, HealLimits, OperatorHealRule
from runner.model.settings.policy import Policy
from runner.model.values.span import Seconds
from runner.service.approval import approve as approving
from runner.service.approval.gate import may_start
from runner.service.cycle.dispatch import expire
from runner.service.operator import lock, report, request

OBJECTS = OperatorHealRule("heal", types=("cloudfile_object",), attributes=("value", "etag"))


@pytest.fixture
def healing(applied: World) -> World:
    """One object is applied as the code says, and the server heals its value."""
    reconciling(applied, OBJECTS)
    return applied


def reconciling(world: World, *rules: OperatorHealRule, **limits: Any) -> None:
    """From now on the server heals by these rules."""
    drift = replace(world.settings.drift, action="reconcile", heal=rules, heal_limits=HealLimits(**limits))
    world.configure(replace(world.settings, drift=drift))
    world.poll()


def drifted(world: World, value: str = "by hand") -> list[Run]:
    """Somebody changes it by hand, and the next check looks."""
    world.cloud_set(value=value)
    request.request_check(world.app.control, ["web"], ANA)
    return world.work()


def newest(world: World) -> Run:
    return world.runs(limit=1)[0]


def test_a_rule_heals_what_was_changed_by_hand(healing: World) -> None:
    drifted(healing)
    done = newest(healing)
    assert done.state is State.APPLIED, done
    assert healing.cloud_value() == "one"
    assert healing.reports()[0].status is ReportStatus.RESOLVED
    assert [one.rule for one in done.healed_by] == ["rule 1 of drift.heal"]
    with healing.app.store.reading() as reader:
        (entry,) = [e for e in reader.audit(subject=done.name) if e.action == "run.approve"]
        assert reader.approvals(done.id) == []
    assert (entry.actor, entry.detail["reason"]) == ("rule", "approved by rule 1 of drift.heal")


def test_an_attribute_without_a_rule_leaves_the_whole_plan_to_a_person(healing: World) -> None:
    healing.cloud_set(tags={"env": "changed"})
    drifted(healing)
    waiting = newest(healing)
    assert waiting.state is State.AWAITING_APPROVAL
    assert waiting.reason == "not healed by rule: tags.env of cloudfile_object.web: no rule matches"
    assert healing.cloud_value() == "by hand"


def test_a_plan_that_a_rule_approved_is_not_applied_once_the_rule_is_gone(healing: World) -> None:
    healing.cloud_set(value="by hand")
    request.request_check(healing.app.control, ["web"], ANA)
    healing.app.worker.perform_one(newest(healing).id)
    healing.app.worker.perform_one(newest(healing).id)
    approved = newest(healing)
    assert approved.state is State.APPROVED
    reconciling(healing)
    with healing.app.store.reading() as reader, pytest.raises(ApprovalMissing, match="no heal rule lets"):
        may_start(healing.app.control, reader, healing.run(approved.id))
    assert [run.reason.partition(":")[0] for run in expire(healing.app.control)] == [
        "no heal rule lets it pass now"
    ]
    assert newest(healing).healed_by == ()
    healing.work()
    assert newest(healing).state is State.AWAITING_APPROVAL
    assert healing.cloud_value() == "by hand"


@pytest.mark.parametrize(
    ("rule", "said"),
    [
        ("approvals := 1", 'policy "base" asks for 1 to approve'),
        ('deny[m] { input.drift.report; m := "by people" }', 'policy "base" denies it: by people'),
    ],
)
def test_no_heal_rule_answers_a_policy(healing: World, rule: str, said: str) -> None:
    path = healing.root / "base.rego"
    path.write_text(f"package main\n\n{rule}\n")
    healing.configure(replace(healing.settings, policies=(Policy("base", path),)))
    drifted(healing)
    waiting = newest(healing)
    assert waiting.state is State.AWAITING_APPROVAL
    assert said in waiting.reason
    assert healing.cloud_value() == "by hand"


def test_who_changes_it_after_each_heal_is_found_whatever_the_value(applied: World) -> None:
    reconciling(applied, OBJECTS, fights=Fights(2, Seconds(3600)))
    for value in "ab":
        drifted(applied, value)
        assert newest(applied).state is State.APPLIED
        applied.age(minutes=1)
    # Neither a restart nor a clock that goes back forgets them.
    applied.configure(applied.settings)
    applied.age(hours=-2)
    drifted(applied, "a")
    assert newest(applied).state is State.DRIFTED
    found = applied.report()
    assert found is not None
    assert found.contest is not None
    assert found.contest.sentence == "cloudfile_object.web was healed 2 times and drifted again"
    with applied.app.store.reading() as reader:
        topics = [event.topic for event in reader.events(0, limit=1000)]
        assert [entry.action for entry in reader.audit(subject=found.name)].count("drift.contest") == 1
    assert topics.count("drift.contest") == 1
    # It lasts, however long, until a person has healed it.
    applied.age(hours=12)
    drifted(applied, "c")
    assert newest(applied).state is State.DRIFTED
    report.heal(applied.app.control, found.id, ANA)
    applied.work()
    waiting = newest(applied)
    assert (waiting.state, waiting.healed_by) == (State.AWAITING_APPROVAL, ())
    applied.approve(waiting)
    applied.work()
    assert applied.cloud_value() == "one"


def test_what_people_said_about_the_stack_suspends_healing(healing: World) -> None:
    lock.take(healing.app.control, "web", ANA, "audit week")
    drifted(healing)
    assert newest(healing).state is State.DRIFTED
    lock.release(healing.app.control, "web", ANA, "done")
    report.acknowledge(healing.app.control, 1, ANA, "known", timedelta(hours=1))
    drifted(healing)
    assert newest(healing).state is State.DRIFTED
    healing.age(hours=2)
    drifted(healing)
    assert newest(healing).state is State.APPLIED


def test_a_heal_that_a_person_rejected_does_not_come_back_by_itself(applied: World) -> None:
    reconciling(applied)
    drifted(applied)
    waiting = newest(applied)
    assert waiting.state is State.AWAITING_APPROVAL
    approving.reject(applied.app.control, waiting.id, ANA, "a hotfix")
    drifted(applied)
    assert newest(applied).state is State.DRIFTED
    drifted(applied, "another drift")
    assert newest(applied).state is State.AWAITING_APPROVAL
