"""A token that ends, or goes to another pool, while its worker applies: the result waits for another token."""

from dataclasses import replace

import pytest
from applied_once import applied, approved, killed, until
from pool_world import Pool, Worker

from runner.errors import LeasedToAnother
from runner.model.access.token import Token, digest_of
from runner.model.execution.job import ApplyOutcome, ApplyResult
from runner.model.run.life import State
from runner.model.work.protocol import Ended
from runner.service.work.attend import end
from runner.service.work.silent import expire_leases

ANOTHER = "drift_" + "z" * 43


def revoke(pool: Pool) -> None:
    with pool.world.app.store.writing() as writer:
        writer.revoke_token("worker", by="ana")


def give(pool: Pool) -> Worker:
    """The worker with a new token of the same name."""
    with pool.world.app.store.writing() as writer:
        writer.add_token(Token("worker", digest_of(ANOTHER), pool.world.clock.now(), "ana"))
    return pool.worker(token=ANOTHER)


def test_a_result_waits_for_a_token_that_counts(pool: Pool) -> None:
    attempt = approved(pool)
    killed(pool, attempt, "spawn.after_fork")
    until(lambda: applied(pool) == 1, "it is not applied")
    revoke(pool)
    assert pool.worker().finish_left() == [1]
    assert pool.worker().finish_left() == [1]  # it is not forgotten
    assert pool.run().state is State.APPLYING
    assert give(pool).finish_left() == [1]
    assert pool.run().state is State.APPLIED, pool.run().reason


def test_a_plan_whose_token_is_revoked_is_made_by_whoever_has_another_one(
    pool: Pool, monkeypatch: pytest.MonkeyPatch
) -> None:
    pool.stack()
    ((number, attempt),) = pool.offer()
    monkeypatch.setattr("runner.pool.execute.DELIVER_SECONDS", 0.0)
    with monkeypatch.context() as ended:
        ended.setattr("runner.pool.execute.bring_revisions", lambda *_: revoke(pool))
        pool.worker().take(number, attempt)
    assert pool.run().state is State.PLANNING
    pool.pass_time(seconds=46)
    expire_leases(pool.world.app.control)
    other = give(pool)
    (run,) = pool.work(replace(other, host="another"))
    assert run.state is State.AWAITING_APPROVAL, run.reason
    other.finish_left()  # what the first one kept counts no more
    assert pool.run().state is State.AWAITING_APPROVAL


def test_a_token_of_another_pool_ends_no_lease(pool: Pool) -> None:
    attempt = approved(pool)
    killed(pool, attempt, "spawn.after_fork")
    control = pool.world.app.control
    with control.store.reading() as reader:
        (lease,) = reader.leases()
    with pytest.raises(LeasedToAnother, match="belongs to pool eu"):
        end(control, "us", 1, Ended(lease.fence, ApplyResult(ApplyOutcome.APPLIED)))
    assert pool.run().state is State.APPLYING
