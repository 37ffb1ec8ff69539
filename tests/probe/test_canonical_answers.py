"""Which answers of a provider count as the same."""

import msgpack
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tampered import UNKNOWN, backwards, typed, ways

from runner.probe.canonical import meaning

KEY = b"k" * 32
READ = "/tfplugin6.Provider/ReadResource"
PLAN = "/tfplugin5.Provider/PlanResourceChange"


def message(number: int, value: bytes) -> bytes:
    """A length-delimited field."""
    assert len(value) < 1 << 14
    return bytes([number << 3 | 2, len(value) & 0x7F | 0x80, len(value) >> 7]) + value


def dynamic(pairs: list[tuple[str, object]]) -> bytes:
    """A DynamicValue of a map with these pairs, in this order."""
    return message(1, msgpack.packb(dict(pairs)))


def same(method: str, one: bytes, other: bytes) -> bool:
    return meaning(KEY, method, one).is_of(KEY, method, other)


def test_the_order_of_a_map_does_not_count() -> None:
    one, other = ([("a", 1), ("b", {"c": 2, "d": 3})], [("b", {"d": 3, "c": 2}), ("a", 1)])
    assert same(READ, message(1, dynamic(one)), message(1, dynamic(other)))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({"a": 1}, {"a": 2}),
        ({"a": 1}, {"a": "1"}),
        ({"a": 1}, {"a": 1.0}),
        ({"a": True}, {"a": 1}),
        ({"a": None}, {}),
        ({"a": [1, 2]}, {"a": [2, 1]}),
        ({"a": []}, {"a": {}}),
        ({"a": msgpack.ExtType(0, b"")}, {"a": None}),
        ({"a": msgpack.ExtType(0, b"")}, {"a": msgpack.ExtType(12, b"")}),
    ],
)
def test_every_value_counts(one: object, other: object) -> None:
    first, second = (message(1, message(1, msgpack.packb(value))) for value in (one, other))
    assert not same(READ, first, second)


def texts() -> st.SearchStrategy[str]:
    return st.text("abx:(1'\"", max_size=4)


VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-3, 300)
    | st.floats(allow_nan=False)
    | texts()
    | st.just(UNKNOWN),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts(), inner, max_size=3),
    max_leaves=8,
)
ANSWERS = st.lists(st.tuples(st.sampled_from([1, 2, 3, 5, 6, 7]), VALUES | st.binary(max_size=6)), max_size=4)


def written(fields: list[tuple[int, object]]) -> bytes:
    """A message whose values are those of an answer where they have to be, and bytes elsewhere."""
    return b"".join(
        message(number, dynamic_of(value) if number == 1 else message(1, dynamic_of(value)))
        if not isinstance(value, bytes)
        else message(number, value)
        for number, value in fields
    )


def dynamic_of(value: object) -> bytes:
    return message(1, msgpack.packb(value))


@given(ANSWERS, ANSWERS)
def test_two_answers_are_the_same_only_if_they_are_but_for_the_order_of_maps(
    one: list[tuple[int, object]], other: list[tuple[int, object]]
) -> None:
    understood = [[(number, typed(value)) for number, value in fields] for fields in (one, other)]
    if understood[0] != understood[1] and written(one) != written(other):
        assert not same(READ, written(one), written(other))
    assert same(READ, written(one), written(one))


@given(VALUES)
def test_no_change_of_a_value_is_the_same(value: object) -> None:
    for what, other in ways(value, "it"):
        if typed(other) != typed(value):
            assert not same(READ, message(1, dynamic_of(value)), message(1, dynamic_of(other))), what


@given(VALUES)
def test_a_value_backwards_is_the_same(value: object) -> None:
    assert same(READ, message(1, dynamic_of(value)), message(1, dynamic_of(backwards(value))))


def test_the_order_of_an_identity_does_not_count() -> None:
    one, other = (dynamic([("a", 1), ("b", 2)]), dynamic([("b", 2), ("a", 1)]))
    assert same(READ, message(5, message(1, one)), message(5, message(1, other)))
    assert same(PLAN, message(7, message(1, one)), message(7, message(1, other)))


@pytest.mark.parametrize("number", [2, 3, 4, 6], ids=["diagnostics", "private", "deferred", "unheard-of"])
def test_everything_beside_the_value_counts_to_the_byte(number: int) -> None:
    assert not same(READ, message(number, b"one"), message(number, b"two"))
    assert not same(READ, message(number, b""), b"")


def test_an_answer_that_cannot_be_read_equals_only_itself() -> None:
    assert same(READ, b"\xff", b"\xff")
    assert not same(READ, b"\xff", b"\xff\xff")
    assert not same(READ, message(1, message(1, b"\xc1")), message(1, message(1, b"\xc1\xc1")))


def test_the_key_and_the_call_count() -> None:
    answer = message(1, dynamic([("a", 1)]))
    assert not meaning(KEY, READ, answer).is_of(b"x" * 32, READ, answer)
    assert not meaning(KEY, READ, answer).is_of(KEY, PLAN, answer)
