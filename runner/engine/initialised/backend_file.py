"""A stack's `backend_config`, as the file with which `init` completes the backend block."""

from collections.abc import Iterator, Mapping
from typing import Any

from runner.hcl.literal import expression
from runner.model.code.backend import BLOCKS


def backend_file(backend: str, settings: Mapping[str, Any]) -> str:
    return "".join(f"{line}\n" for name in settings for line in _lines(backend, name, settings[name]))


def _lines(backend: str, name: str, value: Any) -> Iterator[str]:
    if name not in BLOCKS.get(backend, ()):
        yield f"{name} = {expression(value)}"
        return
    for body in value if isinstance(value, list) else [value]:
        yield f"{name} {{"
        yield from (f"  {inner} = {expression(part)}" for inner, part in body.items())
        yield "}"
