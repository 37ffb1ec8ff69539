"""The names of the providers that a module's blocks use, given in `required_providers` or implied by a type."""

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from runner.hcl.blocks import Block, blocks_of, body_of, nested
from runner.hcl.json_form import Body, json_bodies
from runner.hcl.text import hcl_text
from runner.hcl.tokens import NotHcl
from runner.hcl.values import Computed

TYPED = frozenset({"resource", "data", "ephemeral", "action", "list"})
# `provider = aws.west`, also as a string.
_NAME = re.compile(r'"?(?:\$\{)?([^\W\d][\w-]*)')


def provider_names(files: Mapping[str, bytes]) -> frozenset[str] | None:
    """The names in all files; None if one of them is unreadable."""
    found: set[str] = set()
    try:
        for name, content in files.items():
            bodies = json_bodies(content) if name.endswith(".json") else _bodies(hcl_text(content))
            found.update(_names(bodies))
    except (NotHcl, UnicodeDecodeError):
        return None
    return frozenset(found)


def _bodies(text: str) -> Iterator[Body]:
    for block in blocks_of(text):
        yield block.kind, block.labels, body_of(block) if _needs_body(block) else {}


def _needs_body(block: Block) -> bool:
    """Whether the block's body can name a provider that its labels do not."""
    given = block.kind in TYPED or block.kind == "import"
    return block.kind == "check" or (given and "provider" in block.body)


def _names(bodies: Iterable[Body]) -> Iterator[str]:
    for kind, labels, body in bodies:
        if kind in TYPED:
            yield from _of_typed(labels, body)
        elif kind == "provider":
            yield from labels[:1]
        elif kind == "import":
            yield from _given(body)
        elif kind == "check":
            for inner, settings in nested(body, "data", 2):
                yield from _of_typed(inner, settings)


def _of_typed(labels: tuple[str, ...], body: Mapping[str, Any]) -> Iterator[str]:
    if not labels:
        raise NotHcl("a block without a type")
    yield labels[0].partition("_")[0]
    yield from _given(body)


def _given(body: Mapping[str, Any]) -> Iterator[str]:
    value = body.get("provider")
    if value is not None:
        found = _NAME.match(value.source if isinstance(value, Computed) else str(value))
        if found is None:
            raise NotHcl(f"a provider that is not named: {value}")
        yield found[1]
