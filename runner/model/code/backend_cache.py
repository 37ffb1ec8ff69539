"""Compares what `init` recorded of a backend with what the code and the stack say."""

from collections.abc import Mapping
from typing import Any

from runner.model.code.module import Backend, as_text

_NOTED = {"version", "terraform_version", "backend", "serial", "lineage", "modules", "check_results"}


def backend_problem(noted: Any, declared: Backend | None, given: Mapping[str, Any]) -> str | None:
    """Why the record does not match this backend; None if it does. `noted` is None if there is no record."""
    if noted is not None and not (isinstance(noted, dict) and noted.keys() <= _NOTED):
        return "its backend record is invalid"
    backend = noted.get("backend") if noted else None
    kind = backend.get("type") if isinstance(backend, dict) else None
    if kind != (declared.type if declared else None):
        return f"it recorded {_named(kind)}, but the code has {_named(declared.type if declared else None)}"
    return None if declared is None else _difference(backend, declared, given)


def _named(kind: Any) -> str:
    return "no backend" if kind is None else f'the backend "{kind}"'


def _difference(backend: Any, declared: Backend, given: Mapping[str, Any]) -> str | None:
    config = backend.get("config")
    if not isinstance(config, dict):
        return "its backend record is invalid"
    computed = set(declared.computed) - given.keys()
    for name, value in declared.completed(given).items():
        there = config.get(name)
        if name not in computed and _differ(as_text(value), as_text(there)):
            return f'it recorded {name} = {there!r} for the backend "{declared.type}", but the code says {value!r}'
    return None


def _differ(value: Any, noted: Any) -> bool:
    """Compares scalars, and mappings, where the engine records more than was set; a list may be a set, whose
    order does not count.
    """
    match value, noted:
        case str(), str():
            return value != noted
        case dict(), dict():
            return any(_differ(part, noted.get(name)) for name, part in value.items())
        case _:
            return False
