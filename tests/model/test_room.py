"""Whether there is room on the disk for new work."""

import pytest

from runner.model.schedule.disk_room import format_size, shortage


@pytest.mark.parametrize(
    ("free", "sentence"),
    [
        (None, None),
        (512_000_000, None),
        (511_999_999, "only 512MB free in /d; new runs start when there are 512MB again"),
        (1_500, "only 1.5KB free in /d; new runs start when there are 512MB again"),
    ],
)
def test_new_work_waits_for_room(free: int | None, sentence: str | None) -> None:
    assert shortage(free, "512MB", "/d") == sentence


def test_no_limit_is_never_short() -> None:
    assert shortage(0, "0B", "/d") is None


@pytest.mark.parametrize(
    ("size", "text"),
    [(0, "0B"), (999, "999B"), (2_000, "2.0KB"), (12_345_678, "12MB"), (3 * 10**15, "3000TB")],
)
def test_a_size_is_formatted_with_two_digits(size: int, text: str) -> None:
    assert format_size(size) == text
