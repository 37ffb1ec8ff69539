"""What counts as a difference between two plans."""

from typing import Any

import pytest
from plan_difference import difference


def plan(**fields: Any) -> dict[str, Any]:
    return {
        "format_version": "1.2",
        "timestamp": "2026-01-02T03:04:05Z",
        "resource_changes": [{"address": "aws_vpc.main", "change": {"actions": ["no-op"]}}],
        "relevant_attributes": [{"resource": "aws_vpc.main"}, {"resource": "aws_eip.gate"}],
        **fields,
    }


def test_a_difference_names_its_place_and_both_values() -> None:
    changes = [{"address": "aws_vpc.main", "change": {"actions": ["update"]}}]
    [line] = difference(plan(), plan(resource_changes=changes))
    assert line == "resource_changes[aws_vpc.main].change.actions[0]: 'no-op' / 'update'"


@pytest.mark.parametrize(
    ("one", "other"), [(1, True), (0, None), (1, 1.0), ("1", 1), ([], {}), ([1, 2], [2, 1]), ([None], [])]
)
def test_values_that_python_or_a_reader_takes_for_equal_are_different(one: Any, other: Any) -> None:
    assert difference(plan(variables=one), plan(variables=other))


def test_a_key_that_is_there_with_null_is_not_an_absent_one() -> None:
    assert difference(plan(checks=None), plan())
    assert difference(plan(checks="(absent)"), plan())


def test_of_many_differences_the_first_are_listed() -> None:
    numbers = list(range(100))
    assert len(difference(plan(variables=numbers), plan(variables=[-1] * 100))) == 21
