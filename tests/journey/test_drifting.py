"""What the cloud does behind Git's back is found, reported, healed."""

import json
from collections.abc import Iterator
from datetime import timedelta

import pytest
from beginnings import Beginnings, with_provider
from world import ANA, BO, World, states

from runner.errors import Blocked, StackBusy
from runner.model.drift.report import DriftClass, ReportStatus
from runner.model.run.life import Kind, Run, State
from runner.model.stack.definition import DriftStatus
from runner.service.operator import lock, report, request
from runner.service.queue.enqueue import enqueue_due


@pytest.fixture
def world(applied: World) -> World:
    return applied


@pytest.fixture
def drifted(beginnings: Beginnings) -> Iterator[World]:
    world, _ = beginnings.world(drift, with_provider)
    yield world
    world.leave()


def drift(world: World) -> None:
    """The object is changed by hand, and a check has reported it."""
    world.applied()
    world.cloud_set(value="by hand")
    check(world)


def check(world: World, name: str = "web") -> Run:
    runs, _ = request.request_check(world.app.control, [name], ANA)
    (done,) = [run for run in world.work() if run.id == runs[0].id]
    return done


def test_a_check_of_what_matches_is_clean(world: World) -> None:
    assert check(world).state is State.NO_CHANGES
    assert world.look().drift is DriftStatus.CLEAN
    assert world.report() is None


def test_a_changed_attribute_is_reported_with_before_and_after(world: World) -> None:
    world.cloud_set(value="by hand")
    done = check(world)
    found = world.report()
    assert done.state is State.DRIFTED
    assert found is not None
    (finding,) = found.findings
    assert (finding.address, finding.drift_class) == ("cloudfile_object.web", DriftClass.DRIFT)
    assert [(a.path, a.before, a.after) for a in finding.attributes if a.path == "value"] == [
        ("value", "by hand", "one")
    ]
    assert world.look().drift is DriftStatus.DRIFTED


def test_a_deleted_object_is_reported_as_missing(world: World) -> None:
    world.cloud_delete()
    check(world)
    found = world.report()
    assert found is not None
    assert [finding.drift_class for finding in found.findings] == [DriftClass.MISSING]


def test_the_report_is_filed_as_json_and_markdown(drifted: World) -> None:
    folder = drifted.root / "data" / "reports" / "web"
    document = json.loads((folder / "dr-1.json").read_text())
    assert (document["stack"], document["status"]) == ("web", "open")
    assert "cloudfile_object.web" in (folder / "dr-1.md").read_text()


def test_only_a_computed_attribute_that_moved_is_no_drift(world: World) -> None:
    world.cloud_set(owner="somebody")
    assert check(world).state is State.NO_CHANGES
    assert "absorbed" in world.look().drift_reason


def test_only_an_ignored_attribute_that_moved_is_no_drift(fresh: World) -> None:
    fresh.applied(
        rules='drift:\n  ignore: [{address: "cloudfile_object.*", attributes: [value], reason: the autoscaler owns it}]\n'
    )
    fresh.cloud_set(value="by hand")
    assert check(fresh).state is State.NO_CHANGES
    assert "ignored by rule" in fresh.look().drift_reason


def test_the_same_drift_seen_again_is_the_same_report(drifted: World) -> None:
    check(drifted)
    (found,) = drifted.reports()
    assert found.seen == 2


def test_another_drift_opens_an_acknowledged_report_again(drifted: World) -> None:
    report.acknowledge(drifted.app.control, 1, BO, "known, until the release", timedelta(weeks=2))
    check(drifted)
    assert drifted.reports()[0].status is ReportStatus.ACKNOWLEDGED
    drifted.cloud_set(value="and again")
    check(drifted)
    assert drifted.reports()[0].status is ReportStatus.OPEN


def test_an_acknowledgement_that_lapses_opens_the_report_again(drifted: World) -> None:
    report.acknowledge(drifted.app.control, 1, BO, "known", timedelta(days=1))
    drifted.age(days=2)
    check(drifted)
    assert drifted.reports()[0].status is ReportStatus.OPEN


def test_a_clean_check_resolves_the_report_and_a_later_drift_is_a_new_one(drifted: World) -> None:
    drifted.cloud_set(value="one")
    check(drifted)
    assert drifted.reports()[0].status is ReportStatus.RESOLVED
    drifted.cloud_set(value="by hand")
    check(drifted)
    assert [(found.name, found.status) for found in sorted(drifted.reports(), key=lambda r: r.id)] == [
        ("dr-1", ReportStatus.RESOLVED),
        ("dr-2", ReportStatus.OPEN),
    ]


def test_drift_to_be_confirmed_is_reported_only_when_seen_again(fresh: World) -> None:
    fresh.applied(rules="drift: {confirm: 2}\n")
    fresh.cloud_set(value="by hand")
    check(fresh)
    assert fresh.look().drift is DriftStatus.CLEAN
    check(fresh)
    assert fresh.look().drift is DriftStatus.DRIFTED


def test_healing_is_a_change_with_its_own_approval(drifted: World) -> None:
    healing = report.heal(drifted.app.control, 1, ANA)
    (planned,) = drifted.work()
    assert (planned.id, planned.kind, planned.state) == (healing.id, Kind.CHANGE, State.AWAITING_APPROVAL)
    drifted.approve(planned)
    assert states(drifted.work()) == [State.APPLIED]
    assert drifted.cloud_value() == "one"
    assert drifted.reports()[0].status is ReportStatus.RESOLVED


def test_a_resolved_report_cannot_be_healed(drifted: World) -> None:
    drifted.cloud_set(value="one")
    check(drifted)
    with pytest.raises(Blocked, match="dr-1 is resolved"):
        report.heal(drifted.app.control, 1, ANA)


def test_healing_waits_for_an_open_change(drifted: World) -> None:
    drifted.push(value="two")
    with pytest.raises(StackBusy):
        report.heal(drifted.app.control, 1, ANA)


def test_a_stack_that_proposes_gets_its_healing_planned_by_itself(fresh: World) -> None:
    fresh.applied(rules="drift: {action: propose}\n")
    fresh.cloud_set(value="by hand")
    runs, _ = request.request_check(fresh.app.control, ["web"], ANA)
    checked, proposed = fresh.work()
    assert (checked.id, checked.state) == (runs[0].id, State.DRIFTED)
    assert (proposed.kind, proposed.state) == (Kind.CHANGE, State.AWAITING_APPROVAL)


def test_drift_is_judged_at_the_revision_that_was_applied(world: World) -> None:
    world.push(value="two")
    done = check(world)
    assert done.state is State.NO_CHANGES
    assert done.revision == world.look().applied_revision


def test_checks_go_on_while_a_person_holds_the_lock(world: World) -> None:
    lock.take(world.app.control, "web", BO, "audit week")
    assert check(world).state is State.NO_CHANGES


def test_a_check_is_made_when_its_time_has_come(fresh: World) -> None:
    fresh.applied(rules='drift: {schedule: "17 */4 * * *"}\n')
    assert fresh.work() == []
    fresh.age(hours=9)
    (done,) = fresh.work()
    assert done.kind is Kind.DRIFT


def test_a_check_that_fails_is_an_error_and_is_tried_again_soon(world: World) -> None:
    world.cloud_set(fail="no route to host")
    assert check(world).state is State.PLAN_FAILED
    stack = world.look()
    assert stack.drift is DriftStatus.ERROR
    assert stack.next_check_at is not None
    assert stack.next_check_at - world.clock.now() < timedelta(minutes=5)


def test_what_was_never_applied_is_not_checked(fresh: World) -> None:
    fresh.push()
    runs, skipped = request.request_check(fresh.app.control, ["web"], ANA)
    assert (runs, skipped) == ([], {"web": "nothing has been applied yet"})


def test_a_check_that_waited_for_another_revisions_apply_reports_nothing(world: World) -> None:
    (queued,), _ = request.request_check(world.app.control, ["web"], ANA)
    world.stack(value="two")
    world.poll()
    enqueue_due(world.app.store, world.clock, ())
    planned = next(run for run in world.runs() if run.kind is Kind.CHANGE and run.state is State.QUEUED)
    world.app.worker.perform_one(planned.id)
    world.approve(world.run(planned.id))
    world.app.worker.perform_one(planned.id)
    assert world.run(planned.id).state is State.APPLIED
    assert world.work() == []
    assert world.run(queued.id).state is State.SUPERSEDED
    assert world.report() is None
