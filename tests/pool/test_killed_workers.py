"""Processes of a worker die at the worst moments: no apply happens twice, and none is reported as something it was not."""

import os
import subprocess
import sys
from collections.abc import Callable

import pytest
from applied_once import LONG, applied, approved, killed, stack
from pool_world import Pool

from runner.errors import DatabaseBusy, DriftlineError, PoolRefused, ServerUnreachable
from runner.model.run.life import State
from runner.pool.client import WorkClient
from runner.service.work.silent import expire_leases


def test_a_plan_whose_process_dies_is_made_again_by_another_worker(pool: Pool) -> None:
    stack(pool)
    ((_, attempt),) = pool.offer()
    killed(pool, attempt, "plan.before_artifact")
    assert pool.worker().finish_left() == [1]
    assert pool.worker().finish_left() == []
    pool.pass_time(**LONG)
    expire_leases(pool.world.app.control)
    (run,) = pool.work(pool.worker("w-2"))
    assert run.state is State.AWAITING_APPROVAL, run.reason


def test_an_apply_goes_on_without_the_process_that_began_it_and_is_reported_by_the_next(pool: Pool) -> None:
    attempt = approved(pool)
    killed(pool, attempt, "spawn.after_fork")
    assert pool.run().state is State.APPLYING
    pool.pass_time(hours=1)
    expire_leases(pool.world.app.control)
    assert pool.run().state is State.APPLYING
    assert pool.worker().finish_left() == [1]
    assert pool.run().state is State.APPLIED, pool.run().reason
    assert applied(pool) == 1


def test_an_apply_that_passed_the_gate_and_never_began_waits_to_be_applied(pool: Pool) -> None:
    attempt = approved(pool)
    killed(pool, attempt, "spawn.before_fork")
    pool.worker().finish_left()
    assert pool.run().state is State.APPROVED, pool.run().reason
    assert applied(pool) == 0
    pool.pass_time(minutes=10)  # it is not tried again at once
    (run,) = pool.work()
    assert run.state is State.APPLIED, run.reason
    assert applied(pool) == 1


def test_an_apply_whose_shim_dies_is_interrupted_and_not_repeated(pool: Pool) -> None:
    attempt = approved(pool)
    env = {**os.environ, "DRIFTLINE_FAILPOINTS": "shim.after_receipt=kill"}
    argv = [sys.executable, "-m", "runner.cli", "--config", str(pool.worker().config())]
    told = f"1 {attempt}\n".encode()
    subprocess.run([*argv, "worker", "--standby"], env=env, check=True, capture_output=True, input=told)
    pool.worker().finish_left()
    assert pool.run().state is State.INTERRUPTED, pool.run().reason
    assert pool.offer() == []
    assert applied(pool) == 0


CUT = ServerUnreachable(url="there", reason="the line is cut")


@pytest.mark.parametrize(
    ("call", "error"),
    [
        ("result", CUT),
        ("append_log", CUT),
        ("result", DatabaseBusy(path="there", seconds=5)),
        ("result", PoolRefused(token="worker")),
    ],
    ids=["result", "log", "busy", "refused"],
)
def test_a_result_that_can_not_be_delivered_is_kept_and_delivered_later(
    pool: Pool, monkeypatch: pytest.MonkeyPatch, call: str, error: DriftlineError
) -> None:
    attempt = approved(pool)

    def away(*_: object) -> None:
        raise error

    monkeypatch.setattr("runner.pool.execute.DELIVER_SECONDS", 0.0)
    monkeypatch.setattr("runner.pool.line.PIECE", 64)  # more of the log than goes with the result
    with monkeypatch.context() as cut:
        cut.setattr(WorkClient, call, away)
        pool.worker().take(1, attempt)
    assert pool.run().state is State.APPLYING
    assert pool.worker().finish_left() == [1]
    assert pool.run().state is State.APPLIED
    assert "Apply complete" in pool.world.app.workspaces.log(1).read_text()
    assert applied(pool) == 1


def test_what_fails_after_an_apply_does_not_make_it_one_that_never_started(
    pool: Pool, monkeypatch: pytest.MonkeyPatch
) -> None:
    attempt = approved(pool)

    def refused(*_: object) -> None:
        raise PoolRefused(token="worker")

    with monkeypatch.context() as failing:
        failing.setattr("runner.service.execution.apply.keep_objects", refused)
        pool.worker().take(1, attempt)
    assert pool.run().state is State.APPLYING
    pool.worker().finish_left()
    assert (pool.run().state, applied(pool)) == (State.APPLIED, 1)


def test_a_worker_that_is_cut_off_at_the_gate_begins_nothing(
    pool: Pool, monkeypatch: pytest.MonkeyPatch
) -> None:
    attempt = approved(pool)
    answer: Callable[..., object] = WorkClient.gate

    def lost(client: WorkClient, *told: object) -> None:
        """The server records that the apply begins, and the worker never hears of it."""
        answer(client, *told)
        raise ServerUnreachable(url="there", reason="the line is cut")

    with monkeypatch.context() as cut:
        cut.setattr(WorkClient, "gate", lost)
        pool.worker().take(1, attempt)
    pool.worker().finish_left()
    assert applied(pool) == 0
    assert pool.run().state is State.APPROVED, pool.run().reason
