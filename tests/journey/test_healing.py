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


def test_a_rule_heals_what_was_changed_by_hand(world: World) -> None:
    reconciling(world, OBJECTS)
    world.applied()
    drifted(world)
    done = newest(world)
    assert done.state is State.APPLIED, done
    assert world.cloud_value() == "one"
    assert world.reports()[0].status is ReportStatus.RESOLVED
    assert [one.rule for one in done.healed_by] == ["rule 1 of drift.heal"]
    with world.app.store.reading() as reader:
        (entry,) = [e for e in reader.audit(subject=done.name) if e.action == "run.approve"]
        assert reader.approvals(done.id) == []
    assert (entry.actor, entry.detail["reason"]) == ("rule", "approved by rule 1 of drift.heal")


def test_an_attribute_without_a_rule_leaves_the_whole_plan_to_a_person(world: World) -> None:
    reconciling(world, OBJECTS)
    world.applied()
    world.cloud_set(tags={"env": "changed"})
    drifted(world)
    waiting = newest(world)
    assert waiting.state is State.AWAITING_APPROVAL
    assert waiting.reason == "not healed by rule: tags.env of cloudfile_object.web: no rule matches"
    assert world.cloud_value() == "by hand"


def test_a_plan_that_a_rule_approved_is_not_applied_once_the_rule_is_gone(world: World) -> None:
    reconciling(world, OBJECTS)
    world.applied()
    world.cloud_set(value="by hand")
    request.request_check(world.app.control, ["web"], ANA)
    world.app.worker.perform_one(newest(world).id)
    world.app.worker.perform_one(newest(world).id)
    approved = newest(world)
    assert approved.state is State.APPROVED
    reconciling(world)
    with world.app.store.reading() as reader, pytest.raises(ApprovalMissing, match="no heal rule lets"):
        may_start(world.app.control, reader, world.run(approved.id))
    assert [run.reason.partition(":")[0] for run in expire(world.app.control)] == [
        "no heal rule lets it pass any more"
    ]
    assert newest(world).healed_by == ()
    world.work()
    assert newest(world).state is State.AWAITING_APPROVAL
    assert world.cloud_value() == "by hand"


@pytest.mark.parametrize(
    ("rule", "said"),
    [
        ("approvals := 1", 'policy "base" asks for 1 to approve'),
        ('deny[m] { input.drift.report; m := "by people" }', 'policy "base" denies it: by people'),
    ],
)
def test_no_heal_rule_answers_a_policy(world: World, rule: str, said: str) -> None:
    reconciling(world, OBJECTS)
    world.applied()
    path = world.root / "base.rego"
    path.write_text(f"package main\n\n{rule}\n")
    world.configure(replace(world.settings, policies=(Policy("base", path),)))
    drifted(world)
    waiting = newest(world)
    assert waiting.state is State.AWAITING_APPROVAL
    assert said in waiting.reason
    assert world.cloud_value() == "by hand"


def test_who_changes_it_after_each_heal_is_found_whatever_the_value(world: World) -> None:
    reconciling(world, OBJECTS, fights=Fights(3, Seconds(3600)))
    world.applied()
    for minute in range(3):
        drifted(world, "ab"[minute % 2])
        assert newest(world).state is State.APPLIED
        world.age(minutes=1)
    # Neither a restart nor a clock that goes back forgets them.
    world.configure(world.settings)
    world.age(hours=-2)
    drifted(world, "b")
    assert newest(world).state is State.DRIFTED
    found = world.report()
    assert found is not None
    assert found.contest is not None
    assert found.contest.sentence == "cloudfile_object.web was healed 3 times and drifted again"
    with world.app.store.reading() as reader:
        topics = [event.topic for event in reader.events(0, limit=1000)]
        assert [entry.action for entry in reader.audit(subject=found.name)].count("drift.contest") == 1
    assert topics.count("drift.contest") == 1
    # It lasts, however long, until a person has healed it.
    world.age(hours=12)
    drifted(world, "c")
    assert newest(world).state is State.DRIFTED
    report.heal(world.app.control, found.id, ANA)
    world.work()
    waiting = newest(world)
    assert (waiting.state, waiting.healed_by) == (State.AWAITING_APPROVAL, ())
    world.approve(waiting)
    world.work()
    assert world.cloud_value() == "one"


def test_what_people_said_about_the_stack_suspends_healing(world: World) -> None:
    reconciling(world, OBJECTS)
    world.applied()
    lock.take(world.app.control, "web", ANA, "audit week")
    drifted(world)
    assert newest(world).state is State.DRIFTED
    lock.release(world.app.control, "web", ANA, "done")
    report.acknowledge(world.app.control, 1, ANA, "known", timedelta(hours=1))
    drifted(world)
    assert newest(world).state is State.DRIFTED
    world.age(hours=2)
    drifted(world)
    assert newest(world).state is State.APPLIED


def test_a_heal_that_a_person_rejected_does_not_come_back_by_itself(world: World) -> None:
    reconciling(world)
    world.applied()
    drifted(world)
    waiting = newest(world)
    assert waiting.state is State.AWAITING_APPROVAL
    approving.reject(world.app.control, waiting.id, ANA, "a hotfix")
    drifted(world)
    assert newest(world).state is State.DRIFTED
    drifted(world, "another drift")
    assert newest(world).state is State.AWAITING_APPROVAL
