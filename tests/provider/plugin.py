"""What a provider for terraform is made of. `cloudfile.py` is one, `calls.py` asks it."""

from __future__ import annotations

from provider.coded import number, part, text

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    State = dict[str, Any]

MARKDOWN = 1
ERROR, WARNING = 1, 2


# ---- types


class Kind:
    """Of an attribute: how its values are in Python, and how they travel."""

    shown: str  # as terraform writes the type, in JSON

    def encode(self, value: Any) -> Any:
        return value

    def decode(self, value: Any) -> Any:
        return value

    def same(self, one: Any, other: Any) -> bool:
        return bool(one == other)


class String(Kind):
    shown = '"string"'


class Number(Kind):
    shown = '"number"'


class List(Kind):
    def __init__(self, inner: Kind) -> None:
        self.inner = inner
        self.shown = f'["list",{inner.shown}]'

    def encode(self, value: Any) -> Any:
        return value and [self.inner.encode(each) for each in value]

    def decode(self, value: Any) -> Any:
        return value and [self.inner.decode(each) for each in value]


class Map(Kind):
    def __init__(self, inner: Kind) -> None:
        self.inner = inner
        self.shown = f'["map",{inner.shown}]'

    def encode(self, value: Any) -> Any:
        return value and {key: self.inner.encode(each) for key, each in value.items()}

    def decode(self, value: Any) -> Any:
        return value and {key: self.inner.decode(each) for key, each in value.items()}


class Attribute:
    def __init__(
        self,
        name: str,
        kind: Kind,
        *,
        required: bool = False,
        optional: bool = False,
        computed: bool = False,
        sensitive: bool = False,
        write_only: bool = False,
        replaces: bool = False,
    ) -> None:
        self.name = name
        self.kind = kind
        self.flags = {4: required, 5: optional, 6: computed, 7: sensitive, 8: MARKDOWN, 11: write_only}
        self.computed = computed
        self.replaces = replaces  # another value is another object

    @property
    def message(self) -> bytes:
        flags = b"".join(number(field, flag) for field, flag in self.flags.items())
        return text(1, self.name) + text(2, self.kind.shown) + flags


def schema_of(attributes: tuple[Attribute, ...]) -> bytes:
    block = b"".join(part(2, attribute.message) for attribute in attributes)
    return number(1, 1) + part(2, block)


# ---- what a provider offers


class Said:
    """What a call says beside its answer."""

    def __init__(self) -> None:
        self._messages: list[bytes] = []
        self.failed = False

    def error(self, summary: str, detail: str) -> None:
        self.failed = True
        self._messages.append(number(1, ERROR) + text(2, summary) + text(3, detail))

    def warning(self, summary: str, detail: str) -> None:
        self._messages.append(number(1, WARNING) + text(2, summary) + text(3, detail))

    def message(self, field: int) -> bytes:
        return b"".join(part(field, each) for each in self._messages)


class Resource:
    name: str
    attributes: tuple[Attribute, ...] = ()

    def __init__(self, provider: Any) -> None:
        self.provider = provider

    def plan(self, changed: set[str], planned: State) -> State:
        return planned

    def create(self, said: Said, planned: State) -> State | None:
        raise NotImplementedError

    def read(self, said: Said, current: State) -> State | None:
        raise NotImplementedError

    def update(self, said: Said, planned: State, current: State) -> State | None:
        raise NotImplementedError

    def delete(self, said: Said, current: State) -> State | None:
        raise NotImplementedError

    def take_over(self, said: Said, identifier: str) -> State | None:
        """`import`."""
        raise NotImplementedError


class DataSource:
    name: str
    attributes: tuple[Attribute, ...]

    def __init__(self, provider: Any) -> None:
        self.provider = provider

    def read(self, said: Said, config: State) -> State | None:
        raise NotImplementedError


class Function:
    """Of strings."""

    name: str
    parameters: tuple[str, ...]

    def call(self, *arguments: str) -> str:
        raise NotImplementedError

    @property
    def message(self) -> bytes:
        kind = String.shown
        given = b"".join(part(1, text(1, name) + text(2, kind)) for name in self.parameters)
        return given + part(3, text(1, kind))


class Provider:
    prefix: str  # of the names of its types
    attributes: tuple[Attribute, ...] = ()
    resources: tuple[type[Resource], ...] = ()
    data_sources: tuple[type[DataSource], ...] = ()
    functions: tuple[type[Function], ...] = ()

    def configure(self, config: State) -> None:
        pass
