"""The types of resources and data sources that a configuration names."""

import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from runner.engine.modules.code import files_of
from runner.hcl.json_form import json_bodies
from runner.hcl.tokens import NotHcl
from runner.model.code.called_modules import CalledModule

# Also in comments and texts: a type too many costs nothing.
_BLOCK = re.compile(rb'\b(resource|data)\s+"?([\w-]+)"?\s+"?[\w-]+"?\s*\{')


def types_in_code(
    modules: Iterable[CalledModule], code: Mapping[str, bytes], fetched: Path, suffixes: tuple[str, ...]
) -> frozenset[str]:
    """Of the root and all modules, as `resource aws_vpc` and `data aws_vpc`; incomplete where a file is unclear."""
    return frozenset(
        one
        for _, name, content in files_of(modules, code, fetched, suffixes)
        for one in (_in_json(content) if name.endswith(".json") else _in_hcl(content))
    )


def _in_hcl(content: bytes) -> Iterator[str]:
    for kind, name in _BLOCK.findall(content):
        yield f"{kind.decode()} {name.decode(errors='replace')}"


def _in_json(content: bytes) -> Iterator[str]:
    try:
        bodies = json_bodies(content)
    except NotHcl:
        return
    for kind, labels, body in bodies:
        if kind in {"resource", "data"}:
            yield f"{kind} {labels[0]}"
        if kind == "check":
            yield from (f"data {inner[0]}" for inner, _ in body.get("data") or ())
