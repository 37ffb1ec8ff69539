"""A broker that hangs delays nothing else of the daemon."""

import os
import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import cast

import pytest
from pool_world import Pool

from runner.daemon.announcer import Announcer, rest
from runner.daemon.pools import Pools
from runner.datadir.broker_problem import BrokerProblems
from runner.errors import BrokerUnreachable
from runner.model.run.life import Event
from runner.model.run.unclaimed import Unclaimed
from runner.model.schedule.queue import Queue


class Hanging:
    def __init__(self) -> None:
        self.asked = threading.Semaphore(0)
        self.goes_on = threading.Event()

    def offer(self) -> None:
        self.asked.release()
        self.goes_on.wait(10)


def attempt(_what: str, work: Callable[[], object]) -> None:
    work()


def test_whoever_wakes_it_does_not_wait_for_the_broker() -> None:
    broker = Hanging()
    announcer = Announcer(attempt)
    announcer.wake(cast("Pools", broker))
    assert broker.asked.acquire(timeout=10)
    announcer.wake(cast("Pools", broker))  # while it hangs
    assert not broker.asked.acquire(blocking=False)
    broker.goes_on.set()
    assert broker.asked.acquire(timeout=10)
    announcer.close()


@pytest.mark.parametrize(("took", "pause"), [(0.005, 0.01), (0.6, 1.2), (30.0, 2.0)])
def test_after_a_turn_it_pauses_for_twice_as_long_but_for_two_seconds_at_the_most(
    took: float, pause: float
) -> None:
    assert rest(took) == pytest.approx(pause)


def test_without_pools_there_is_no_thread() -> None:
    before = threading.active_count()
    announcer = Announcer(attempt)
    announcer.wake(None)
    assert threading.active_count() == before
    announcer.close()


class Broker:
    """Satisfies `ports.Broker`."""

    away = True

    def announce(self, *_: object) -> None:
        if self.away:
            raise BrokerUnreachable(problem="it is away")


def test_a_broker_that_is_away_is_noted_for_other_processes_until_an_announcement_succeeds(
    pool: Pool,
) -> None:
    pool.stack()
    problems = BrokerProblems(pool.world.app.settings.data_dir)
    broker = Broker()
    pools = replace(pool.pools, broker=broker)
    pool.offer()
    pool.pass_time(seconds=61)
    pools.offer()
    noted = problems.of(os.getpid())
    assert noted is not None
    assert "it is away" in noted.text
    broker.away = False
    pools.offer()
    assert problems.of(os.getpid()) is None


def test_a_run_that_is_canceled_while_the_queue_is_put_in_order_is_not_announced(
    pool: Pool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody waits for the order of a long queue, so that others write meanwhile."""
    pool.stack()
    pool.stack("other")
    order = Queue.in_turn

    def canceled_meanwhile(queue: Queue, now: datetime) -> list[Unclaimed]:
        first, *_ = order(queue, now)
        with pool.world.app.store.writing() as writer:
            writer.transition(writer.run(first.id), Event.CANCEL, by="ana")
        return order(queue, now)

    monkeypatch.setattr(Queue, "in_turn", canceled_meanwhile)
    assert pool.offer() == [(2, 1)]
