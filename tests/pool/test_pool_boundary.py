"""Nothing of a stack that belongs to a pool executes on the server's host, nor in a pool that its plan was not made in."""

from dataclasses import replace

import pytest
from pool_world import Pool

from runner.errors import BelongsToPool, ClaimRefused
from runner.model.execution.job import LockResult
from runner.model.run.life import Kind, State
from runner.model.settings.pools import PoolSettings
from runner.model.stack.match import StackMatch
from runner.model.work.protocol import Wanted
from runner.service.cycle.dispatch import expire
from runner.service.operator import unlock
from runner.service.operator.trial_job import trial_job
from runner.service.queue.assignment import Assignment
from runner.service.work.claim import grant


def change_pools(pool: Pool, *pools: PoolSettings) -> None:
    """The operator reloads another configuration."""
    pool.world.configure(replace(pool.world.settings, pools=pools))


@pytest.mark.parametrize("kind", [Kind.CHANGE, Kind.DRIFT])
def test_a_trial_plan_of_a_stack_of_a_pool_is_refused_on_the_host_of_the_server(
    pool: Pool, kind: Kind
) -> None:
    pool.stack()
    control = pool.world.app.control
    with pytest.raises(BelongsToPool, match='"web" executes in pool eu'):
        trial_job(control, pool.world.look(), kind, instead="")


def test_a_trial_plan_of_a_stack_that_executes_nowhere_is_refused_too(pool: Pool) -> None:
    pool.stack()
    change_pools(pool)
    with pytest.raises(BelongsToPool, match="executes nowhere"):
        trial_job(pool.world.app.control, pool.world.look(), Kind.CHANGE, instead="")


def test_the_lock_of_a_pools_state_is_not_looked_at_with_the_credentials_of_the_server(pool: Pool) -> None:
    pool.stack()
    pool.work()

    def ask(_: Assignment) -> LockResult:
        raise AssertionError("terraform was started")

    with pytest.raises(BelongsToPool) as refused:
        unlock.offer(pool.world.app.control, ask, "web")
    assert "terraform force-unlock" in (refused.value.hint or "")


def test_a_plan_that_was_made_in_another_pool_is_made_again_before_it_is_applied(pool: Pool) -> None:
    pool.stack()
    (planned,) = pool.work()
    pool.world.approve(planned)
    change_pools(pool, PoolSettings("us", ("other",), match=StackMatch()), PoolSettings("eu", ("worker",)))
    expire(pool.world.app.control)
    old, fresh = pool.runs()
    assert old.state is State.SUPERSEDED
    assert "planned in pool eu" in old.reason
    assert fresh.state is State.QUEUED


def test_a_plan_of_the_servers_host_is_made_again_before_a_pool_applies_it(pool: Pool) -> None:
    pool.world.stack("here", body='resource "terraform_data" "one" {{}}\n')
    pool.world.poll()
    (planned,) = pool.world.work()
    pool.world.approve(planned)
    change_pools(pool, PoolSettings("eu", ("worker",), match=StackMatch()))
    pool.pools.offer()
    assert pool.run().state is State.SUPERSEDED
    assert "planned on the host of the daemon" in pool.run().reason


def test_a_worker_of_the_new_pool_gets_no_approved_plan_of_the_old_one(pool: Pool) -> None:
    pool.stack()
    (planned,) = pool.work()
    pool.world.approve(planned)
    us = PoolSettings("us", ("other",), match=StackMatch())
    change_pools(pool, us)
    with pytest.raises(ClaimRefused, match="planned in pool eu"):
        grant(pool.world.app.control, us, 1, Wanted(2, "w-9", "us", "p"), "1")


def test_the_lease_of_one_pool_is_never_given_to_another_pool(pool: Pool) -> None:
    pool.stack()
    pool.offer()
    wanted = Wanted(1, "w-1", "eu", "known")
    control = pool.world.app.control
    grant(control, pool.world.settings.pools[0], 1, wanted, "1")
    with pytest.raises(ClaimRefused):
        grant(control, PoolSettings("us", ("other",)), 1, replace(wanted, pool="us"), "1")
