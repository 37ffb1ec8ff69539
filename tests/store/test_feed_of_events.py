"""What happens is an event that each consumer gets at least once, in order, and that waits for none."""

import json
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from store_world import NOON, HandClock, new_run, opened, raw, run_in

from runner.errors import NotDelivered
from runner.model.changes.changes import Diagnostic
from runner.model.changes.warnings import CHECK_FAILED
from runner.model.events.feed import (
    LAST_RETRY,
    MAX_TRIES,
    TOPICS,
    Cursor,
    FeedEvent,
    PlanApproved,
    RunMoved,
    failed,
    waits,
)
from runner.model.events.text import sentence
from runner.model.run.life import TRANSITIONS, Kind, State
from runner.model.stack.lock import Lock
from runner.model.values.codec import from_plain, to_plain
from runner.service.cycle.feed import deliver
from runner.store.database import SqliteStore


@dataclass
class Listener:
    name: str = "listener"
    topics: tuple[str, ...] | None = None
    refuses: int = 0
    seen: list[int] = field(default_factory=list)

    def take(self, event: FeedEvent) -> None:
        if self.refuses:
            self.refuses -= 1
            raise NotDelivered("the other side is away")
        self.seen.append(event.id)


def begun(store: SqliteStore, clock: HandClock, **kind: object) -> Listener:
    """A listener that has been there before anything happens."""
    listener = Listener(**kind)  # type: ignore[arg-type]
    assert deliver(store, clock, listener) == 0
    return listener


def pause_often(store: SqliteStore, times: int) -> None:
    with store.writing() as writer:
        for _ in range(times):
            writer.pause("prod/vpc", None, by="ana")


def test_every_state_of_a_run_has_its_topic() -> None:
    assert {f"run.{state}" for state in (*TRANSITIONS.values(), State.QUEUED)} <= TOPICS.keys()


def test_the_event_of_a_transition_is_read_back_as_its_type(store: SqliteStore) -> None:
    with store.writing() as writer:
        run = run_in(writer, State.AWAITING_APPROVAL)
    with store.reading() as reader:
        *_, last = reader.events(0)
    assert (last.topic, last.subject) == ("run.awaiting_approval", run.name)
    assert isinstance(last.payload, RunMoved)
    assert (last.payload.stack, last.payload.kind, last.payload.state) == (
        "prod/vpc",
        Kind.CHANGE,
        State.AWAITING_APPROVAL,
    )


def test_a_payload_of_the_wrong_type_is_never_written(store: SqliteStore) -> None:
    with pytest.raises(AssertionError), store.writing() as writer:
        writer._emit("run.queued", "run-1", PlanApproved(1, "prod/vpc", "ana"))  # type: ignore[attr-defined]


def test_a_new_consumer_begins_with_what_happens_from_now_on(store: SqliteStore, clock: HandClock) -> None:
    pause_often(store, 3)
    listener = begun(store, clock)
    pause_often(store, 2)
    assert deliver(store, clock, listener) == 2
    assert deliver(store, clock, listener) == 0
    assert len(listener.seen) == 2


def test_events_come_in_order_over_many_pages(store: SqliteStore, clock: HandClock) -> None:
    listener = begun(store, clock)
    pause_often(store, 250)
    while deliver(store, clock, listener):
        pass
    assert listener.seen == sorted(set(listener.seen))
    assert len(listener.seen) == 250


def test_a_consumer_of_some_topics_gets_only_those_and_blocks_no_others(
    store: SqliteStore, clock: HandClock
) -> None:
    listener = begun(store, clock, topics=("lock.take",))
    pause_often(store, 5)
    with store.writing() as writer:
        writer.place_lock(Lock("prod/vpc", "ana", "by hand", NOON), by="ana")
    pause_often(store, 5)
    assert deliver(store, clock, listener) == 1
    with store.reading() as reader:
        assert reader.cursors() == [Cursor("listener", reader.events_head())]


def test_what_was_taken_before_a_failure_is_not_delivered_again(store: SqliteStore, clock: HandClock) -> None:
    listener = begun(store, clock)
    pause_often(store, 1)
    deliver(store, clock, listener)
    pause_often(store, 1)
    listener.refuses = 1
    deliver(store, clock, listener)
    assert deliver(store, clock, listener) == 0, "it waits before the next try"
    clock.pass_(seconds=10)
    assert deliver(store, clock, listener) == 1
    assert len(listener.seen) == len(set(listener.seen)) == 2


def test_an_event_failing_ten_times_is_a_dead_letter_and_the_next_comes(
    store: SqliteStore, clock: HandClock
) -> None:
    listener = begun(store, clock)
    pause_often(store, 2)
    listener.refuses = MAX_TRIES
    for _ in range(MAX_TRIES):
        deliver(store, clock, listener)
        clock.pass_(hours=1)
    assert deliver(store, clock, listener) == 1
    with store.reading() as reader:
        (letter,) = reader.dead_letters()
    assert (letter.consumer, letter.problem) == ("listener", "the other side is away")
    assert letter.event.id not in listener.seen


def test_a_process_that_dies_before_the_cursor_moves_delivers_again(
    store: SqliteStore, clock: HandClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    listener = begun(store, clock)
    pause_often(store, 1)
    with monkeypatch.context() as patch:
        patch.setattr(
            "runner.service.cycle.feed.save_cursor", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt)
        )
        with pytest.raises(KeyboardInterrupt):
            deliver(store, clock, listener)
    deliver(store, clock, listener)
    assert len(listener.seen) == 2
    assert len(set(listener.seen)) == 1


def test_retention_keeps_what_a_consumer_has_not_passed(
    store: SqliteStore, clock: HandClock, tmp_path: Path
) -> None:
    listener = begun(store, clock)
    pause_often(store, 3)
    late = NOON + timedelta(days=400)
    with store.writing() as writer:
        assert writer.prune_outbox(late) == 0
    deliver(store, clock, listener)
    with store.writing() as writer:
        assert writer.prune_outbox(late) == 3


def test_a_consumer_that_is_no_longer_configured_holds_nothing_back(
    store: SqliteStore, clock: HandClock
) -> None:
    begun(store, clock)
    pause_often(store, 3)
    with store.writing() as writer:
        writer.forget_consumers(but=())
        assert writer.prune_outbox(NOON + timedelta(days=400)) == 3
        assert writer.cursors() == []


@given(st.integers(0, MAX_TRIES * 2), st.floats(0, 1))
def test_waits_become_longer_up_to_an_hour_and_end(tries: int, jitter: float) -> None:
    later = failed(Cursor("c", 7, tries), "away", NOON, jitter)
    if tries + 1 >= MAX_TRIES:
        assert later is None
    else:
        assert later is not None
        assert later.next_try is not None
        assert (later.position, later.tries) == (7, tries + 1)
        assert timedelta(0) < later.next_try - NOON <= LAST_RETRY


def test_a_clock_that_was_put_back_keeps_no_consumer_waiting() -> None:
    later = failed(Cursor("c", 7), "away", NOON, 0)
    assert later is not None
    assert waits(later, NOON)
    assert not waits(later, NOON - timedelta(days=365))


def test_events_of_a_former_version_are_read(tmp_path: Path, clock: HandClock) -> None:
    payload = {"at_most": 2, "until": "2026-03-01T12:00:00Z", "reason": "Throttling"}
    with opened(tmp_path, clock):
        pass
    with raw(tmp_path / "driftline.db") as connection:
        for table in ("consumers", "dead_letters"):
            connection.execute(f"DROP TABLE {table}")
        (number,) = connection.execute(
            "SELECT count(*) FROM _sqlite_migrations WHERE name <> 'feed'"
        ).fetchone()
        connection.execute("DELETE FROM _sqlite_migrations WHERE name = 'feed'")
        connection.execute(f"PRAGMA user_version = {number}")
        connection.execute(
            "INSERT INTO outbox (at, topic, subject, payload) VALUES (?, 'account.throttled', 'aws/1', ?)",
            (NOON.isoformat(), json.dumps(payload)),
        )
    with opened(tmp_path, clock) as store, store.reading() as reader:
        (event,) = reader.events(0)
    assert sentence(event) == "aws/1 is throttled: at most 2 runs until 2026-03-01T12:00:00Z: Throttling"


def test_every_topic_has_a_sentence_and_survives_json(store: SqliteStore) -> None:
    with store.writing() as writer:
        run_in(writer, State.APPLIED)
        writer.add_run(new_run(kind=Kind.DRIFT))
        writer.pause("prod/vpc", None, by="ana")
        writer.mark_missing("prod/vpc")
    with store.reading() as reader:
        events = reader.events(0)
    assert len({event.topic for event in events}) > 5
    for event in events:
        assert "prod/vpc" in sentence(event)
        assert (
            from_plain(TOPICS[event.topic], json.loads(json.dumps(to_plain(event.payload)))) == event.payload
        )


def test_a_check_is_an_event_when_it_fails_and_when_it_passes_again(store: SqliteStore) -> None:
    fails = Diagnostic("warning", CHECK_FAILED, "the disk is small", address="check.disk")
    for diagnostics in ((fails,), (fails,), ()):
        with store.writing() as writer:
            writer.save_failing_checks("prod/vpc", diagnostics)
    with store.reading() as reader:
        events = reader.events(0, {"check.fail", "check.pass"})
    assert [event.topic for event in events] == ["check.fail", "check.pass"]
    assert sentence(events[0]) == "check.disk of prod/vpc fails: the disk is small"


def test_a_stack_that_leaves_for_good_is_an_event(store: SqliteStore) -> None:
    with store.writing() as writer:
        writer.leave("prod/vpc", "forgotten", by="ana")
    with store.reading() as reader:
        *_, event = reader.events(0)
    assert (event.topic, sentence(event)) == (
        "stack.leave",
        "prod/vpc forgotten by ana: forgotten",
    )
