"""How long many checks take yet."""

from datetime import timedelta

import pytest

from runner.model.schedule.sweep import Sweep, remaining
from runner.view.load import sweep_view


@pytest.mark.parametrize(
    ("what", "sweep", "slots", "seconds"),
    [
        ("nothing is known before the first has ended", Sweep(10), 2, None),
        ("all are done", Sweep(10, done=10, seconds=4), 2, 0),
        ("in one slot each takes its time", Sweep(10, done=5, seconds=4), 1, 20),
        ("two slots take half as long", Sweep(10, done=5, seconds=4), 2, 10),
        ("the last one cannot be split", Sweep(10, done=9, seconds=4), 8, 4),
        ("what runs has done a part", Sweep(10, done=9, seconds=4, running=(3,)), 2, 1),
        ("what runs for too long is about to end", Sweep(10, done=9, seconds=4, running=(9,)), 2, 0),
        ("what runs and what waits", Sweep(10, done=4, seconds=4, running=(2, 4)), 2, 9),
        ("never before the one that has just begun", Sweep(10, done=8, seconds=4, running=(0, 4)), 2, 4),
    ],
)
def test_what_is_left_is_reckoned_from_those_that_ended(
    what: str, sweep: Sweep, slots: int, seconds: float | None
) -> None:
    wanted = None if seconds is None else timedelta(seconds=seconds)
    assert remaining(sweep, slots) == wanted, what


@pytest.mark.parametrize(
    ("sweep", "shown"),
    [
        (Sweep(50), "0 of 50 checked, 0 drifted, 0 errors"),
        (
            Sweep(50, done=12, drifted=2, errors=1, seconds=10),
            "12 of 50 checked, 2 drifted, 1 errors, about 3 m left",
        ),
        (Sweep(3, done=1, seconds=1), "1 of 3 checked, 0 drifted, 0 errors, about 1 s left"),
        (Sweep(4000, done=1, seconds=10), "1 of 4000 checked, 0 drifted, 0 errors, about 5.6 h left"),
    ],
)
def test_it_is_summarized_in_one_line(sweep: Sweep, shown: str) -> None:
    assert sweep_view(sweep, 2).sentence == shown
