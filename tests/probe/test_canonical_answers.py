"""Which answers of a provider count as the same."""

import msgpack
import pytest

from runner.probe.canonical import meaning

KEY = b"k" * 32
READ = "/tfplugin6.Provider/ReadResource"
PLAN = "/tfplugin5.Provider/PlanResourceChange"


def message(number: int, value: bytes) -> bytes:
    """A length-delimited field."""
    assert len(value) < 128
    return bytes([number << 3 | 2, len(value)]) + value


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
