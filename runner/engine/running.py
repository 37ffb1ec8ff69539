"""What in a module's blocks runs commands of the module's choice while it is planned or applied."""

from collections.abc import Iterator, Mapping
from typing import Any

from runner.engine.blocks import Computed
from runner.engine.hcl_json import labelled

# Types whose providers run what the configuration says: hashicorp/external and hashicorp/local.
TYPES = frozenset({"external", "local_command"})
# In no file without one of these can there be any.
WORDS = "provisioner|external|local_command"


def commands(kind: str, labels: tuple[str, ...], body: Mapping[str, Any]) -> Iterator[str]:
    """The addresses in one top-level block."""
    match kind:
        case "resource" if "provisioner" in body:
            yield ".".join(labels)
        case "removed" if "provisioner" in body:
            # Run when what it names is destroyed.
            named = body.get("from", "")
            yield f"removed {named.source if isinstance(named, Computed) else named}"
        case "data" | "ephemeral" | "action" if TYPES.intersection(labels[:1]):
            yield ".".join((kind, *labels))
        case "check":
            inside = (inner for inner, _ in body.get("data", ()) if TYPES.intersection(inner[:1]))
            yield from (".".join(("data", *inner)) for inner in inside)
        case "terraform":
            yield from _encryption(body)


def _encryption(body: Mapping[str, Any]) -> Iterator[str]:
    """OpenTofu asks a program for keys: `key_provider "external"`, `method "external"`."""
    for _, settings in body.get("encryption", ()):
        for name in ("key_provider", "method"):
            for labels, _ in _blocks(settings.get(name)):
                if labels[:1] == ("external",):
                    yield f"encryption.{'.'.join((name, *labels))}"


def _blocks(raw: Any) -> list[tuple[tuple[str, ...], Any]]:
    if isinstance(raw, list) and all(isinstance(part, tuple) for part in raw):
        return raw
    return list(labelled(raw, 2))
