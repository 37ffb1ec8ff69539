"""A plan's JSON about the code: which attributes it sets, where provisioners are, which variables are secret."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from runner.model.changes.secret_shape import names_secret

# Types whose providers run commands from the configuration: hashicorp/external and hashicorp/local.
COMMAND_TYPES = frozenset({"external", "local_command"})
# An instance key in an address: `[0]` or `["a.b"]`, where the quoted text may contain escaped quotes and brackets.
KEY = re.compile(r'\[(?:\d+|"(?:[^"\\]|\\.)*")\]')


def config_address(address: str) -> str:
    """The address as in the code: without the keys of `count` and `for_each`."""
    return KEY.sub("", address)


def configured_resources(document: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
    """The resource blocks of the root module and all modules below it, by config address."""
    root = (document.get("configuration") or {}).get("root_module") or {}
    return {prefix + block["address"]: block for prefix, block in _blocks(root, "")}


def _blocks(module: Mapping[str, Any], prefix: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
    for block in module.get("resources") or ():
        yield prefix, block
    for name, call in (module.get("module_calls") or {}).items():
        yield from _blocks(call.get("module") or {}, f"{prefix}module.{name}.")


def running_commands(document: Mapping[str, Any]) -> Iterator[str]:
    """The config addresses of blocks that run commands, including those of fetched modules, whether they change or not."""
    for address, block in configured_resources(document).items():
        if block.get("provisioners") or (
            block.get("mode") != "managed" and block.get("type") in COMMAND_TYPES
        ):
            yield address
    yield from _command_actions((document.get("configuration") or {}).get("root_module") or {}, "")


def _command_actions(module: Mapping[str, Any], prefix: str) -> Iterator[str]:
    for block in module.get("actions") or ():
        if block.get("type") in COMMAND_TYPES:
            yield prefix + block["address"]
    for name, call in (module.get("module_calls") or {}).items():
        yield from _command_actions(call.get("module") or {}, f"{prefix}module.{name}.")


def secret_variables(document: Mapping[str, Any]) -> Iterator[Any]:
    """The values of the root module's sensitive variables."""
    declared = ((document.get("configuration") or {}).get("root_module") or {}).get("variables") or {}
    given = document.get("variables") or {}
    for name, variable in declared.items():
        if variable.get("sensitive"):
            yield (given.get(name) or {}).get("value")


def provider_secrets(document: Mapping[str, Any]) -> Iterator[Any]:
    """Provider settings whose names suggest secrets: a plan does not contain the schemas that mark them."""
    providers = (document.get("configuration") or {}).get("provider_config") or {}
    for provider in providers.values():
        for name, expression in (provider.get("expressions") or {}).items():
            if names_secret(name) and isinstance(expression, dict):
                yield expression.get("constant_value")
