"""Polls that webhooks ask for: none is missed, and none more than they are worth."""

from collections.abc import Callable
from pathlib import Path

import pytest
from cli_world import World

from runner.daemon.wakes import PAUSE_SECONDS, Wakes


class Threads:
    """What was started waits until the test lets it run."""

    def __init__(self) -> None:
        self.started: list[Callable[[], None]] = []
        self.polled: list[str] = []
        self.now = 100.0

    def run(self) -> None:
        while self.started:
            self.started.pop()()


@pytest.fixture
def threads() -> Threads:
    return Threads()


@pytest.fixture
def wakes(tmp_path: Path, threads: Threads) -> Wakes:
    store = World(tmp_path).app.store
    return Wakes(store, threads.polled.append, threads.started.append, lambda: threads.now)


def wake(wakes: Wakes, source: str = "infra") -> None:
    with wakes.store.writing() as writer:
        writer.wake(source)
    wakes.look()
    wakes.begin_due()


def test_a_source_is_polled_at_once(wakes: Wakes, threads: Threads) -> None:
    wake(wakes)
    threads.run()
    wakes.begin_due()
    assert threads.polled == ["infra"]


def test_what_comes_while_a_source_is_polled_has_it_polled_again(wakes: Wakes, threads: Threads) -> None:
    wake(wakes)
    wake(wakes)
    assert len(threads.started) == 1
    threads.run()
    threads.now += PAUSE_SECONDS
    wakes.begin_due()
    threads.run()
    assert threads.polled == ["infra", "infra"]


def test_many_webhooks_are_one_poll_in_a_while(wakes: Wakes, threads: Threads) -> None:
    for _ in range(50):
        wake(wakes)
        threads.run()
        threads.now += PAUSE_SECONDS / 10
    assert len(threads.polled) == 5


def test_sources_do_not_wait_for_each_other(wakes: Wakes, threads: Threads) -> None:
    wake(wakes)
    wake(wakes, "other")
    threads.run()
    assert sorted(threads.polled) == ["infra", "other"]


def test_a_poll_that_breaks_is_not_the_last(wakes: Wakes, threads: Threads) -> None:
    def broken(_source: str) -> None:
        raise RuntimeError

    wakes.poll = broken
    wake(wakes)
    with pytest.raises(RuntimeError):
        threads.run()
    wakes.poll = threads.polled.append
    threads.now += PAUSE_SECONDS
    wake(wakes)
    threads.run()
    assert threads.polled == ["infra"]
