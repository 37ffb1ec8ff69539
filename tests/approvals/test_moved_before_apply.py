"""What moved since the approval supersedes the run with its reason, all the way through an apply."""

import pytest
from test_guard_rails_answered import MANY, exchange, looked_at, many
from test_what_was_approved import swap_binary, wrapped
from world import World

from runner.model.run.life import State

__all__ = ("many", "wrapped")


@pytest.mark.parametrize("hours", [0, 1])
def test_an_exchanged_binary_sends_the_run_back_to_a_person(wrapped: World, hours: int) -> None:
    (run,) = wrapped.runs()
    swap_binary(wrapped)
    wrapped.age(hours=hours)
    _, fresh = wrapped.work()
    old = wrapped.run(run.id)
    assert (old.state, old.superseded_by) == (State.SUPERSEDED, fresh.id)
    assert "the engine's binary" in old.reason
    wrapped.approve(fresh)
    assert [done.state for done in wrapped.work()] == [State.APPLIED]


def test_an_old_plan_is_not_made_again_on_another_state(many: World) -> None:
    looked_at(many)
    (run,) = many.push(value="two", body=MANY)
    many.approve(run)
    exchange(many)
    many.age(hours=1)
    _, fresh = many.work()
    assert "A DIFFERENT ONE" in many.run(run.id).reason
    assert ("A DIFFERENT ONE" in fresh.reason, fresh.state) == (True, State.AWAITING_APPROVAL)
