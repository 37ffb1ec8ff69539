"""Backends whose settings the engine evaluates."""

from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal
from typing import Any

from runner.model.code.module import Backend
from runner.model.code.module_folders import Unevaluated, unevaluated
from runner.model.constant.expression import Refused, Value, Written
from runner.model.constant.scope import Scope


def evaluated_backend(
    folder: str, backend: Backend, written: Mapping[str, Written], given: Mapping[str, Any], scope: Scope
) -> tuple[Backend, tuple[Unevaluated, ...]]:
    """The backend with the values of its settings, and those without one. What `backend_config` gives is not asked."""
    values: dict[str, Any] = {}
    problems: list[Unevaluated] = []
    for name in backend.computed:
        what = f'{name} of the backend "{backend.type}"'
        if name in given:
            continue
        if name not in written:
            problems.append(Unevaluated(f"{what} cannot be evaluated", folder, 1))
            continue
        try:
            values[name] = plain(scope.value(written[name]))
        except Refused as error:
            problems.append(unevaluated(folder, what, written[name], str(error)))
    missing = tuple(name for name in backend.computed if name not in values)
    return replace(backend, settings={**backend.settings, **values}, computed=missing), tuple(problems)


def plain(value: Value) -> Any:
    match value:
        case Decimal():
            return int(value) if value == value.to_integral_value() else float(value)
        case list():
            return [plain(part) for part in value]
        case dict():
            return {key: plain(part) for key, part in value.items()}
        case _:
            return value
