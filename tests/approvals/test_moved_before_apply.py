"""What moved since the approval supersedes the run with its reason, all the way through an apply."""

import pytest
from test_guard_rails_answered import MANY, exchange, looked_at
from test_what_was_approved import swap_binary, wrapped  # noqa: F401 - a fixture
from world import World

from runner.model.run.life import State


@pytest.mark.parametrize("hours", [0, 1])
def test_an_exchanged_binary_sends_the_run_back_to_a_person(wrapped: World, hours: int) -> None:  # noqa: F811
    wrapped.poll()
    (run,) = wrapped.work()
    wrapped.approve(run)
    swap_binary(wrapped)
    wrapped.age(hours=hours)
    _, fresh = wrapped.work()
    old = wrapped.run(run.id)
    assert (old.state, old.superseded_by) == (State.SUPERSEDED, fresh.id)
    assert "the engine's binary" in old.reason
    wrapped.approve(fresh)
    assert [done.state for done in wrapped.work()] == [State.APPLIED]


def test_an_old_plan_is_not_made_again_on_another_state(plain: World) -> None:
    plain.applied(body=MANY)
    looked_at(plain)
    (run,) = plain.push(value="two", body=MANY)
    plain.approve(run)
    exchange(plain)
    plain.age(hours=1)
    _, fresh = plain.work()
    assert "A DIFFERENT ONE" in plain.run(run.id).reason
    assert ("A DIFFERENT ONE" in fresh.reason, fresh.state) == (True, State.AWAITING_APPROVAL)
