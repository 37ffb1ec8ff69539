"""The names of the providers that a module's blocks use, said in `required_providers` or implied by a type."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from runner.engine.blocks import cut
from runner.engine.hcl import NotHcl, parse
from runner.engine.hcl_json import json_bodies

TYPED = frozenset({"resource", "data", "ephemeral", "action", "list"})
# `provider = aws.west` in a block, and the types of data sources inside a `check`.
_GIVEN = re.compile(r'\bprovider\b[^=\n]*=\s*"?(?:\$\{)?([A-Za-z_][\w-]*)')
_INSIDE = re.compile(r'\bdata\b[\s"]+([A-Za-z_][\w-]*)')


def provider_names(files: Mapping[str, bytes]) -> frozenset[str] | None:
    """Those of all files; None where one of them can not be read."""
    found: set[str] = set()
    try:
        for name, content in files.items():
            found.update(_json(content) if name.endswith(".json") else _hcl(content.decode("utf-8-sig")))
    except (NotHcl, ValueError, RecursionError, AttributeError, TypeError):
        return None
    return frozenset(found)


def _hcl(text: str) -> Iterator[str]:
    blocks = cut(text)
    if blocks is None:
        for kind, value in parse(text).items():
            for labels, body in (part for part in value if isinstance(part, tuple)):
                yield from _names(kind, labels, str(body.get("provider", "")))
                yield from _inside(kind, str(body))
        return
    for block in blocks:
        yield from _names(block.kind, block.labels, "")
        if block.kind in TYPED or block.kind == "import":
            yield from _GIVEN.findall(block.body)
        yield from _inside(block.kind, block.body)


def _json(content: bytes) -> Iterator[str]:
    for kind, labels, body in json_bodies(content):
        yield from _names(kind, labels, str(body.get("provider") or ""))
        data: Any = body.get("data", ()) if kind == "check" else ()
        for inner, _ in data:
            yield inner[0].partition("_")[0]


def _names(kind: str, labels: tuple[str, ...], given: str) -> Iterator[str]:
    if labels and kind in TYPED:
        yield labels[0].partition("_")[0]
    elif labels and kind == "provider":
        yield labels[0]
    bare = re.match(r"[^A-Za-z_]*([A-Za-z_][\w-]*)", given)
    if bare is not None and kind in TYPED:
        yield bare[1]


def _inside(kind: str, text: str) -> Iterator[str]:
    if kind == "check":
        yield from (found.partition("_")[0] for found in _INSIDE.findall(text))
