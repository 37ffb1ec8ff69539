"""A clock that was wrong for a while: what waited through it expires, what is planned after it is not called old."""

import pytest
from world import DATA, World

from runner.errors import ClockWentBack, PlanExpired
from runner.model.run.life import Run, State

YEAR = 365


@pytest.fixture
def world(plain: World) -> World:
    """A stack whose first plan waits."""
    plain.push(body=DATA)
    return plain


def waiting(world: World) -> Run:
    (run,) = world.runs(states=frozenset({State.AWAITING_APPROVAL}))
    return run


def excursion(world: World, *days: int) -> None:
    """The clock goes through these offsets, something is recorded at each, and comes back."""
    for day in days:
        world.age(days=day)
        world.poll()
        world.push(value=f"at {day}", body=DATA)
        world.age(days=-day)


@pytest.mark.repeats
@pytest.mark.parametrize("days", [(400,), (-3650,), (2, -1, 400, -3650)])
def test_a_plan_that_was_made_after_it_is_approved_and_applied(world: World, days: tuple[int, ...]) -> None:
    excursion(world, *days)
    world.push(value="after", body=DATA)
    world.approve(waiting(world))
    (run,) = world.work()
    assert run.state is State.APPLIED, run


@pytest.mark.parametrize("years", [1, -10])
def test_a_plan_made_while_the_clock_is_wrong_is_approved_and_applied(world: World, years: int) -> None:
    world.age(days=years * YEAR)
    world.push(value="meanwhile", body=DATA)
    world.approve(waiting(world))
    (run,) = world.work()
    assert run.state is State.APPLIED, run


def test_a_plan_expired_by_a_jump_forward_stays_expired(world: World) -> None:
    first = waiting(world)
    world.age(days=400)
    world.push("other", body=DATA)
    world.age(days=-400)
    with pytest.raises((PlanExpired, ClockWentBack)) as refused:
        world.approve(first)
    assert "driftline plan web" in refused.value.hint


def test_the_age_of_a_plan_is_unknown_after_the_clock_went_far_back(world: World) -> None:
    first = waiting(world)
    world.age(days=-2)
    with pytest.raises(ClockWentBack, match="the clock went back"):
        world.approve(first)


def test_a_plan_of_before_a_small_correction_is_approved(world: World) -> None:
    world.age(hours=-2)
    world.approve(waiting(world))
    (run,) = world.work()
    assert run.state is State.APPLIED, run


def test_a_plan_approved_before_a_setback_is_made_again_before_its_apply(world: World) -> None:
    world.approve(waiting(world))
    world.age(hours=-2)
    (run,) = world.work()
    with world.app.store.reading() as reader:
        log = [entry.action for entry in reader.audit(subject=run.name)]
    assert run.state is State.APPLIED, log
    assert world.app.artifacts.get(run.id, "fresh.tfplan")
