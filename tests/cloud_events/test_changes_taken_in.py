"""A change of something that a stack manages makes its check due: once, and never because of our own runs."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from event_world import ACCOUNT, JOBS, REGION, Installed, installed, record, session
from store_world import NOON

from runner import failpoint
from runner.errors import AwsDenied, AwsGone
from runner.model.run.life import Claim, Event, Kind, State, Trigger


@pytest.fixture
def here(tmp_path: Path) -> Iterator[Installed]:
    with installed(tmp_path) as found:
        yield found


def test_a_change_makes_the_check_of_its_stack_due_at_once(here: Installed) -> None:
    here.hears(record())
    assert here.turn() == ["app"]
    (check,) = here.checks()
    assert check.trigger is Trigger.EVENT
    assert check.reason == "SetQueueAttributes by ana at 12:00:00 UTC"
    assert check.targets == ()


def test_without_an_event_nothing_is_due(here: Installed) -> None:
    assert here.turn(hours=1) == []


def test_five_hundred_events_of_a_burst_are_one_check(here: Installed) -> None:
    here.hears(*(record(NOON, f"e-{n}") for n in range(500)))
    assert here.turn() == ["app"]
    assert here.turn(minutes=5) == []
    assert len(here.checks()) == 1


def test_an_event_that_comes_twice_changes_nothing(here: Installed) -> None:
    here.hears(record())
    assert here.turn() == ["app"]
    _end(here)
    here.hears(record())
    assert here.turn(minutes=5) == []


def test_an_older_event_that_comes_later_changes_nothing(here: Installed) -> None:
    here.hears(record(NOON, "e-2"))
    assert here.turn() == ["app"]
    _end(here)
    here.hears(record(NOON - timedelta(minutes=3), "e-1"))
    assert here.turn(minutes=5) == []


def test_a_change_during_a_check_is_checked_afterwards_but_not_at_once(here: Installed) -> None:
    here.hears(record())
    here.turn()
    _begin(here)
    here.clock.pass_(seconds=5)
    here.hears(record(here.clock.now(), "e-2"))
    assert here.turn(seconds=10) == []
    _end(here)
    assert here.turn(seconds=5) == []
    assert here.turn(seconds=15) == ["app"]


def test_a_queued_check_sees_what_changes_before_it_begins(here: Installed) -> None:
    here.hears(record())
    here.turn()
    here.clock.pass_(seconds=20)
    here.hears(record(here.clock.now(), "e-2"))
    _end(here)
    assert here.turn(minutes=5) == []


def test_a_check_that_failed_has_seen_nothing(here: Installed) -> None:
    here.hears(record())
    here.turn()
    _end(here, Event.FAIL_PLAN)
    here.hears(record(NOON, "e-2"))
    assert here.turn(seconds=40) == ["app"]


def test_a_call_of_our_own_run_makes_nothing_due(here: Installed) -> None:
    run = here.apply()
    here.hears(record(userIdentity=session(f"driftline-{run.name}")))
    assert here.turn(minutes=5) == []


def test_no_loop_begins_with_our_own_writes(here: Installed) -> None:
    """Each check that is due would apply something again, and be heard of again."""
    for turn in range(5):
        run = here.apply(State.APPLIED)
        here.hears(record(here.clock.now(), f"e-{turn}", userIdentity=session(f"driftline-{run.name}")))
        assert here.turn(minutes=1) == []


@pytest.mark.parametrize(
    "name", ["driftline-run-999", "driftline-checks", "driftline-reads", "driftline-run-x"]
)
def test_a_session_that_is_only_named_like_ours_is_not_ours(here: Installed, name: str) -> None:
    here.hears(record(userIdentity=session(name)))
    assert here.turn() == ["app"]


def test_a_session_of_a_run_that_did_not_exist_then_is_not_ours(here: Installed) -> None:
    run = here.apply()
    here.hears(record(NOON - timedelta(hours=1), userIdentity=session(f"driftline-{run.name}")))
    assert here.turn() == ["app"]


def test_a_session_of_a_run_that_has_ended_is_not_ours(here: Installed) -> None:
    run = here.apply(State.APPLIED)
    here.clock.pass_(hours=1)
    here.hears(record(here.clock.now(), userIdentity=session(f"driftline-{run.name}")))
    assert here.turn() == ["app"]


def test_a_session_of_another_role_or_account_is_not_ours_while_the_run_applies(here: Installed) -> None:
    run = here.apply()
    here.hears(record(userIdentity=session(f"driftline-{run.name}", role="mallory")))
    assert here.turn() == ["app"]
    stranger = {**session(f"driftline-{run.name}"), "accountId": "999988887777"}
    _end(here)
    here.hears(record(here.clock.now(), "e-2", userIdentity=stranger))
    assert here.turn(minutes=1) == ["app"]


def test_a_change_of_nothing_that_is_managed_is_kept(here: Installed) -> None:
    stranger = f"arn:aws:sqs:{REGION}:{ACCOUNT}:stranger"
    more: dict[str, Any] = {
        "resources": [{"ARN": stranger}],
        "requestParameters": {"queueUrl": "https://sqs/1/stranger"},
    }
    here.hears(record(**more))
    assert here.turn(minutes=5) == []
    with here.store.reading() as reader:
        (kept,) = reader.cloud_events((stranger,), NOON, here.clock.now())
    assert kept.arns == (stranger,)


def test_an_object_of_another_account_with_the_same_name_is_another_one(here: Installed) -> None:
    more: dict[str, Any] = {
        "recipientAccountId": "999988887777",
        "resources": [],
        "requestParameters": {"queueName": "jobs"},
    }
    here.hears(record(**more))
    assert here.turn(minutes=5) == []


def test_an_object_of_another_service_with_the_same_name_is_another_one(here: Installed) -> None:
    more: dict[str, Any] = {
        "eventSource": "sns.amazonaws.com",
        "resources": [],
        "requestParameters": {"name": "jobs"},
    }
    here.hears(record(**more))
    assert here.turn(minutes=5) == []


def test_an_object_is_found_by_its_name_alone(here: Installed) -> None:
    here.hears(record(resources=[], requestParameters={"queueName": "jobs"}))
    assert here.turn() == ["app"]


def test_what_was_received_is_found_by_its_names(here: Installed) -> None:
    here.hears(record(), record(NOON + timedelta(hours=2), "e-2"))
    with here.store.reading() as reader:
        found = reader.cloud_events([JOBS, "jobs"], NOON - timedelta(hours=1), NOON + timedelta(hours=1))
        assert [one.id for one in found] == ["e-1"]
        assert reader.cloud_events(["nothing"], NOON - timedelta(hours=1), NOON + timedelta(hours=9)) == []


def test_no_value_of_a_request_is_stored(here: Installed, tmp_path: Path) -> None:
    secret = "canary-of-a-request"
    here.hears(
        record(requestParameters={"queueName": "jobs", "attributes": {"Policy": secret}, "password": secret})
    )
    content = b"".join(path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())
    assert b"SetQueueAttributes" in content
    assert secret.encode() not in content


def test_poison_is_buried_with_its_reason_and_does_not_stop_the_rest(here: Installed) -> None:
    here.queue.bodies = ["<xml/>"]
    here.hears(record())
    assert here.queue.buried == ["it is not JSON"]
    assert here.queue.bodies == []
    assert here.turn() == ["app"]


def test_poison_without_a_dead_letter_queue_is_deleted(here: Installed) -> None:
    here.queue.has_grave, here.queue.bodies = False, ["<xml/>"]
    here.listener.take_some()
    assert here.queue.bodies == []


@pytest.mark.parametrize("point", ["events.before_commit", "events.after_commit"])
def test_a_crash_loses_no_event_and_makes_no_second_check(
    here: Installed, point: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(failpoint._ARMED, point, ("raise", 0))
    with pytest.raises(failpoint.FailpointHit):
        here.hears(record())
    monkeypatch.delitem(failpoint._ARMED, point)
    here.hears()
    assert here.turn() == ["app"]
    assert here.turn(minutes=5) == []


def test_a_queue_that_is_denied_is_told_once_and_again_when_it_is_well(here: Installed) -> None:
    denied = AwsDenied(identity="role", action="sqs:ReceiveMessage", resource="", place="x", account=ACCOUNT)
    assert here.listener.note_failure(denied)
    assert not here.listener.note_failure(denied)
    with here.store.reading() as reader:
        (state,) = reader.queue_states()
    assert "sqs:ReceiveMessage" in state.problem
    here.listener.take_some()
    with here.store.reading() as reader:
        assert [one.problem for one in reader.queue_states()] == [""]


def test_an_empty_queue_is_not_written_down_each_time(here: Installed) -> None:
    here.listener.take_some()
    before = here.store.changed_since(None)
    here.listener.take_some()
    assert here.store.changed_since(None) == before


def test_checks_go_on_by_schedule_while_a_queue_is_gone(here: Installed) -> None:
    here.listener.note_failure(AwsGone(action="sqs:ReceiveMessage", place="x", problem="no such queue"))
    with here.store.writing() as writer:
        writer.schedule_check("app", here.clock.now())
    assert here.turn() == ["app"]
    assert here.checks()[0].trigger is Trigger.SCHEDULE


def test_old_events_and_those_above_the_most_are_removed(here: Installed) -> None:
    here.clock.pass_(minutes=10)
    here.hears(*(record(NOON + timedelta(minutes=n), f"e-{n}") for n in range(10)))
    with here.store.writing() as writer:
        assert writer.prune_cloud_events(NOON + timedelta(minutes=2), most=5) == 5
        found = writer.cloud_events([JOBS], NOON, NOON + timedelta(hours=1))
    assert [one.id for one in found] == ["e-9", "e-8", "e-7", "e-6", "e-5"]


def test_an_event_that_is_dated_in_the_future_keeps_no_place_of_others(here: Installed) -> None:
    here.hears(record(NOON + timedelta(days=30), "e-forged"))
    here.clock.pass_(minutes=1)
    here.hears(record(NOON + timedelta(minutes=1), "e-real"))
    with here.store.writing() as writer:
        assert writer.prune_cloud_events(NOON, most=1) == 1
        found = writer.cloud_events([JOBS], NOON, NOON + timedelta(days=60))
    assert [one.id for one in found] == ["e-real"]


def test_a_stack_that_left_git_is_left_alone(here: Installed) -> None:
    with here.store.writing() as writer:
        writer.leave("app", "removed", by="ana")
    here.hears(record())
    assert here.turn(minutes=5) == []


def _begin(here: Installed) -> None:
    with here.store.writing() as writer:
        (check,) = [run for run in writer.open_runs("app") if run.kind is Kind.DRIFT]
        writer.claim(check, Claim("token", "host", 1, here.clock.now()))
        check = writer.run(check.id)
        writer.transition(check, Event.CLAIM, by="test") if check.state is State.QUEUED else None


def _end(here: Installed, how: Event = Event.FIND_NOTHING) -> None:
    with here.store.writing() as writer:
        (check,) = [run for run in writer.open_runs("app") if run.kind is Kind.DRIFT]
        if check.state is State.QUEUED:
            check = writer.transition(check, Event.CLAIM, by="test")
        if check.claim is not None:
            check = writer.release(check)
        writer.transition(check, how, by="test")
