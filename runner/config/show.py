"""Settings as plain data for people and JSON, with every secret masked."""

import dataclasses
from pathlib import Path
from typing import Any

from runner.config.shape import word_of
from runner.config.written import span
from runner.model.settings.server import Settings
from runner.model.values.span import Seconds

MASK = "(secret)"


def show(settings: Settings) -> dict[str, Any]:
    """The whole configuration, including defaults; fields that a dataclass excludes from its repr are secret."""
    return _record(settings)


def _record(record: Any) -> dict[str, Any]:
    return {
        word_of(f.name): _plain(getattr(record, f.name)) if f.repr else _masked(getattr(record, f.name))
        for f in dataclasses.fields(record)
    }


def _plain(value: Any) -> Any:
    if dataclasses.is_dataclass(value):
        return _record(value)
    if isinstance(value, dict):
        return {key: _plain(inner) for key, inner in value.items()}
    if isinstance(value, tuple):
        return [_plain(item) for item in value]
    if isinstance(value, Seconds):
        return span(value)
    return str(value) if isinstance(value, Path) else value


def _masked(value: Any) -> Any:
    if isinstance(value, dict):
        return dict.fromkeys(value, MASK)
    if isinstance(value, tuple):
        return [MASK for _ in value]
    return None if value is None else MASK
