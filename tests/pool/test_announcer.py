"""A broker that hangs delays nothing else of the daemon."""

import threading
from collections.abc import Callable
from typing import cast

from runner.daemon.announcer import Announcer
from runner.daemon.pools import Pools


class Hanging:
    def __init__(self) -> None:
        self.asked = threading.Semaphore(0)
        self.goes_on = threading.Event()

    def offer(self) -> None:
        self.asked.release()
        self.goes_on.wait(10)


def attempt(_what: str, work: Callable[[], None]) -> None:
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


def test_without_pools_there_is_no_thread() -> None:
    before = threading.active_count()
    announcer = Announcer(attempt)
    announcer.wake(None)
    assert threading.active_count() == before
    announcer.close()
