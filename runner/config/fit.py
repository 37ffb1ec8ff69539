"""Plain data that has the shape -> its frozen value, without the validator that can also say what is wrong.

Every command reads the configuration, which is sound nearly always: to import pydantic's core and to build its validator
takes longer than everything else that is done with the file. Whatever is not plainly right is `Unfit` and goes there.
"""

import math
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from runner.config.shape import Kind, Shape
from runner.model.values.span import Seconds


class Unfit(Exception):
    """The validator has to decide"""


def fit(shape: Shape, data: Any) -> Any:
    """What the validator would make of the data."""
    if data is None and shape.optional:
        return None
    if shape.or_text and type(data) is str:
        return _text(shape, data)
    if shape.choices and shape.kind is not Kind.CHOICE and data in _alike(shape, data):
        return data
    return _FITS[shape.kind](shape, data)


def _exactly(kind: type, data: Any) -> Any:
    """`True` is no number."""
    if type(data) is not kind:
        raise Unfit
    return data


def _text(_: Shape, data: Any) -> str:
    text: str = _exactly(str, data)
    try:
        text.encode()
    except UnicodeEncodeError:  # a lone surrogate, as of an environment variable that is no UTF-8
        raise Unfit from None
    return text


def _path(shape: Shape, data: Any) -> Path:
    if not (text := _text(shape, data)):
        raise Unfit
    return Path(text)


def _decimal(_: Shape, data: Any) -> float:
    number: float = _exactly(float, data)
    if not math.isfinite(number):
        raise Unfit
    return number


def _span(shape: Shape, data: Any) -> Seconds | None:
    if shape.optional and data == "none":
        return None
    try:
        return Seconds.parse(data)
    except ValueError:
        raise Unfit from None


def _choice(shape: Shape, data: Any) -> Any:
    if data not in _alike(shape, data):
        raise Unfit
    return data


def _alike(shape: Shape, data: Any) -> tuple[str | int, ...]:
    """The choices of the same type: `True` equals 1."""
    return tuple(choice for choice in shape.choices if type(choice) is type(data))


def _list(shape: Shape, data: Any) -> tuple[Any, ...]:
    items: list[Any] = _exactly(list, data)
    return tuple(fit(shape.item, item) for item in items) if shape.item else tuple(items)


def _table(shape: Shape, data: Any) -> dict[str, Any]:
    table: dict[Any, Any] = _exactly(dict, data)
    return {
        _text(shape, key): fit(shape.item, value) if shape.item else value for key, value in table.items()
    }


def _record(shape: Shape, data: Any) -> Any:
    given: dict[Any, Any] = _exactly(dict, data)
    if shape.record is None or not given.keys() <= shape.keys.keys():
        raise Unfit
    values = {}
    for word, key in shape.keys.items():
        if word in given:
            values[key.attribute] = fit(key.shape, given[word])
        elif key.required:
            raise Unfit
        else:
            values[key.attribute] = {} if key.shape.kind is Kind.TABLE else key.default
    return shape.record(**values)


_FITS: Mapping[Kind, Callable[[Shape, Any], Any]] = {
    Kind.TEXT: _text,
    Kind.PATH: _path,
    Kind.NUMBER: lambda _, data: _exactly(int, data),
    Kind.DECIMAL: _decimal,
    Kind.SWITCH: lambda _, data: _exactly(bool, data),
    Kind.SPAN: _span,
    Kind.CHOICE: _choice,
    Kind.ANYTHING: lambda _, data: data,
    Kind.LIST: _list,
    Kind.TABLE: _table,
    Kind.RECORD: _record,
}
