"""`driftline daemon --once` beside `driftline web`: a pass announces what workers execute until the next one."""

from dataclasses import replace

from applied_once import LONG
from pool_world import Pool

from runner.daemon.one_pass import run_once
from runner.model.run.life import State
from runner.model.work.protocol import Wanted
from runner.pool.client import WorkClient


def one_pass(pool: Pool) -> list[str]:
    """What it says."""
    said: list[str] = []
    parts = replace(pool.world.app.parts, pools=pool.pools)
    run_once(parts, said.append, lambda *_: "")
    return said


def commit(pool: Pool) -> None:
    """A pass polls by itself."""
    pool.world.stack(
        rules="pool: eu\napply: {mode: automatic}\n", body='resource "terraform_data" "one" {{}}\n'
    )


def test_a_pass_announces_what_is_due_and_a_worker_executes_it(pool: Pool) -> None:
    commit(pool)
    assert "run-1: announced to pool eu" in one_pass(pool)
    ((run, attempt),) = pool.broker.told
    pool.worker().take(run, attempt)
    one_pass(pool)
    *_, (run, attempt) = pool.broker.told
    pool.worker().take(run, attempt)
    assert pool.run().state is State.APPLIED, pool.run().reason


def test_a_pass_takes_runs_back_from_workers_that_are_silent(pool: Pool) -> None:
    commit(pool)
    one_pass(pool)
    with WorkClient.of(pool.worker().settings) as client:
        client.claim(1, Wanted(1, "w-1", "eu", "lost"))
    pool.pass_time(**LONG)
    one_pass(pool)
    assert pool.broker.told == [(1, 1), (1, 2)]


def test_a_pass_says_that_the_broker_is_away_and_the_next_one_announces(pool: Pool) -> None:
    commit(pool)
    pool.broker.away = True
    assert any("it is away" in line for line in one_pass(pool))
    pool.broker.away = False
    assert "run-1: announced to pool eu" in one_pass(pool)
