"""What no plan reads of a stack file counts from its commit on: nothing is planned, and nothing is applied."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from beginnings import Beginnings, with_provider
from world import ANA, World, states

from runner.model.run.life import Kind, Run, State
from runner.model.stack.definition import DriftStatus, Sync
from runner.service.approval.question import question
from runner.service.drift.rules import ignored_by_rule
from runner.service.operator import report, request

IGNORED = 'drift:\n  ignore: [{address: "cloudfile_object.*", attributes: [value], reason: the autoscaler owns it}]\n'


@pytest.fixture
def world(applied: World) -> World:
    return applied


@pytest.fixture
def ignoring(beginnings: Beginnings) -> Iterator[World]:
    """With the rule from the first commit on."""
    world, _ = beginnings.world(apply_ignoring, with_provider)
    yield world
    world.leave()


def apply_ignoring(world: World) -> None:
    world.applied(rules=IGNORED)


def check(world: World) -> Run:
    runs, _ = request.request_check(world.app.control, ["web"], ANA)
    (done,) = [run for run in world.work() if run.id == runs[0].id]
    return done


def test_an_ignore_rule_counts_without_a_plan_and_keeps_what_it_names(world: World) -> None:
    world.cloud_set(value="7")
    assert check(world).state is State.DRIFTED
    ended = world.push(rules=IGNORED)
    assert [(run.kind, run.state) for run in ended] == [(Kind.DRIFT, State.NO_CHANGES)]
    assert world.cloud_value() == "7"
    look = world.look()
    assert (look.sync, look.drift, look.drift_reason) == (
        Sync.SYNCED,
        DriftStatus.CLEAN,
        "clean (1 ignored by rule)",
    )
    assert world.report() is None


def test_a_rule_that_goes_lets_the_drift_count_again_at_once(ignoring: World) -> None:
    ignoring.cloud_set(value="7")
    assert check(ignoring).state is State.NO_CHANGES
    assert states(ignoring.push()) == [State.DRIFTED]


def test_the_audit_log_has_which_rules_came_with_which_commit(world: World) -> None:
    revision = world.stack(rules=IGNORED)
    world.poll()
    with world.app.store.reading() as reader:
        (entry,) = [e for e in reader.audit(subject="web") if e.action == "stack.drift_rules"]
    assert entry.detail["revision"] == revision
    assert entry.detail["from"] == []
    assert entry.detail["to"][0]["reason"] == "the autoscaler owns it"


def test_rules_that_come_during_a_check_are_followed_by_another_check(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.cloud_set(value="7")
    request.request_check(world.app.control, ["web"], ANA)
    execute = world.app.worker.perform

    def late(assignment: object) -> Run:
        monkeypatch.setattr(world.app.worker, "perform", execute)
        world.stack(rules=IGNORED)
        world.poll()
        return execute(assignment)  # type: ignore[arg-type]

    monkeypatch.setattr(world.app.worker, "perform", late)
    assert states(world.work()) == [State.DRIFTED, State.NO_CHANGES]


@pytest.mark.parametrize(
    "rules",
    ["labels: {env: prod}\n", "drift: {schedule: '5 * * * *', confirm: 2}\n", "watch: ['../docs/**']\n"],
)
def test_labels_schedules_and_watches_plan_nothing(plain: World, rules: str) -> None:
    body = 'resource "terraform_data" "a" {{}}\n'
    plain.applied(body=body)
    plain.commit_files({"docs/a.md": "one"})
    assert plain.push(rules=rules, body=body) == []
    assert plain.look().sync is Sync.SYNCED


def test_what_is_watched_from_now_on_plans_when_it_moves(plain: World) -> None:
    body = 'resource "terraform_data" "a" {{}}\n'
    plain.commit_files({"docs/a.md": "one"})
    plain.applied(body=body)
    plain.push(rules="watch: ['../docs/**']\n", body=body)
    plain.commit_files({"docs/a.md": "two"})
    plain.poll()
    assert [run.kind for run in plain.work()] == [Kind.CHANGE]


def test_a_glob_that_comes_with_other_code_hides_no_change(plain: World) -> None:
    plain.applied(body='resource "terraform_data" "a" {{}}\n')
    ended = plain.push(rules="watch: ['../docs/**']\n", body='resource "terraform_data" "b" {{}}\n')
    assert states(ended) == [State.AWAITING_APPROVAL]


def test_a_plan_that_waits_goes_on_waiting_when_a_label_moves(plain: World) -> None:
    body = 'resource "terraform_data" "a" {{}}\n'
    (waiting,) = plain.push(body=body)
    assert plain.push(rules="labels: {a: b}\n", body=body) == []
    plain.approve(plain.run(waiting.id))
    assert states(plain.work()) == [State.APPLIED]
    assert plain.look().sync is Sync.SYNCED


def test_a_heal_says_what_it_sets_back_although_a_rule_ignores_it(ignoring: World) -> None:
    ignoring.cloud_set(value="7", tags={"env": "changed"})
    assert check(ignoring).state is State.DRIFTED
    found = ignoring.report()
    assert found is not None
    healing = report.heal(ignoring.app.control, found.id, ANA)
    assert states(ignoring.work()) == [State.AWAITING_APPROVAL]
    with ignoring.app.store.reading() as reader:
        asked = question(ignoring.app.settings, ignoring.app.clock, reader, healing.id)
    (one,) = asked.ignored
    assert (one.address, one.attributes) == ("cloudfile_object.web", ("value",))
    assert one.sentence == (
        "it also changes value of cloudfile_object.web, which a drift rule ignores: the autoscaler owns it"
    )


def test_an_ordinary_plan_says_it_too(ignoring: World) -> None:
    ignoring.cloud_set(value="7")
    (run,) = ignoring.push(rules=IGNORED + "env: {A: b}\n")
    with ignoring.app.store.reading() as reader:
        changes = reader.changes(run.id)
        assert changes is not None
        assert [one.attributes for one in ignored_by_rule(ignoring.settings, reader, run, changes)] == [
            ("value",)
        ]


def test_another_schedule_counts_from_its_commit_on(plain: World) -> None:
    body = 'resource "terraform_data" "a" {{}}\n'
    plain.applied(body=body)
    far = plain.look().next_check_at
    plain.push(rules="drift: {schedule: '5 * * * *'}\n", body=body)
    near = plain.look().next_check_at
    assert far is not None
    assert near is not None
    assert near < plain.clock.now() + timedelta(hours=1, minutes=1) < far
