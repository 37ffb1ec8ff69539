"""What a check asked its providers, and a digest of each answer: enough to ask again, and to see any difference.

The requests contain a state's attributes and what the code configures, so a recording is kept sealed. Of the
answers only digests are kept.
"""

import zlib
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from runner.probe.canonical import Meaning, meaning
from runner.probe.protocol import CALLS, Call, type_in

FORM = 1
LARGEST = 32 << 20  # bytes of the requests of one check
_LEVEL = 6  # of zlib: what a plan repeats of a read is found by any
# Calls whose answers decide what terraform plans.
_DECISIVE = frozenset(
    {
        "UpgradeResourceState",
        "UpgradeResourceIdentity",
        "ReadResource",
        "PlanResourceChange",
        "ReadDataSource",
    }
)
# Calls whose answers follow from the provider's package and the code alone.
_CONSTANT = frozenset(
    {
        "GetMetadata",
        "GetResourceIdentitySchemas",
        "GetFunctions",
        "ValidateResourceTypeConfig",
        "ValidateResourceConfig",
        "ValidateDataSourceConfig",
        "ValidateDataResourceConfig",
    }
)


class NotARecording(ValueError):
    """Bytes that are no recording of this form."""


@dataclass(frozen=True)
class Asked:
    """A request, and what its answer meant."""

    method: str
    request: bytes
    answered: Meaning

    @property
    def type(self) -> str:
        return type_in(self.method, self.request) or self.method.rpartition("/")[2]


@dataclass(frozen=True)
class Conversation:
    """One configuration of a provider: how it was configured, and every decisive call, each once."""

    configured: Asked
    calls: tuple[Asked, ...]


@dataclass(frozen=True)
class Recorded:
    """What one provider was asked. `refused` says why it cannot be asked again."""

    conversations: tuple[Conversation, ...] = ()
    reads: int = 0
    data_reads: int = 0
    refused: str = ""


@dataclass
class Conversing:
    """One connection of terraform while it lasts."""

    configured: Asked | None = None
    calls: dict[tuple[str, bytes], Meaning] = field(default_factory=dict)


class Recorder:
    """Records one provider of a check. Nothing is recorded any more once something refuses it."""

    def __init__(self, key: bytes) -> None:
        self._key = key
        self._conversations: list[Conversing] = []
        self._counts: Counter[str] = Counter()
        self._size = 0
        self.refused = ""

    def conversation(self) -> Conversing:
        self._conversations.append(Conversing())
        return self._conversations[-1]

    def note(self, one: Conversing, method: str, request: bytes, answer: bytes) -> None:
        name = method.rpartition("/")[2]
        if self.refused or name in _CONSTANT or CALLS[method] in {Call.SCHEMA, Call.VALIDATION}:
            return
        if CALLS[method] is Call.CONFIGURE:
            if one.configured is not None:
                self.refused = "a provider was configured twice"
            one.configured = Asked(method, request, meaning(self._key, method, answer))
        elif name not in _DECISIVE:
            self.refused = f"terraform called {name}"
        elif one.configured is None:
            self.refused = f"terraform called {name} before it configured the provider"
        else:
            self._keep(one, method, request, meaning(self._key, method, answer))
            self._counts[name] += 1

    def _keep(self, one: Conversing, method: str, request: bytes, answered: Meaning) -> None:
        if one.calls.setdefault((method, request), answered).canonical != answered.canonical:
            self.refused = f"{type_in(method, request)} was answered in two ways"
        self._size += len(request)
        if self._size > LARGEST:
            self.refused = "its requests are too large to be kept"

    def recorded(self) -> Recorded:
        if self.refused:
            return Recorded(refused=self.refused)
        return Recorded(
            tuple(_finished(one) for one in self._conversations if one.configured is not None),
            self._counts["ReadResource"],
            self._counts["ReadDataSource"],
        )


def _finished(one: Conversing) -> Conversation:
    assert one.configured is not None
    calls = (Asked(method, request, answered) for (method, request), answered in one.calls.items())
    return Conversation(one.configured, tuple(calls))


def packed(recorded: Iterable[Recorded]) -> bytes:
    """Of all providers of a check, in their order."""
    import msgpack

    content = [
        [one.reads, one.data_reads, one.refused, [_rows(each) for each in one.conversations]]
        for one in recorded
    ]
    return zlib.compress(msgpack.packb([FORM, content]), _LEVEL)


def unpacked(content: bytes) -> tuple[Recorded, ...]:
    """NotARecording if it is none of this form."""
    import msgpack

    try:
        form, providers = msgpack.unpackb(_inflated(content))
        if form != FORM:
            raise NotARecording("it has another form")
        return tuple(
            Recorded(tuple(map(_conversation, conversations)), reads, data_reads, refused)
            for reads, data_reads, refused, conversations in providers
        )
    except (zlib.error, ValueError, TypeError) as error:
        raise NotARecording(str(error)) from error


def _inflated(content: bytes) -> bytes:
    inflater = zlib.decompressobj()
    whole = inflater.decompress(content, 2 * LARGEST)
    if inflater.unconsumed_tail or not inflater.eof:
        raise NotARecording("it is cut off, or too large")
    return whole


def _rows(one: Conversation) -> list[list[str | bytes]]:
    return [[each.method, each.request, each.answered.exact, each.answered.canonical] for each in _asked(one)]


def _asked(one: Conversation) -> Iterator[Asked]:
    yield one.configured
    yield from one.calls


def _conversation(rows: list[list[Any]]) -> Conversation:
    first, *rest = (
        Asked(method, request, Meaning(exact, canonical)) for method, request, exact, canonical in rows
    )
    return Conversation(first, tuple(rest))
