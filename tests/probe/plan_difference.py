"""Where two plans say something different, to be read by a person: their forms tell no values."""

from collections.abc import Iterator, Mapping
from typing import Any

from runner.model.plan.form import TIMES, ordered

MAX_DIFFERENCES = 20  # differences listed
LONGEST = 120  # characters of a value


class Absent:
    def __repr__(self) -> str:
        return "(absent)"


ABSENT = Absent()  # equal to no value of a document


def difference(one: Mapping[str, Any], other: Mapping[str, Any]) -> list[str]:
    """The places, but for the time and the order that terraform itself leaves open: `resource_changes[aws_vpc.main].change.actions: ...`."""
    lines = list(differing("", settled(one), settled(other)))
    return (
        [*lines[:MAX_DIFFERENCES], f"... and {len(lines) - MAX_DIFFERENCES} more"]
        if len(lines) > MAX_DIFFERENCES
        else lines
    )


def settled(document: Mapping[str, Any]) -> dict[str, Any]:
    """Without the times, and with the open orders made one."""
    return {key: ordered(key, value) for key, value in document.items() if key not in TIMES}


def differing(place: str, one: Any, other: Any) -> Iterator[str]:
    # Not by ==: to Python True is 1, and 1 is 1.0.
    if type(one) is not type(other):
        yield f"{place}: {short(one)} / {short(other)}"
    elif isinstance(one, dict):
        for key in sorted(one.keys() | other.keys()):
            yield from differing(f"{place}.{key}".lstrip("."), one.get(key, ABSENT), other.get(key, ABSENT))
    elif isinstance(one, list):
        for index in range(max(len(one), len(other))):
            first, second = (items[index] if index < len(items) else ABSENT for items in (one, other))
            yield from differing(f"{place}[{name_of(first, index)}]", first, second)
    elif one != other:
        yield f"{place}: {short(one)} / {short(other)}"


def name_of(item: Any, index: int) -> str:
    return str(item.get("address", index)) if isinstance(item, dict) else str(index)


def short(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}…"
