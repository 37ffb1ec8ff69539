"""Whether two answers of a provider mean the same: a keyed digest of each, in which the order of a map does not count.

Providers of the plugin framework encode maps in Go's random order; otherwise equal answers are equal to the byte.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from runner.model.values.keyed import keyed_digest
from runner.probe.wire import BYTES, Field, NotAMessage, fields

SIZE = 16  # bytes of a digest
_MSGPACK = 1  # in a DynamicValue
_DYNAMIC = 1  # the field of a DynamicValue in an answer, and in a resource's identity
# Fields of an answer that hold a resource's identity, whose only field is a DynamicValue.
_IDENTITY: Mapping[str, int] = {"ReadResource": 5, "PlanResourceChange": 7}


@dataclass(frozen=True)
class Meaning:
    """Digests of an answer: of its bytes, which almost always suffices, and of its canonical form."""

    exact: bytes
    canonical: bytes

    def is_of(self, key: bytes, method: str, answer: bytes) -> bool:
        return digest(key, method, answer) == self.exact or (
            digest(key, method, canonical(method, answer)) == self.canonical
        )


def meaning(key: bytes, method: str, answer: bytes) -> Meaning:
    return Meaning(digest(key, method, answer), digest(key, method, canonical(method, answer)))


def digest(key: bytes, method: str, answer: bytes) -> bytes:
    return keyed_digest(key, method.encode(), answer, size=SIZE)


def canonical(method: str, answer: bytes) -> bytes:
    """The answer with sorted maps; unchanged if it cannot be read, so that it equals nothing but itself."""
    identity = _IDENTITY.get(method.rpartition("/")[2])
    try:
        # Of nested lists, so that no part of it can be taken for another one.
        return repr([_field(one, identity) for one in fields(answer)]).encode()
    except (NotAMessage, ValueError, RecursionError):
        return answer


def _field(one: Field, identity: int | None) -> Any:
    if one.kind != BYTES or one.number not in {_DYNAMIC, identity}:
        return one.raw
    if one.number == _DYNAMIC:
        return one.number, _dynamic(one.value)
    return one.number, [
        _dynamic(i.value) if i.number == _DYNAMIC and i.kind == BYTES else i.raw for i in fields(one.value)
    ]


def _dynamic(value: bytes) -> list[Any]:
    return [
        _sorted(one.value) if one.number == _MSGPACK and one.kind == BYTES else one.raw
        for one in fields(value)
    ]


def _sorted(packed: bytes) -> Any:
    """ValueError if it is no msgpack."""
    # The one in Python: the daemon, which holds the keys, parses nothing of a provider in C.
    from msgpack.fallback import unpackb

    # Maps become tuples of pairs, and arrays stay lists, so that both remain apart.
    return unpackb(packed, raw=True, strict_map_key=False, object_pairs_hook=_pairs)


def _pairs(pairs: Any) -> tuple[Any, ...]:
    return tuple(sorted(pairs, key=repr))
