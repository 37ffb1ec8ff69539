"""When checks are due: what a cron line means, and a server's schedule that changed."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from world import ANA, DATA, World

from runner.model.settings.server import DriftSettings
from runner.model.values.span import Seconds
from runner.service.operator import request
from runner.service.queue.enqueue import enqueue_due
from runner.service.queue.next_check import next_check, reschedule

FRIDAY = datetime(2026, 3, 13, 5, tzinfo=UTC)


def fires(world: World, line: str, count: int) -> list[str]:
    """The next times of a cron line, as day and weekday."""
    settings = DriftSettings(schedule=line, jitter=Seconds(0))
    shown, now = [], FRIDAY
    for _ in range(count):
        now = next_check(world.look(), settings, now + timedelta(seconds=1))
        shown.append(f"{now:%d %a %H:%M}")
    return shown


def test_a_day_and_a_weekday_are_either_of_both_as_cron_has_it(plain_applied: World) -> None:
    assert fires(plain_applied, "0 4 13 * tue", 4) == [
        "17 Tue 04:00",
        "24 Tue 04:00",
        "31 Tue 04:00",
        "07 Tue 04:00",
    ]
    assert fires(plain_applied, "0 4 15,18 * sat", 4) == [
        "14 Sat 04:00",
        "15 Sun 04:00",
        "18 Wed 04:00",
        "21 Sat 04:00",
    ]


@pytest.mark.parametrize(
    ("line", "first"),
    [("0 4 * * tue", "17 Tue 04:00"), ("0 4 15 * *", "15 Sun 04:00"), ("0 4 */2 * mon", "23 Mon 04:00")],
)
def test_one_of_them_alone_is_that_one(plain_applied: World, line: str, first: str) -> None:
    assert fires(plain_applied, line, 1) == [first]


def changed(world: World, **more: Any) -> list[str]:
    """The stacks whose check is reckoned anew with these settings."""
    control = world.app.control
    return reschedule(control.store, replace(control.settings.drift, **more), control.clock.now())


def test_a_changed_schedule_of_the_server_counts_at_once(plain_applied: World) -> None:
    before = plain_applied.look().next_check_at
    assert changed(plain_applied) == []
    assert plain_applied.look().next_check_at == before
    assert changed(plain_applied, schedule="* * * * *", jitter=Seconds(0)) == ["web"]
    after = plain_applied.look().next_check_at
    assert after is not None
    assert after <= plain_applied.app.clock.now() + timedelta(minutes=1)
    # And a rarer one counts as well.
    assert changed(plain_applied, schedule="0 0 1 1 *", jitter=Seconds(0)) == ["web"]
    assert (plain_applied.look().next_check_at or FRIDAY).strftime("%d.%m. %H:%M") == "01.01. 00:00"


def test_a_schedule_of_the_stack_itself_stays(plain: World) -> None:
    plain.applied(body=DATA, rules="drift: {schedule: 30 1 * * *}\n")
    assert changed(plain, schedule="* * * * *") == []


def test_a_check_that_is_due_or_tried_again_keeps_its_time(plain_applied: World) -> None:
    now = plain_applied.app.clock.now()
    with plain_applied.app.store.writing() as writer:
        writer.schedule_check("web", now - timedelta(seconds=1))
    assert changed(plain_applied, schedule="0 0 1 1 *") == []
    enqueue_due(plain_applied.app.store, plain_applied.app.clock, ())
    with plain_applied.app.store.reading() as reader:
        assert [run.kind.value for run in reader.open_runs("web")] == ["drift"]
    assert request.request_check(plain_applied.app.control, ["web"], ANA)[1] == {}
