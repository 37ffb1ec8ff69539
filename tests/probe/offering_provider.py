"""The cloudfile provider with more of what a schema can offer: several types, a write-only attribute and a function."""

from typing import Any

# The package holds both files, and the script's folder comes first.
import cloudfile  # type: ignore[import-not-found]
from tf import types
from tf.function import CallContext, Function, FunctionSignature, Parameter, Return
from tf.gen import tfplugin_pb2 as pb
from tf.schema import Attribute, Schema

# `write_only = 11` of tfplugin6, which the protocol of `tf` is too old for: a field that it does not know is passed on.
WRITE_ONLY = bytes((11 << 3, 1))


class WriteOnly(Attribute):  # type: ignore[misc]
    def to_pb(self) -> Any:
        made: pb.Schema.Attribute = super().to_pb()
        made.MergeFromString(WRITE_ONLY)
        return made


class Unread(types.String):  # type: ignore[misc]
    """What was written is never told, neither in a plan nor in a state."""

    def encode(self, value: Any) -> None:
        return None

    def semantically_equal(self, one: Any, other: Any) -> bool:
        return False  # or `tf` tells what it was given


class Object(cloudfile.CloudObject):  # type: ignore[misc]
    @classmethod
    def get_schema(cls) -> Schema:
        schema = super().get_schema()
        schema.attributes.append(WriteOnly("key", Unread(), optional=True))
        return schema

    def plan(self, ctx: Any, current: Any, planned: dict[str, Any]) -> Any:
        planned["key"] = None
        ctx.changed_fields.discard("key")
        return super().plan(ctx, current, planned)

    def read(self, ctx: Any, current: Any) -> Any:
        warn(ctx.diagnostics, self.path, current["name"])
        return with_key(super().read(ctx, current))

    def create(self, ctx: Any, planned: Any) -> Any:
        return with_key(super().create(ctx, planned))

    def update(self, ctx: Any, current: Any, planned: Any) -> Any:
        return with_key(super().update(ctx, current, planned))

    def import_(self, ctx: Any, name: str) -> Any:
        return with_key(super().import_(ctx, name))


class Lookup(cloudfile.CloudLookup):  # type: ignore[misc]
    def read(self, ctx: Any, config: Any) -> Any:
        warn(ctx.diagnostics, self.path, config["name"])
        return super().read(ctx, config)


def warn(diagnostics: Any, path: str, name: str) -> None:
    if text := cloudfile.find(path, name).get("warn"):
        diagnostics.add_warning(text, "It will go away.")


def with_key(state: dict[str, Any] | None) -> dict[str, Any] | None:
    """Nobody can read it."""
    return state and state | {"key": None}


class Parcel(Object):
    @classmethod
    def get_name(cls) -> str:
        return "parcel"


class Stall(Object):
    """In no configuration, so that a cut always leaves a type out."""

    @classmethod
    def get_name(cls) -> str:
        return "stall"


class Shout(Function):  # type: ignore[misc]
    @classmethod
    def get_name(cls) -> str:
        return "shout"

    @classmethod
    def get_signature(cls) -> FunctionSignature:
        return FunctionSignature(
            parameters=[Parameter("text", types.String())], return_type=Return(types.String())
        )

    def call(self, ctx: CallContext, arguments: list[Any]) -> Any:
        return f"{arguments[0]}!"


class Offering(cloudfile.Cloudfile):  # type: ignore[misc]
    def get_resources(self) -> list[Any]:
        return [Object, Parcel, Stall]

    def get_data_sources(self) -> list[Any]:
        return [Lookup]

    def get_functions(self) -> list[Any]:
        return [Shout]

    def new_function(self, klass: type[Shout]) -> Shout:
        return klass()


if __name__ == "__main__":
    cloudfile.Cloudfile = Offering
    cloudfile.main()
