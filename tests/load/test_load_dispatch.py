"""What starts beside what: memory, accounts, a provider that throttles, a queue that holds each check once."""

from collections.abc import Iterator
from dataclasses import replace

import pytest
from load_world import BODY, Place, started
from put_back import PutBack
from world import ANA, states

from runner.model.audit.actor import DAEMON
from runner.model.execution.job import PlanFailure
from runner.model.run.life import Event, Kind, State, Trigger
from runner.model.run.usage import Usage
from runner.model.schedule.throttling import MAX_WAITS, WHY
from runner.model.stack.definition import DriftStatus
from runner.process.metering import Meter
from runner.service.operator import request
from runner.service.outcome.settle import settle
from runner.service.queue.enqueue import add_check, enqueue_due, explain
from runner.service.queue.views import view
from runner.view.host import Host
from runner.view.load import queue_waits_for

MB = 10**6


@pytest.fixture(scope="module")
def applied(tmp_path_factory: pytest.TempPathFactory) -> PutBack:
    place = Place(tmp_path_factory.mktemp("place"), "a", "b", "c")
    place.leave()
    return PutBack.kept(place.root)


@pytest.fixture
def place(applied: PutBack) -> Iterator[Place]:
    place = Place.found(applied.again())
    yield place
    place.leave()


# The queue


def test_a_check_is_queued_once_however_often_it_is_asked_for_and_due(place: Place) -> None:
    place.age(days=400)
    assert [run.stack for run in enqueue_due(place.app.store, place.clock, ())] == ["a", "b", "c"]
    assert enqueue_due(place.app.store, place.clock, ()) == []
    assert len({run.id for run in (*place.check("a"), *place.check("a", "b", "c"))}) == 3
    with place.app.store.reading() as reader:
        assert len(reader.open_runs()) == 3


def test_a_check_that_is_asked_for_comes_before_those_that_are_only_due(place: Place) -> None:
    place.age(days=400)
    enqueue_due(place.app.store, place.clock, ())
    (asked,) = place.check("c")
    assert (asked.trigger, asked.stack) == (Trigger.MANUAL, "c")
    assert started(place.next()) == "c"


def test_a_plan_of_a_change_comes_before_a_check_that_is_asked_for(place: Place) -> None:
    place.check("a", "b")
    place.stack("c", "two", body=BODY)
    place.poll()
    enqueue_due(place.app.store, place.clock, ())
    assert started(place.next()) == "c"


# Memory


def peak(place: Place, stack: str, size: int | None) -> None:
    """The last check of the stack took so much."""
    with place.app.store.writing() as writer:
        run = add_check(writer, writer.stack(stack), trigger=Trigger.SCHEDULE, by=DAEMON)
        writer.save_usage(run.id, Usage(1, size))
        writer.transition(run, Event.CANCEL, by=DAEMON)


def test_what_a_run_took_is_remembered_with_its_stack_and_kind(place: Place) -> None:
    place.check("a")
    place.work()
    with place.app.store.reading() as reader:
        found = [reader.peak_memory("a", kind) for kind in (Kind.CHANGE, Kind.DRIFT, Kind.DESTROY)]
    assert found[2] is None
    # What is over at once is hardly seen, and small.
    assert [size is not None and size < 2000 * MB for size in found[:2]] == [True, True]


def test_what_a_failed_check_took_is_recorded_with_its_end(place: Place) -> None:
    place.check("a")
    assignment = place.next()
    assert assignment is not None
    failure = PlanFailure((), "no credentials", usage=Usage(1, 5000 * MB))
    run = settle(place.app.control, assignment.job, failure)
    assert run.state is State.PLAN_FAILED
    with place.app.store.reading() as reader:
        assert reader.peak_memory("a", Kind.DRIFT) == 5000 * MB


def test_the_highest_of_the_last_few_counts(place: Place) -> None:
    for size in (900 * MB, 100 * MB, 300 * MB, None, 200 * MB):
        peak(place, "a", size)
    with place.app.store.reading() as reader:
        assert reader.peak_memory("a", Kind.DRIFT) == 900 * MB
    for _ in range(3):
        peak(place, "a", 250 * MB)
    with place.app.store.reading() as reader:
        assert reader.peak_memory("a", Kind.DRIFT) == 300 * MB
        assert reader.peak_memory("b", Kind.DRIFT) is None


def test_a_stack_known_to_be_small_starts_where_an_unknown_one_waits(place: Place) -> None:
    place.has(900 * MB)
    place.check("a", "b", "c")
    first = place.next()
    assert first is not None
    # It has taken nothing yet of the 850MB that are kept for it.
    assert place.next() is None
    assert started(place.next({first.job.run: 850 * MB})) == "b"


def test_where_each_is_known_to_be_small_all_start(place: Place) -> None:
    for name in ("a", "b", "c"):
        peak(place, name, 100 * MB)
    place.has(330 * MB)
    place.check("a", "b", "c")
    assert [started(place.next()) for _ in range(4)] == ["a", "b", "c", None]


def test_one_runs_however_little_memory_there_is(place: Place) -> None:
    machine = place.has(0)
    place.check("a", "b")
    assert started(place.next()) == "a"
    assert place.next() is None
    machine.free = 10**12
    assert started(place.next()) == "b"


def test_nothing_small_overtakes_a_large_one_that_waits_for_memory(place: Place) -> None:
    peak(place, "a", 100 * MB)
    peak(place, "b", 5000 * MB)
    peak(place, "c", 100 * MB)
    place.has(1000 * MB)
    place.check("a", "b", "c")
    assert [started(place.next()) for _ in range(2)] == ["a", None]


def test_one_that_is_wanted_waits_for_memory_too(place: Place) -> None:
    place.has(0)
    first, second = place.check("a", "b")
    assert place.next() is not None
    assert place.app.worker.perform_one(second.id) is None
    assert place.run(first.id).state is State.PLANNING


def test_what_its_runs_take_already_is_known_to_the_worker(place: Place) -> None:
    place.has(900 * MB)
    place.check("a", "b")
    worker = place.app.worker
    first = worker.next()
    assert first is not None
    assert worker.next() is None
    worker._meters[first.job.run] = Meter()
    worker._meters[first.job.run].note(1, 850 * MB)
    assert started(worker.next()) == "b"


# Accounts


def limit(place: Place, most: int | None) -> None:
    settings = place.settings
    place.configure(replace(settings, executor=replace(settings.executor, per_account=most)))


def test_an_account_gets_its_limit_of_runs_and_others_go_on(place: Place) -> None:
    place.applied("nowhere", body=BODY)
    limit(place, 2)
    place.check("a", "b", "c", "nowhere")
    assert [started(place.next()) for _ in range(4)] == ["a", "b", "nowhere", None]
    with place.app.store.reading() as reader:
        _, check = explain(view(reader, place.clock, "c", per_account=2))
        why = queue_waits_for(reader, place.app.settings, Host(place.clock.now()))
    assert (check.code, "2 of at most 2" in check.sentence) == ("account_full", True)
    assert why.startswith("its account: 2 of at most 2 concurrent runs")


# A provider that throttles


def throttled(place: Place, monkeypatch: pytest.MonkeyPatch, *stacks: str) -> None:
    monkeypatch.setenv("TF_VAR_throttle", "yes")
    place.check(*stacks)
    assert {run.state for run in place.work()} == {State.QUEUED}


def test_a_throttled_check_is_retried_and_is_not_a_failed_check(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    throttled(place, monkeypatch, "a")
    (run,) = place.runs(stack="a", kind=Kind.DRIFT)
    assert run.reason.startswith(WHY)
    assert "Rate exceeded" in run.reason
    assert place.look("a").drift is DriftStatus.CLEAN
    assert place.next() is None
    monkeypatch.setenv("TF_VAR_throttle", "no")
    place.age(seconds=31)
    assert states(place.work()) == [State.NO_CHANGES]


def test_the_pause_grows_and_after_half_an_hour_the_check_has_failed(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    throttled(place, monkeypatch, "a")
    pauses = []
    for _ in range(MAX_WAITS):
        (run,) = place.runs(stack="a", kind=Kind.DRIFT)
        assert run.wait_until is not None
        pauses.append(round((run.wait_until - run.changed_at).total_seconds()))
        place.age(minutes=15.1)
        place.work()
    assert pauses == [30, 60, 120, 240, 480, 900]
    assert place.runs(stack="a", kind=Kind.DRIFT)[0].state is State.PLAN_FAILED
    assert place.look("a").drift is DriftStatus.ERROR


def test_its_account_gets_half_as_many_for_a_while_also_after_a_restart(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TF_VAR_throttle", "yes")
    place.check("a", "b", "c")
    both = [place.next(), place.next()]
    for assignment in both:
        assert assignment is not None
        place.app.worker.perform(assignment)
    place.configure(place.settings)
    with place.app.store.reading() as reader:
        (throttle,) = reader.throttles().values()
        _, why = explain(view(reader, place.clock, "a"))
    assert (throttle.account, throttle.at_most, throttle.times) == ("aws", 1, 1)
    assert why.code == "put_off"
    assert [started(place.next()), started(place.next())] == ["c", None]
    place.age(minutes=6)
    assert started(place.next()) == "a"
    assert started(place.next()) == "b"


def test_a_plan_of_a_change_is_put_off_too(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TF_VAR_throttle", "yes")
    assert states(place.push("a", "two", "aws: {region: eu-west-1}\n", body=BODY)) == [State.QUEUED]
    monkeypatch.setenv("TF_VAR_throttle", "no")
    place.age(seconds=31)
    assert states(place.work()) == [State.AWAITING_APPROVAL]


def test_an_approval_stands_when_the_plan_before_the_apply_is_throttled(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    (planned,) = place.push("a", "two", "aws: {region: eu-west-1}\n", body=BODY)
    place.approve(planned)
    monkeypatch.setenv("TF_VAR_throttle", "yes")
    place.age(hours=1)
    (put_off,) = place.work()
    assert (put_off.id, put_off.state) == (planned.id, State.APPROVED)
    assert put_off.wait_until is not None
    monkeypatch.delenv("TF_VAR_throttle")
    place.age(minutes=1)
    (done,) = place.work()
    assert (done.id, done.state) == (planned.id, State.APPLIED)


def test_a_person_who_asks_for_a_throttled_check_need_not_wait(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    throttled(place, monkeypatch, "a")
    monkeypatch.setenv("TF_VAR_throttle", "no")
    request.request_check(place.app.control, ["a"], ANA)
    assert states(place.work()) == [State.NO_CHANGES]


# The disk


def test_checks_wait_for_room_on_the_disk(place: Place) -> None:
    place.check("a")
    settings = place.settings
    place.configure(replace(settings, executor=replace(settings.executor, min_free="900TB")))
    assert place.next() is None
    with place.app.store.reading() as reader:
        _, check = explain(view(reader, place.clock, "a", place.app.disk.shortage()))
    assert check.code == "no_room"
