"""Whether one more run fits, and how many there may be."""

import pytest
from hypothesis import given
from hypothesis import strategies as some

from runner.model.schedule.load import Share, fits, memory_limit, need, slot_count

MB = 10**6


@pytest.mark.parametrize(
    ("what", "wanted", "executing", "available", "starts"),
    [
        ("one run always may", 700, [], 0, True),
        ("where nothing is known of the memory, slots alone count", 700, [Share(700)], None, True),
        ("there is as much as it needs", 700, [Share(700, 700)], 700, True),
        ("a little too little", 700, [Share(700, 700)], 699, False),
        ("what one has begun with and not taken yet is kept for it", 700, [Share(700, 100)], 1299, False),
        ("and no more than that", 700, [Share(700, 100)], 1300, True),
        ("one that takes more than was known leaves what is left", 700, [Share(700, 900)], 700, True),
        ("each of them counts", 100, [Share(300, 200), Share(300, 0)], 499, False),
        ("each of them counts, and no more", 100, [Share(300, 200), Share(300, 0)], 500, True),
    ],
)
def test_a_run_starts_where_it_fits_beside_the_others(
    what: str, wanted: int, executing: list[Share], available: int | None, *, starts: bool
) -> None:
    assert fits(wanted, executing, available) is starts, what


def test_a_stack_needs_its_peak_and_a_little_more_or_what_a_run_takes() -> None:
    assert need(None, 700 * MB) == 700 * MB
    assert need(100 * MB, 700 * MB) == 110 * MB
    assert need(10 * MB, 700 * MB) == 100 * MB
    assert need(3000 * MB, 700 * MB) == 3300 * MB


@given(
    some.lists(some.integers(1, 5000), min_size=1, max_size=30),
    some.integers(0, 20000),
    some.integers(1, 8),
)
def test_started_runs_never_exceed_the_memory_and_all_get_their_turn(
    peaks: list[int], memory: int, slots: int
) -> None:
    """Runs that grow to their peaks at once, started in order, each as soon as it fits."""
    waiting, executing, done = list(peaks), list[int](), 0
    while waiting or executing:
        available = memory - sum(executing)
        while waiting and len(executing) < slots:
            if not fits(waiting[0], [Share(peak, peak) for peak in executing], available):
                break
            executing.append(waiting.pop(0))
            available = memory - sum(executing)
        assert executing
        assert sum(executing) <= memory or len(executing) == 1
        executing.pop(0)
        done += 1
    assert done == len(peaks)


def test_auto_is_one_run_a_core_and_a_number_is_that_number() -> None:
    assert (slot_count("auto", 4), slot_count(9, 4), slot_count("auto", 0)) == (4, 9, 1)


def test_gos_limit_is_the_slots_share_and_at_least_a_runs_need() -> None:
    assert memory_limit(10_000 * MB, 2, 700 * MB) == 4_000 * MB
    assert memory_limit(1_000 * MB, 2, 700 * MB) == 700 * MB
    assert memory_limit(None, 2, 700 * MB) == 700 * MB
