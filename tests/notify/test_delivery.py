"""Each event once, in order, not too often, and nothing lost: what waits is what lies behind the cursor."""

from datetime import timedelta
from typing import Any

import pytest
from notify_world import Told, notified
from store_world import NOON, HandClock, discovered, new_run, run_in

from runner.model.events.feed import MAX_TRIES
from runner.model.notify.consumer import consumer_of
from runner.model.run.life import State
from runner.model.stack.match import StackMatch
from runner.service.cycle.feed import deliver
from runner.service.cycle.notify import Notified, begin_notifying, notify
from runner.store.database import SqliteStore

RESUMES: dict[str, Any] = {"topics": ("stack.resume",)}


def resume(store: SqliteStore, times: int = 1, stack: str = "prod/vpc") -> None:
    with store.writing() as writer:
        for _ in range(times):
            writer.pause(stack, None, by="ana")


def drain(store: SqliteStore, clock: HandClock, to: Notified) -> None:
    while notify(store, clock, to):
        pass


def test_a_new_notification_gets_no_history(store: SqliteStore, clock: HandClock) -> None:
    told = Told()
    to = notified(told, **RESUMES)
    resume(store, 3)
    begin_notifying(store, [to])
    resume(store)
    drain(store, clock, to)
    assert len(told.messages) == 1


def test_a_removed_notification_loses_its_cursor_and_its_dead_letters(
    store: SqliteStore, clock: HandClock
) -> None:
    to = notified(Told(refuses=MAX_TRIES), **RESUMES)
    begin_notifying(store, [to])
    resume(store)
    for _ in range(MAX_TRIES):
        drain(store, clock, to)
        clock.pass_(hours=1)
    begin_notifying(store, [])
    with store.reading() as reader:
        assert (reader.cursors(), reader.dead_letters()) == ([], [])


def test_a_notification_with_the_name_of_a_consumer_of_ours_has_its_own_cursor() -> None:
    assert consumer_of("journal") != "journal"


def test_the_default_topics_are_those_that_a_person_acts_on(store: SqliteStore, clock: HandClock) -> None:
    told = Told()
    to = notified(told)
    begin_notifying(store, [to])
    with store.writing() as writer:
        run_in(writer, State.AWAITING_APPROVAL)
        writer.pause("prod/vpc", None, by="ana")
    drain(store, clock, to)
    assert [message.told[0].topic for message in told.messages] == ["run.awaiting_approval"]


def test_topics_are_patterns(store: SqliteStore, clock: HandClock) -> None:
    told = Told()
    to = notified(told, topics=("run.*",))
    begin_notifying(store, [to])
    with store.writing() as writer:
        run_in(writer, State.AWAITING_APPROVAL)
        writer.pause("prod/vpc", None, by="ana")
    drain(store, clock, to)
    assert [message.told[0].topic for message in told.messages] == [
        "run.queued",
        "run.planning",
        "run.awaiting_approval",
    ]


@pytest.mark.parametrize(
    ("match", "heard"),
    [
        (StackMatch(stacks=("dev/**",)), ["dev/app"]),
        (StackMatch(labels={"env": "prod"}), ["prod/vpc"]),
        (StackMatch(sources=("elsewhere",)), []),
        (StackMatch(stacks=("**",), labels={"env": "*"}), ["prod/vpc", "dev/app"]),
    ],
)
def test_only_matching_stacks_are_told_of(
    store: SqliteStore, clock: HandClock, match: StackMatch, heard: list[str]
) -> None:
    told = Told()
    to = notified(told, match=match, **RESUMES)
    with store.writing() as writer:
        writer.save_discovered(discovered("prod/vpc", labels={"env": "prod"}))
        writer.save_discovered(discovered("dev/app", labels={"env": "dev"}))
    begin_notifying(store, [to])
    resume(store)
    resume(store, stack="dev/app")
    drain(store, clock, to)
    assert [message.told[0].stack for message in told.messages] == heard


def test_what_is_not_wanted_is_passed(store: SqliteStore, clock: HandClock) -> None:
    to = notified(Told(), match=StackMatch(stacks=("nobody",)), **RESUMES)
    begin_notifying(store, [to])
    resume(store, 3)
    drain(store, clock, to)
    with store.reading() as reader:
        assert reader.cursor(to.consumer).position == reader.events_head()  # type: ignore[union-attr]


def test_a_process_that_dies_after_sending_sends_again_with_the_same_key(
    store: SqliteStore, clock: HandClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = Told()
    to = notified(told, **RESUMES)
    begin_notifying(store, [to])
    resume(store)
    with monkeypatch.context() as patch:
        patch.setattr(
            "runner.service.cycle.notify.save_cursor", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt)
        )
        with pytest.raises(KeyboardInterrupt):
            notify(store, clock, to)
    drain(store, clock, to)
    assert len(told.keys) == 2
    assert len(set(told.keys)) == 1


def test_a_process_that_dies_before_sending_loses_nothing(store: SqliteStore, clock: HandClock) -> None:
    class Dies(Told):
        def send(self, message: object) -> None:
            raise KeyboardInterrupt

    dying, told = Dies(), Told()
    begin_notifying(store, [notified(dying, **RESUMES)])
    resume(store)
    with pytest.raises(KeyboardInterrupt):
        notify(store, clock, notified(dying, **RESUMES))
    drain(store, clock, notified(told, **RESUMES))
    assert len(told.messages) == 1


def test_a_failure_is_tried_again_and_what_went_before_is_not(store: SqliteStore, clock: HandClock) -> None:
    told = Told()
    to = notified(told, **RESUMES)
    begin_notifying(store, [to])
    resume(store)
    drain(store, clock, to)
    told.refuses = 1
    resume(store, 2)
    drain(store, clock, to)
    drain(store, clock, to)
    assert len(told.messages) == 1, "it waits before the next try"
    clock.pass_(seconds=10)
    drain(store, clock, to)
    assert len(set(told.keys)) == len(told.keys) == 3


def test_ten_failures_make_a_dead_letter_and_the_next_event_comes(
    store: SqliteStore, clock: HandClock
) -> None:
    told = Told(refuses=MAX_TRIES)
    to = notified(told, **RESUMES)
    begin_notifying(store, [to])
    resume(store, 2)
    for _ in range(MAX_TRIES + 1):
        drain(store, clock, to)
        clock.pass_(hours=1)
    with store.reading() as reader:
        (letter,) = reader.dead_letters(to.consumer)
        cursor = reader.cursor(to.consumer)
    assert (letter.problem, len(told.messages)) == ("the other side is away", 1)
    assert letter.event.key not in told.keys
    assert cursor is not None
    assert (cursor.messages, cursor.failures) == (1, MAX_TRIES)


def test_every_event_of_a_folded_message_that_fails_is_a_dead_letter(
    store: SqliteStore, clock: HandClock
) -> None:
    to = notified(Told(refuses=MAX_TRIES), at_most="1/h", **RESUMES)
    begin_notifying(store, [to])
    resume(store, 20)
    for _ in range(MAX_TRIES):
        drain(store, clock, to)
        clock.pass_(hours=1)
    with store.reading() as reader:
        assert len(reader.dead_letters(to.consumer)) == 20


def test_a_storm_becomes_one_message_that_says_so(store: SqliteStore, clock: HandClock) -> None:
    told = Told()
    to = notified(told, at_most="10/h", **RESUMES)
    begin_notifying(store, [to])
    with store.writing() as writer:
        for number in range(500):
            writer.save_discovered(discovered(f"s{number}"))
            writer.pause(f"s{number}", None, by="ana")
    drain(store, clock, to)
    (message,) = told.messages
    assert (message.count, dict(message.topics or {})) == (500, {"stack.resume": 500})
    assert (message.names[0], len(message.names), message.more_names) == ("s0", 10, 490)


def test_what_exceeds_the_rate_waits_and_comes_together(store: SqliteStore, clock: HandClock) -> None:
    told = Told()
    to = notified(told, at_most="3/h", **RESUMES)
    begin_notifying(store, [to])
    for _ in range(8):
        resume(store)
        drain(store, clock, to)
        clock.pass_(minutes=1)
    assert [message.count for message in told.messages] == [1, 1, 1]
    clock.pass_(hours=1)
    drain(store, clock, to)
    assert [message.count for message in told.messages] == [1, 1, 1, 5]


def test_no_period_has_more_messages_than_allowed_however_often_it_restarts(
    store: SqliteStore, clock: HandClock
) -> None:
    told, at = Told(), []
    for _ in range(300):
        to = notified(told, at_most="5/h", **RESUMES)
        begin_notifying(store, [to])
        resume(store)
        before = len(told.messages)
        drain(store, clock, to)
        at += [clock.now()] * (len(told.messages) - before)
        clock.pass_(minutes=1)
    assert sum(message.count for message in told.messages) >= 240
    assert all(sum(start < one <= start + timedelta(hours=1) for one in at) <= 5 for start in at)


def test_a_clock_that_was_put_back_stops_no_notification(store: SqliteStore, clock: HandClock) -> None:
    told = Told()
    to = notified(told, at_most="1/h", **RESUMES)
    begin_notifying(store, [to])
    resume(store)
    drain(store, clock, to)
    clock.at = NOON - timedelta(days=300)
    resume(store)
    drain(store, clock, to)
    assert len(told.messages) == 2


def test_without_a_limit_each_event_is_a_message(store: SqliteStore, clock: HandClock) -> None:
    told = Told()
    to = notified(told, at_most=None, **RESUMES)
    begin_notifying(store, [to])
    resume(store, 120)
    drain(store, clock, to)
    assert [message.count for message in told.messages] == [1] * 120


def test_a_digest_collects_until_its_time(store: SqliteStore, clock: HandClock) -> None:
    told = Told()
    to = notified(told, digest="0 7 * * *", **RESUMES)
    begin_notifying(store, [to])
    for _ in range(5):
        resume(store)
        drain(store, clock, to)
        clock.pass_(hours=1)
    assert told.messages == []
    clock.at = NOON + timedelta(hours=19)
    drain(store, clock, to)
    (message,) = told.messages
    assert (message.count, message.digest) == (5, True)


def test_a_digest_that_was_due_while_the_daemon_was_down_comes_at_once(
    store: SqliteStore, clock: HandClock
) -> None:
    told = Told()
    to = notified(told, digest="0 7 * * mon", **RESUMES)
    begin_notifying(store, [to])
    resume(store, 2)
    clock.pass_(days=9)
    drain(store, clock, to)
    assert [message.count for message in told.messages] == [2]


def test_days_of_a_digest_are_those_that_are_named(store: SqliteStore, clock: HandClock) -> None:
    """NOON is a Sunday."""
    told = Told()
    to = notified(told, digest="0 7 * * sat", **RESUMES)
    begin_notifying(store, [to])
    resume(store)
    clock.at = NOON + timedelta(days=5, hours=18)
    drain(store, clock, to)
    assert told.messages == []
    clock.at = NOON + timedelta(days=5, hours=19, seconds=1)
    drain(store, clock, to)
    assert len(told.messages) == 1


def test_a_digest_without_events_is_not_sent(store: SqliteStore, clock: HandClock) -> None:
    told = Told()
    to = notified(told, digest="0 7 * * *", **RESUMES)
    begin_notifying(store, [to])
    clock.pass_(days=3)
    drain(store, clock, to)
    assert told.messages == []


def test_drift_that_is_not_confirmed_is_no_news_by_default(store: SqliteStore, clock: HandClock) -> None:
    told = Told()
    to = notified(told)
    begin_notifying(store, [to])
    with store.writing() as writer:
        run = writer.add_run(new_run())
        report = writer.open_report("prod/vpc", run.revision, "f" * 64, (), confirmed=False)
    drain(store, clock, to)
    assert told.messages == []
    with store.writing() as writer:
        writer.see_report(report, (), confirmed=True)
    drain(store, clock, to)
    assert [message.told[0].topic for message in told.messages] == ["drift.confirm"]


def test_a_notification_that_waits_holds_back_no_other_consumer(store: SqliteStore, clock: HandClock) -> None:
    class Journal:
        name, topics = "journal", None
        taken = 0

        def take(self, _event: object) -> None:
            self.taken += 1

    journal, to = Journal(), notified(Told(refuses=1000), **RESUMES)
    deliver(store, clock, journal)
    begin_notifying(store, [to])
    resume(store, 50)
    drain(store, clock, to)
    assert deliver(store, clock, journal) == 50


def test_a_digest_that_is_due_for_others_keeps_what_is_not_due(store: SqliteStore, clock: HandClock) -> None:
    told = Told()
    to = notified(told, digest="0 7 * * *", match=StackMatch(stacks=("prod/**",)), **RESUMES)
    with store.writing() as writer:
        writer.save_discovered(discovered("dev/app"))
    begin_notifying(store, [to])
    resume(store, stack="dev/app")
    clock.pass_(hours=20)
    resume(store)
    resume(store)
    drain(store, clock, to)
    assert told.messages == []
    clock.pass_(hours=24)
    drain(store, clock, to)
    assert [message.count for message in told.messages] == [2]
