"""Clocks of hosts differ by ten minutes, and the server's is moved: plans are dated, and silence is measured, by the server."""

from datetime import UTC, datetime, timedelta

import pytest
from pool_world import Pool

from runner.model.run.life import State
from runner.model.work.hearing import Hearing
from runner.model.work.protocol import Wanted
from runner.pool.client import WorkClient

NOW = datetime(2026, 1, 1, 12, tzinfo=UTC)
SKEW = timedelta(minutes=10)


@pytest.mark.parametrize("skew", [-SKEW, SKEW], ids=["behind", "ahead"])
def test_a_plan_is_dated_by_the_clock_of_the_server(pool: Pool, skew: timedelta) -> None:
    pool.stack()
    worker = pool.worker()
    worker.clock.shift = skew
    before = pool.world.clock.now()
    (run,) = pool.work(worker)
    assert run.planned_at is not None
    assert before <= run.planned_at <= pool.world.clock.now()


@pytest.mark.parametrize("skew", [-SKEW, SKEW], ids=["behind", "ahead"])
@pytest.mark.parametrize(("minutes", "again"), [(1, 0), (6, 1)])
def test_a_plan_of_one_host_is_fresh_on_another_for_as_long_as_the_server_says(
    pool: Pool, skew: timedelta, minutes: int, again: int
) -> None:
    pool.stack()  # its plans are fresh for five minutes
    (planned,) = pool.work()
    pool.pass_time(minutes=minutes)
    pool.world.approve(planned)
    worker = pool.worker("w-2")
    worker.clock.shift = skew
    ((_, attempt),) = pool.offer()
    worker.take(planned.id, attempt)
    assert pool.run().state is State.APPLIED, pool.run().reason
    assert pool.world.app.workspaces.log(planned.id).read_text().count("== terraform plan") == 1 + again


def test_workers_are_heard_from_the_return_of_the_server_on() -> None:
    assert Hearing.begun(NOW, 100.0, [NOW - SKEW]).since == NOW


def test_a_daemon_that_restarts_again_and_again_grants_no_silence() -> None:
    """Somebody was heard a moment ago, so that whoever was not is silent."""
    assert Hearing.begun(NOW, 100.0, [NOW - SKEW, NOW - timedelta(seconds=10)]).since is None


def test_a_clock_that_goes_on_changes_nothing() -> None:
    hearing = Hearing.begun(NOW, 100.0, [])
    for second in range(1, 100):
        hearing = hearing.looked(NOW + timedelta(seconds=second), 100.0 + second)
    assert hearing.since == NOW


@pytest.mark.parametrize("jump", [SKEW, -SKEW], ids=["forward", "back"])
def test_a_clock_that_is_set_lets_workers_be_heard_anew(jump: timedelta) -> None:
    then = NOW + timedelta(seconds=1) + jump
    assert Hearing.begun(NOW, 100.0, []).looked(then, 101.0).since == then


def hearing(web: int | None, *silent: float, before: int | None = 7) -> Hearing:
    """After a look at which `before` listened, when workers were heard so many seconds ago."""
    heard = [NOW - timedelta(seconds=one) for one in silent]
    return Hearing(None, NOW, 100.0, before).listened(web, heard)


def test_nobody_is_silent_while_no_process_listens() -> None:
    assert hearing(None, 20, 50) == Hearing(NOW, NOW, 100.0, None)


def test_workers_are_heard_from_the_return_of_the_process_that_listens_on() -> None:
    assert hearing(8, 20, 50) == hearing(8, 20, 50, before=None) == Hearing(NOW, NOW, 100.0, 8)


@pytest.mark.parametrize("web", [None, 7, 8], ids=["none", "the same", "another"])
def test_a_process_that_listens_again_and_again_grants_no_silence(web: int | None) -> None:
    """Somebody was heard a moment ago, so that whoever was not is silent."""
    assert hearing(web, 5, 50).since is None


def test_a_process_that_listens_all_the_time_grants_none_either() -> None:
    assert hearing(7, 20, 50).since is None


def test_a_run_stays_with_its_worker_while_the_process_that_listens_is_away(pool: Pool) -> None:
    pool.stack()
    pool.offer()
    ticks, web = 0.0, [7, None, None, None, None, 8, 8]
    with WorkClient.of(pool.worker().settings) as client:
        fence = client.claim(1, Wanted(1, "w-1", "eu", "p")).fence
        pools = pool.pools
        pools.ticks, pools.web = lambda: ticks, lambda: web.pop(0)
        while len(web) > 1:  # the daemon looks every 20 seconds
            assert not pools.look()
            pool.pass_time(seconds=20)
            ticks += 20
        assert pool.run().state is State.PLANNING
        client.beat(1, fence)
        assert not pools.look()
    web.append(8)
    pool.pass_time(seconds=46)
    ticks += 46
    assert pools.look()
    assert pool.run().state is State.QUEUED


def test_a_server_that_was_away_takes_no_run_from_workers_that_could_not_reach_it(pool: Pool) -> None:
    pool.stack()
    pool.offer()
    ticks = 0.0
    with WorkClient.of(pool.worker().settings) as client:
        client.claim(1, Wanted(1, "w-1", "eu", "p"))
    pool.pass_time(minutes=2)  # without daemon and web server
    pools = pool.pools
    pools.ticks = lambda: ticks
    assert not pools.look()
    assert pool.run().state is State.PLANNING
    pool.pass_time(seconds=44)
    ticks += 44
    assert not pools.look()
    pool.pass_time(seconds=2)
    ticks += 2
    assert pools.look()
    assert pool.run().state is State.QUEUED
