"""Blocks of a module that run commands of its choice during a plan or an apply."""

from collections.abc import Iterator
from typing import Any

from runner.hcl.blocks import Nested, nested
from runner.hcl.json_form import labelled
from runner.hcl.values import Computed
from runner.model.changes.configuration import COMMAND_TYPES

# A file without any of these has none.
WORDS = "provisioner|external|local_command"


def commands(kind: str, labels: tuple[str, ...], body: dict[str, Any]) -> Iterator[str]:
    """The addresses in one top-level block."""
    match kind:
        case "resource" if "provisioner" in body:
            yield ".".join(labels)
        case "removed" if "provisioner" in body:
            # It runs when the object it names is destroyed.
            named = body.get("from", "")
            yield f"removed {named.source if isinstance(named, Computed) else named}"
        case "data" | "ephemeral" | "action" if COMMAND_TYPES.intersection(labels[:1]):
            yield ".".join((kind, *labels))
        case "check":
            inside = (inner for inner, _ in nested(body, "data", 2) if COMMAND_TYPES.intersection(inner[:1]))
            yield from (".".join(("data", *inner)) for inner in inside)
        case "terraform":
            yield from _encryption(body)


def _encryption(body: dict[str, Any]) -> Iterator[str]:
    """OpenTofu gets keys from a program: `key_provider "external"`, `method "external"`."""
    for _, settings in nested(body, "encryption", 0):
        for name in ("key_provider", "method"):
            for labels, _ in _blocks(settings.get(name)):
                if labels[:1] == ("external",):
                    yield f"encryption.{'.'.join((name, *labels))}"


def _blocks(raw: Any) -> list[tuple[tuple[str, ...], Any]]:
    return raw if isinstance(raw, Nested) else list(labelled(raw, 2))
