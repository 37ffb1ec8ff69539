"""Versions and version constraints as terraform writes them."""

import operator
import re
from collections.abc import Callable
from typing import Any

from runner.errors import EngineVersion
from runner.model.code.engines import EngineRow, Version

VERSION = re.compile(r"v?(\d+(?:\.\d+){0,2})(?:-([0-9A-Za-z.-]+))?(?:\+[0-9A-Za-z.-]+)?")
_TERM = re.compile(r"\s*(=|!=|>=|<=|>|<|~>)?\s*(\S+)\s*")
_COMPARE: dict[str, Callable[[Any, Any], bool]] = {
    "=": operator.eq,
    "!=": operator.ne,
    ">": operator.gt,
    ">=": operator.ge,
    "<": operator.lt,
    "<=": operator.le,
}


def parse(text: str) -> tuple[Version, str]:
    """The numbers, and the name of a pre-release; ValueError if it is no version."""
    match = VERSION.fullmatch(text.strip())
    if match is None:
        raise ValueError(f"not a version: {text!r}")
    return tuple(int(part) for part in match[1].split(".")), match[2] or ""


def satisfies(version: str, constraint: str) -> bool:
    """Whether the version satisfies a constraint in terraform's syntax, such as `~> 1.11, != 1.11.2`."""
    return all(_within(version, term) for term in constraint.split(",") if term.strip())


def _within(version: str, term: str) -> bool:
    match = _TERM.fullmatch(term)
    if match is None:
        raise ValueError(f"not a version constraint: {term!r}")
    sign, (bound, bound_pre) = match[1] or "=", parse(match[2])
    have, have_pre = parse(version)
    if have_pre and (have_pre, _padded(have)) != (bound_pre, _padded(bound)):
        return False  # as terraform: a pre-release has to be named exactly
    if sign == "~>":
        fixed = len(bound) - 1
        return _padded(have)[:fixed] == bound[:fixed] and _padded(have) >= _padded(bound)
    return bool(_COMPARE[sign](_ordered(have, have_pre), _ordered(bound, bound_pre)))


def _padded(version: Version) -> Version:
    return (*version, 0, 0, 0)[:3]


def _ordered(version: Version, pre: str) -> tuple[Version, bool, str]:
    return _padded(version), not pre, pre


def check(row: EngineRow, stack: str, version: str, constraint: str | None) -> None:
    """Raise EngineVersion if the binary does not fit the stack."""
    if constraint is None:
        return
    try:
        good = satisfies(version, constraint)
    except ValueError as error:
        raise EngineVersion(
            f'stack "{stack}" requires {row.name} {constraint!r}: {error}',
            hint=f"driftline stack show {stack}",
        ) from error
    if not good:
        raise EngineVersion(stack=stack, engine=row.name, wanted=constraint, found=version)
