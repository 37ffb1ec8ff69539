"""A clock that jumps by a year makes no flood of checks, and stops none for ever."""

from datetime import timedelta

import pytest
from world import DATA, World

from runner.model.run.life import Kind
from runner.service.queue.enqueue import enqueue_due

YEAR = 365
HOURLY = "drift: {schedule: '5 * * * *'}"


@pytest.fixture
def world(plain: World) -> World:
    """Two applied stacks that are checked every hour."""
    for name in ("web", "db"):
        plain.applied(name, value=name, rules=HOURLY, body=DATA)
    return plain


def due(world: World) -> list[str]:
    return sorted(
        run.stack for run in enqueue_due(world.app.store, world.clock, ()) if run.kind is Kind.DRIFT
    )


def test_a_jump_by_a_year_makes_one_check_of_each_stack(world: World) -> None:
    world.age(days=YEAR)
    assert due(world) == ["db", "web"]
    assert due(world) == []
    assert len(world.work()) == 2
    assert world.work() == []


def test_after_it_the_next_check_is_within_the_hour_of_the_new_time(world: World) -> None:
    world.age(days=YEAR)
    world.work()
    next_check = world.look().next_check_at
    assert next_check is not None
    assert timedelta() < next_check - world.clock.now() <= timedelta(hours=1)


@pytest.mark.repeats
@pytest.mark.parametrize("back", [1, YEAR])
def test_a_clock_that_goes_back_does_not_stop_the_checks(world: World, back: int) -> None:
    world.age(days=YEAR)
    world.work()
    world.age(days=-back)
    assert due(world) == ["db", "web"]
    world.work()
    assert due(world) == []
    world.age(hours=2)
    assert due(world) == ["db", "web"]


def test_a_clock_that_is_set_back_by_minutes_makes_no_check_more(world: World) -> None:
    world.age(hours=2)
    world.work()
    world.age(minutes=-30)
    assert due(world) == []
