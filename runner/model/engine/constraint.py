"""Versions and version constraints as terraform writes them."""

import operator
from collections.abc import Callable
from typing import Any

from runner.model.code.engines import Version
from runner.model.values.regex import regex

VERSION = regex(r"v?(\d+(?:\.\d+){0,2})(?:-([0-9A-Za-z.-]+))?(?:\+[0-9A-Za-z.-]+)?")
_TERM = regex(r"\s*(=|!=|>=|<=|>|<|~>)?\s*(\S+)\s*")
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


def is_version(text: str) -> bool:
    return VERSION.fullmatch(text) is not None


def exact(constraint: str) -> str | None:
    """The one version that it admits, as it is written; None if it is a range."""
    version = constraint.strip().removeprefix("=").strip()
    return version if is_version(version) else None


def satisfies(version: str, constraint: str) -> bool:
    """Whether a stack that wants this gets the version: a pre-release only if it is exactly what is wanted."""
    numbers, pre = parse(version)
    if pre:
        wanted = exact(constraint)
        return wanted is not None and _ordered(*parse(wanted)) == _ordered(numbers, pre)
    return _within(numbers, constraint)


def core_satisfies(version: str, constraint: str) -> bool:
    """The same as engines judge `required_version`: a pre-release counts as the release that it precedes."""
    return _within(parse(version)[0], constraint)


def order(version: str) -> tuple[Version, bool, str]:
    """A sort key: a release comes after its pre-releases."""
    return _ordered(*parse(version))


def _within(version: Version, constraint: str) -> bool:
    return all(_fits(version, term) for term in constraint.split(",") if term.strip())


def _fits(version: Version, term: str) -> bool:
    match = _TERM.fullmatch(term)
    if match is None:
        raise ValueError(f"not a version constraint: {term!r}")
    sign, (bound, pre) = match[1] or "=", parse(match[2])
    if sign == "~>":
        fixed = len(bound) - 1
        return padded(version)[:fixed] == bound[:fixed] and padded(version) >= padded(bound)
    return bool(_COMPARE[sign](_ordered(version, ""), _ordered(bound, pre)))


def padded(version: Version) -> Version:
    return (*version, 0, 0, 0)[:3]


def _ordered(version: Version, pre: str) -> tuple[Version, bool, str]:
    return padded(version), not pre, pre
