"""The daemon's times: a clock that jumps by years costs one step, and a stop is obeyed meanwhile."""

import threading
import time
import tracemalloc
from datetime import UTC, datetime, timedelta

import pytest

from runner.daemon.every import Every
from runner.daemon.timetable import new_scheduler, restart_intervals

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
YEARS = timedelta(days=3650)
LONG = 20.0


def test_the_next_time_is_an_interval_after_the_last() -> None:
    assert Every(30).get_next_fire_time(NOW, NOW + timedelta(seconds=1)) == NOW + timedelta(seconds=30)


def test_after_a_jump_by_years_it_goes_on_from_now() -> None:
    assert Every(2).get_next_fire_time(NOW - YEARS, NOW) == NOW + timedelta(seconds=2)


def test_the_jitter_spreads_the_times_around_the_interval() -> None:
    every = Every(30, jitter=3)
    times = {every.get_next_fire_time(NOW, NOW) for _ in range(50)}
    assert len(times) > 40
    assert all(timedelta(seconds=27) <= at - NOW <= timedelta(seconds=33) for at in times)


@pytest.fixture
def ran() -> threading.Event:
    return threading.Event()


def test_years_of_missed_times_fire_once_in_flat_memory_and_stop_works(
    ran: threading.Event,
) -> None:
    scheduler = new_scheduler()
    count = 0

    def work() -> None:
        nonlocal count
        count += 1
        ran.set()

    scheduler.add_job(work, Every(2), id="poll", next_run_time=datetime.now(UTC) - YEARS)
    tracemalloc.start()
    started = time.monotonic()
    scheduler.start()
    try:
        assert ran.wait(LONG)
        assert tracemalloc.get_traced_memory()[1] < 4 << 20
    finally:
        scheduler.shutdown(wait=False)
        tracemalloc.stop()
    assert time.monotonic() - started < LONG
    assert count == 1


def test_after_the_clock_went_back_everything_happens_now(ran: threading.Event) -> None:
    scheduler = new_scheduler()
    scheduler.add_job(ran.set, Every(2), id="poll", next_run_time=datetime.now(UTC) + YEARS)
    scheduler.start()
    try:
        restart_intervals(scheduler)
        assert ran.wait(LONG)
    finally:
        scheduler.shutdown(wait=False)
