"""A sound configuration is read without pydantic's validator, exactly as that one reads it."""

from contextlib import suppress
from dataclasses import field
from pathlib import Path
from typing import Any, Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runner.config.check import build
from runner.config.document import read_quickly
from runner.config.example import example
from runner.config.fit import Unfit, fit
from runner.config.server_file import load
from runner.config.shape import Kind, Shape, shape_of
from runner.config.walk import Odd
from runner.errors import BadConfig
from runner.model.settings.server import Settings
from runner.model.stack.definition import StackDefinition
from runner.model.values.frozen import dataclass
from runner.model.values.span import Seconds

CORPUS = sorted((Path(__file__).parent / "corpus").glob("server-*.yaml"))
ODD: list[Any] = (
    [None, True, False, 0, 1, -1, 10**30, 1.0, 2.5, float("inf"), float("nan"), "", "none", "auto", "\udc80", "5m", "x", [], ["x"], {}, {"x": 1}, {"x": "x"}, {1: "x"}, {"\udc80": "x"}, {"name": "x"}, {"name": None}]
)  # fmt: skip
FITTING: dict[Kind, st.SearchStrategy[Any]] = {
    Kind.TEXT: st.sampled_from(["", "x", "häuser", "none"]),
    Kind.PATH: st.sampled_from(["/a/b", "a", "~/x", "./a/../b"]),
    Kind.NUMBER: st.integers(),
    Kind.DECIMAL: st.floats(allow_nan=False, allow_infinity=False) | st.integers(),
    Kind.SWITCH: st.booleans(),
    Kind.SPAN: st.sampled_from(["5m", "1h30m", "90", 90, "1.5h"]),
    Kind.ANYTHING: st.sampled_from(ODD),
}


@dataclass(frozen=True)
class Named:
    name: str = ""


@dataclass(frozen=True)
class Whole:
    """A key of each kind."""

    text: str = ""
    text_or_nothing: str | None = None
    path: Path = Path()
    number: int = 0
    number_or_word: int | Literal["auto"] = 0
    decimal: float = 0.0
    switch: bool = False
    span: Seconds = Seconds(1)
    span_or_none: Seconds | None = None
    span_or_word: Seconds | Literal["auto"] = "auto"
    word: Literal["x", "none"] = "x"
    version: Literal[1, 2] = 1
    anything: Any = None
    items: tuple[str, ...] = ()
    items_or_text: str | tuple[str, ...] = ()
    table: dict[str, str] = field(default_factory=dict)
    record: Named = Named()
    record_or_text: str | Named = ""


def data_of(shape: Shape) -> st.SearchStrategy[Any]:
    """Mostly what fits, down to the last key, and something else now and then."""
    return st.one_of(*[_right(shape)] * 15, st.sampled_from(ODD))


def _right(shape: Shape) -> st.SearchStrategy[Any]:
    ways: list[st.SearchStrategy[Any]] = [st.sampled_from(shape.choices)] if shape.choices else []
    if shape.or_text:
        ways.append(FITTING[Kind.TEXT])
    match shape.kind:
        case Kind.RECORD:
            keys = {word: deferred(key.shape) for word, key in shape.keys.items()}
            required = {word: keys.pop(word) for word, key in shape.keys.items() if key.required}
            ways.append(st.fixed_dictionaries(required, optional=keys))
        case Kind.LIST:
            assert shape.item is not None
            ways.append(st.lists(data_of(shape.item), max_size=2))
        case Kind.TABLE:
            assert shape.item is not None
            ways.append(
                st.dictionaries(st.sampled_from(["a", "b.c", "\udc80"]), data_of(shape.item), max_size=2)
            )
        case Kind.CHOICE:
            pass
        case kind:
            ways.append(FITTING[kind])
    return st.one_of(*ways, *[st.none()] * shape.optional)


def deferred(shape: Shape) -> st.SearchStrategy[Any]:
    return st.deferred(lambda: data_of(shape))


def outcome(shape: Shape, data: Any) -> Any:
    try:
        return fit(shape, data)
    except Unfit:
        return Unfit


def compared(record: type, data: Any) -> bool:
    """Whether it was read without the validator, which then reads the same."""
    quick = outcome(shape_of(record), data)
    if quick is Unfit:
        return False
    assert repr(build(record, data)) == repr(quick)
    assert build(record, data) == quick or "nan" in repr(quick)
    return True


def records(shape: Shape) -> set[type]:
    inner = [key.shape for key in shape.keys.values()] + [shape.item] * (shape.item is not None)
    found = {record for one in inner if one is not None for record in records(one)}
    return found if shape.record is None else found | {shape.record}


@pytest.mark.parametrize(
    "part",
    sorted(records(shape_of(Settings)) | records(shape_of(StackDefinition)), key=str),
)
def test_whatever_is_read_without_the_validator_is_read_alike_by_it(part: type) -> None:
    @given(data=data_of(shape_of(part)))
    def alike(data: Any) -> None:
        compared(part, data)

    alike()


@pytest.mark.parametrize("word", shape_of(Whole).keys)
def test_a_value_that_is_not_plainly_right_is_left_to_the_validator(word: str) -> None:
    fitting = [compared(Whole, {word: value}) for value in ODD]
    assert any(fitting)
    assert not all(fitting) or word == "anything"


def test_each_value_has_a_table_of_its_own() -> None:
    one, other = (fit(shape_of(Whole), {}).table for _ in range(2))
    assert one == other
    assert one is not other


def test_the_example_is_read_without_the_validator() -> None:
    (data,) = read_quickly(example().encode())
    assert compared(Settings, data)


@pytest.mark.parametrize("file", CORPUS, ids=lambda file: file.stem)
def test_the_corpus_is_read_alike(file: Path) -> None:
    with suppress(Odd):
        for data in read_quickly(file.read_bytes()):
            compared(Settings, data)


def test_what_does_not_fit_is_explained(tmp_path: Path) -> None:
    file = tmp_path / "driftline.yaml"
    file.write_text("data_dir: /tmp/d\nsources: []\nexecutor: {slots: true}\n")
    with pytest.raises(BadConfig, match=r":3:19: executor.slots: expected a whole number or auto, got true"):
        load(file)
