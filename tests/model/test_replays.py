"""When a recorded check may stand for terraform, and what is said where it may not."""

import pytest

from runner.model.warm.probe import ProbeRecord
from runner.model.warm.replay import (
    GIVE_UP,
    PARTS,
    TRY_AGAIN,
    Counts,
    differed,
    held_back,
    moved,
    uneven,
    unreplayed,
)

RECORDED = dict.fromkeys(PARTS, "as it was")


def test_nothing_has_moved_where_each_part_is_as_it_was() -> None:
    assert moved(RECORDED, dict(RECORDED)) == ""


@pytest.mark.parametrize("part", PARTS)
def test_a_part_that_is_another_one_or_missing_is_named(part: str) -> None:
    without = {name: digest for name, digest in RECORDED.items() if name != part}
    assert moved(RECORDED, {**RECORDED, part: "another"}) == PARTS[part]
    assert moved(RECORDED, without) == moved(without, RECORDED) == PARTS[part]


def test_calls_are_all_of_a_plan_where_terraform_read_as_much_as_the_providers_were_asked_for() -> None:
    assert uneven(Counts(3, 1), Counts(3, 1)) == ""


@pytest.mark.parametrize("asked", [Counts(2, 1), Counts(4, 1), Counts(3, 0), Counts(3, 2), Counts(1, 3)])
def test_calls_that_were_not_seen_or_not_reported_are_said_to_be_missing(asked: Counts) -> None:
    expected = f"terraform read 3 objects and 1 data sources, and the providers were asked for {asked.objects} and {asked.data}"
    assert uneven(Counts(3, 1), asked) == expected


def test_after_three_replays_in_vain_one_check_in_ten_tries_again() -> None:
    record, tried = ProbeRecord(), []
    for number in range(1, 31):
        if not held_back(record):
            tried.append(number)
        record = differed(record)
    assert (GIVE_UP, TRY_AGAIN) == (3, 10)
    assert tried == [1, 2, 3, 11, 21]


def test_a_check_that_was_replayed_needs_no_reason() -> None:
    assert unreplayed("") == ""
    assert unreplayed("its state changed") == "not replayed: its state changed"
