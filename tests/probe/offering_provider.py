"""The cloudfile provider with more of what a schema can offer: several types, a write-only attribute and a function."""

from __future__ import annotations

from provider import cloudfile, serving
from provider.plugin import Attribute, Function, Said, String

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from provider.plugin import State


class Unread(String):
    """What was written is never told, neither in a plan nor in a state."""

    def encode(self, value: Any) -> None:
        return None

    def same(self, one: Any, other: Any) -> bool:
        return False  # or it is told as it was given


class Object(cloudfile.CloudObject):
    attributes = (
        *cloudfile.CloudObject.attributes,
        Attribute("key", Unread(), optional=True, write_only=True),
    )

    def plan(self, changed: set[str], planned: State) -> State:
        planned["key"] = None
        return super().plan(changed - {"key"}, planned)

    def read(self, said: Said, current: State) -> State | None:
        warn(said, self.path, current["name"])
        return with_key(super().read(said, current))

    def create(self, said: Said, planned: State) -> State | None:
        return with_key(super().create(said, planned))

    def update(self, said: Said, planned: State, current: State) -> State | None:
        return with_key(super().update(said, planned, current))

    def take_over(self, said: Said, identifier: str) -> State | None:
        return with_key(super().take_over(said, identifier))


class Lookup(cloudfile.CloudLookup):
    def read(self, said: Said, config: State) -> State | None:
        warn(said, self.provider.path, config["name"])
        return super().read(said, config)


def warn(said: Said, path: str, name: str) -> None:
    if text := cloudfile.find(path, name).get("warn"):
        said.warning(text, "It will go away.")


def with_key(state: State | None) -> State | None:
    """Nobody can read it."""
    return state and state | {"key": None}


class Parcel(Object):
    name = "parcel"


class Stall(Object):
    """In no configuration, so that a cut always leaves a type out."""

    name = "stall"


class Shout(Function):
    name = "shout"
    parameters = ("text",)

    def call(self, *arguments: str) -> str:
        return f"{arguments[0]}!"


class Offering(cloudfile.Cloudfile):
    resources = (Object, Parcel, Stall)
    data_sources = (Lookup,)
    functions = (Shout,)


def main() -> None:
    serving.serve(Offering())
