"""The calls of the plugin protocol (tfplugin6) that a provider answers."""

from __future__ import annotations

from provider.coded import UNKNOWN, Message, Unknown, entry, number, packed, part, text, unpacked
from provider.json_text import parsed
from provider.plugin import Attribute, Kind, Provider, Resource, Said, schema_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from provider.plugin import State


class Calls:
    """Each takes a request and returns the answer; `called` is the name of one in the protocol."""

    def __init__(self, provider: Provider) -> None:
        self.provider = provider
        self._resources = {provider.prefix + one.name: one for one in provider.resources}
        self._data_sources = {provider.prefix + one.name: one for one in provider.data_sources}
        self._functions = {one.name: one() for one in provider.functions}

    # About the provider

    def get_metadata(self, _: Message) -> bytes:
        return part(1, number(1, 1) + number(2, 1))

    def get_provider_schema(self, _: Message) -> bytes:
        resources = (entry(2, name, schema_of(one.attributes)) for name, one in self._resources.items())
        sources = (entry(3, name, schema_of(one.attributes)) for name, one in self._data_sources.items())
        functions = (entry(7, name, one.message) for name, one in self._functions.items())
        own = part(1, schema_of(self.provider.attributes))
        return own + b"".join((*resources, *sources, part(5, part(2, b"")), *functions))

    def validate_provider_config(self, _: Message) -> bytes:
        return b""

    def configure_provider(self, request: Message) -> bytes:
        self.provider.configure(value_in(request.of(2)))
        return b""

    def get_functions(self, _: Message) -> bytes:
        return b"".join(entry(1, name, one.message) for name, one in self._functions.items())

    def call_function(self, request: Message) -> bytes:
        arguments = [value_in(each) for each in request.all(2)]
        return part(1, value_of(self._functions[request.text(1)].call(*arguments)))

    # About objects

    def validate_resource_config(self, _: Message) -> bytes:
        return b""

    def validate_data_resource_config(self, _: Message) -> bytes:
        return b""

    def upgrade_resource_state(self, request: Message) -> bytes:
        return part(1, value_of(parsed(Message(request.of(3)).text(1))))

    def move_resource_state(self, _: Message) -> bytes:
        said = Said()
        said.error("MoveResourceState is not implemented", "MoveResourceState is not implemented")
        return said.message(2)

    def read_resource(self, request: Message) -> bytes:
        resource, attributes = self._resource(request)
        current = value_in(request.of(2))
        said = Said()
        state = resource.read(said, decoded(attributes, current))
        return part(1, value_of(encoded(attributes, state, current))) + said.message(2)

    def plan_resource_change(self, request: Message) -> bytes:
        resource, attributes = self._resource(request)
        proposed = value_in(request.of(3))
        prior = decoded(attributes, value_in(request.of(2)))
        wanted = decoded(attributes, proposed)
        if prior is None:
            return part(1, value_of(encoded(attributes, created(attributes, wanted), proposed)))
        changed = {name for name, one in attributes.items() if not one.kind.same(prior[name], wanted[name])}
        replaced = (
            part(2, part(1, text(1, name)))
            for name in wanted
            if name in changed and attributes[name].replaces
        )
        planned = resource.plan(changed, wanted)
        return part(1, value_of(encoded(attributes, planned, proposed))) + b"".join(replaced)

    def apply_resource_change(self, request: Message) -> bytes:
        resource, attributes = self._resource(request)
        proposed = value_in(request.of(3))
        prior = decoded(attributes, value_in(request.of(2)))
        planned = decoded(attributes, proposed)
        said = Said()
        if prior is None:
            state = resource.create(said, planned)
        elif planned is None:
            state = resource.delete(said, prior)
        else:
            state = resource.update(said, planned, prior)
        return part(1, value_of(encoded(attributes, state, proposed))) + said.message(3)

    def import_resource_state(self, request: Message) -> bytes:
        resource, attributes = self._resource(request)
        said = Said()
        state = resource.take_over(said, request.text(2))
        if state is None:
            return said.message(2)
        imported = text(1, request.text(1)) + part(2, value_of(encoded(attributes, state, None)))
        return part(1, imported) + said.message(2)

    def read_data_source(self, request: Message) -> bytes:
        source = self._data_sources[request.text(1)](self.provider)
        said = Said()
        state = source.read(said, value_in(request.of(2)))
        return part(1, value_of(state)) + said.message(2)

    def stop_provider(self, _: Message) -> bytes:
        return b""

    def _resource(self, request: Message) -> tuple[Resource, dict[str, Attribute]]:
        kind = self._resources[request.text(1)]
        return kind(self.provider), {one.name: one for one in kind.attributes}


def called(name: str) -> str:
    return "".join(word.capitalize() for word in name.split("_"))


# ---- values


def value_in(dynamic: bytes) -> Any:
    """Of a DynamicValue."""
    message = Message(dynamic)
    if message.has(2):
        return parsed(message.text(2))
    return unpacked(message.of(1)) if message.has(1) else None


def value_of(value: Any) -> bytes:
    """As a DynamicValue."""
    return b"" if value is None else part(1, packed(value))


def decoded(attributes: dict[str, Attribute], state: State | None) -> Any:
    if state is None:
        return None
    return {
        name: value if isinstance(value, Unknown) else attributes[name].kind.decode(value)
        for name, value in state.items()
    }


def encoded(attributes: dict[str, Attribute], state: State | None, former: State | None) -> State | None:
    """A value that means what it meant before stays as it came, to the byte."""
    if state is None:
        return None
    return {
        name: _encoded(attributes[name].kind, value, (former or {}).get(name))
        for name, value in state.items()
    }


def _encoded(kind: Kind, value: Any, former: Any) -> Any:
    if isinstance(value, Unknown):
        return value
    if former is not None and not isinstance(former, Unknown) and kind.same(kind.decode(former), value):
        return former
    return kind.encode(value)


def created(attributes: dict[str, Attribute], wanted: State) -> State:
    """What is computed is known after the apply."""
    return {
        name: UNKNOWN if value is None and attributes[name].computed else value
        for name, value in wanted.items()
    }
