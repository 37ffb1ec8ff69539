"""Write-only arguments in a plan's JSON, which has null for each, whatever the code sets."""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from runner.model.changes.mask import unknown_of


def unkept(
    expressions: Mapping[str, Any], sides: Sequence[Any], unknown: Any, path: str = ""
) -> Iterator[tuple[str, Any]]:
    """Arguments that refer to something and that the plan does not store, including those in nested blocks."""
    for name, expression in sorted(expressions.items()):
        values = [side.get(name) for side in sides if isinstance(side, dict)]
        part = unknown_of(unknown, name)
        place = f"{path}.{name}".lstrip(".")
        match expression:
            case {"references": list()}:
                if part is not True and values and any(value is None for value in values):
                    yield place, expression
            case {"constant_value": _}:
                continue
            case dict() if expression:
                yield from unkept(expression, values, part, place)
            case list():
                inner = [each for value in values if isinstance(value, list) for each in value]
                for each in expression:
                    if isinstance(each, dict):
                        yield from unkept(each, inner, None, place)


def is_unkept(value: Any, path: Sequence[str]) -> bool:
    """Whether the plan has no value there, in at least one of the blocks."""
    if isinstance(value, list):
        return any(is_unkept(one, path) for one in value)
    if value is None or not path:
        return value is None
    return not isinstance(value, dict) or is_unkept(value.get(path[0]), path[1:])


def holding_nothing(after: Any) -> set[str]:
    """Attributes that look like blocks with something unset."""
    values = after if isinstance(after, dict) else {}
    blocks = {name: value for name, value in values.items() if isinstance(value, list | dict)}
    return {name for name, value in blocks.items() if _holds_null(value)}


def _holds_null(value: Any) -> bool:
    if isinstance(value, dict | list):
        return any(map(_holds_null, value.values() if isinstance(value, dict) else value))
    return value is None


def sets_to_null(values: Any, code: str, *, read: bool) -> bool:
    """Whether an action's code may set what is null in the plan, as it is for ephemeral values."""
    unset = set(_null_names(values))
    return any(not read or re.search(rf"\b{re.escape(name)}\s*=(?!=)", code) for name in unset)


def _null_names(value: Any, name: str = "") -> Iterator[str]:
    if value is None:
        yield name
    for key, part in value.items() if isinstance(value, dict) else ():
        yield from _null_names(part, key)
    for part in value if isinstance(value, list) else ():
        yield from _null_names(part, name)
