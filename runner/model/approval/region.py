"""The region of a plan's resource: its own, or that of its provider."""

import re
from collections.abc import Iterator, Mapping
from fnmatch import fnmatchcase
from functools import cached_property
from typing import Any

from runner.model.changes.configuration import config_address, configured_resources
from runner.model.changes.mask import unknown_of
from runner.model.evaluated.code import Part, plain_reference
from runner.model.evaluated.reading import Around
from runner.model.values.frozen import dataclass

_KEYS = ("region", "location", "zone")
# The location of an aws_dx_connection is a building, in whatever region.
_AWS = ("aws_", "awscc_")
_AWS_KEYS = ("region",)
_AWS_VARIABLES = ("AWS_REGION", "AWS_DEFAULT_REGION")
_ZONE = re.compile(r"-[a-z]$")


def is_in(region: str, glob: str) -> bool:
    """Whether the region, or the region of the zone, is one that the glob names. `West Europe` is `westeurope`."""
    plain, wanted = _plain(region), _plain(glob)
    return any(fnmatchcase(one, wanted) for one in (plain, _ZONE.sub("", plain)))


def _plain(region: str) -> str:
    return region.replace(" ", "").casefold()


@dataclass(frozen=True)
class Regions:
    """Where the resources of one plan are. `around` is its code, and the environment that its providers see."""

    document: Mapping[str, Any]
    around: Around

    @cached_property
    def _blocks(self) -> Mapping[str, Mapping[str, Any]]:
        return configured_resources(self.document)

    @cached_property
    def _providers(self) -> Mapping[str, Mapping[str, Any]]:
        return (self.document.get("configuration") or {}).get("provider_config") or {}

    def of(self, entry: Mapping[str, Any], values: Mapping[str, Any], unknown: Any) -> str | None:
        """Of one entry of the plan with these values; empty if it is not known, None if there is none."""
        kind = entry.get("type", "")
        for key in _AWS_KEYS if kind.startswith(_AWS) else _KEYS:
            if unknown_of(unknown, key):
                return ""
            value = values.get(key)
            if isinstance(value, str) and value:
                return value
        found = {self._of_provider(provider, kind) for provider in self._providers_of(entry)}
        return found.pop() if len(found) == 1 else ""

    def _providers_of(self, entry: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
        """Its provider's configuration; all of the provider's for a resource that is no longer in the code."""
        block = self._blocks.get(config_address(entry["address"])) or {}
        own = self._providers.get(block.get("provider_config_key", ""))
        name = entry.get("provider_name")
        same = [own] if own is not None else [
            one for one in self._providers.values() if one.get("full_name") == name
        ]  # fmt: skip
        yield from same or [{}]

    def _of_provider(self, provider: Mapping[str, Any], kind: str) -> str | None:
        for key in _KEYS:
            expression = (provider.get("expressions") or {}).get(key)
            if expression is not None:
                return self._evaluated(provider, key, expression)
        if not kind.startswith(_AWS):
            return None
        # It always works in a region; without a setting, it comes from the environment.
        return next((found for name in _AWS_VARIABLES if (found := self.around.places.get(name))), "")

    def _evaluated(self, provider: Mapping[str, Any], key: str, expression: Any) -> str:
        """A constant, or a variable of the root module and nothing else.

        The plan's JSON says which variables an expression reads, but not what it makes of them: only the code does.
        """
        if not isinstance(expression, Mapping):
            return ""
        value = expression.get("constant_value")
        if value is None and not provider.get("module_address"):
            value = self._variable(provider, key)
        return value if isinstance(value, str) else ""

    def _variable(self, provider: Mapping[str, Any], key: str) -> Any:
        code, variables = self.around.code, self.document.get("variables") or {}
        address = ".".join(str(one) for one in (provider.get("name"), provider.get("alias")) if one)
        texts = [
            text
            for block in code.of((), Part.PROVIDER, address)
            for name, text in block.arguments
            if name == key
        ]
        names = {plain_reference(text, [f"var.{one}" for one in variables]) for text in texts}
        name = names.pop() if len(names) == 1 and code.knows(()) else None
        if name is None or name.removeprefix("var.") in code.ephemeral():
            return None
        return variables[name.removeprefix("var.")].get("value")
