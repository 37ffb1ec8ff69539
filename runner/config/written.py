"""Values as people write them in YAML."""

import json
from pathlib import Path
from typing import Any

from runner.config.scalar import DOUBTFUL, plain
from runner.model.values.regex import regex
from runner.model.values.span import Seconds

_UNITS = (("w", 604800), ("d", 86400), ("h", 3600), ("m", 60), ("s", 1))
_SAFE = regex(r"[A-Za-z/][A-Za-z0-9_./-]*")


def span(seconds: Seconds) -> str:
    """As it was written; otherwise in the largest unit without a remainder: `180d`, not `25w5d`."""
    if seconds.written or not seconds:
        return str(seconds)
    unit, size = next((unit, size) for unit, size in _UNITS if seconds % size == 0 or size == 1)
    return f"{round(seconds / size)}{unit}"


def written(value: Any) -> str:
    """One line of YAML; a text is quoted unless every program reads it as one."""
    if isinstance(value, Seconds):
        return span(value)
    if isinstance(value, dict):
        return "{" + ", ".join(f"{written(key)}: {written(inner)}" for key, inner in value.items()) + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(written(item) for item in value) + "]"
    if isinstance(value, Path):
        value = str(value)
    safe = (
        isinstance(value, str) and _SAFE.fullmatch(value) and value not in DOUBTFUL and plain(value) == value
    )
    return value if safe else json.dumps(value, ensure_ascii=False)
