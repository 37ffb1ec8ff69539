"""Every text that a piece of code may stand for, without deciding which: for masking, too many are better than too few."""

import json
import re
from collections.abc import Iterator
from decimal import Decimal, DecimalException
from typing import Any

from runner.hcl.tokens import NotHcl, unquoted
from runner.hcl.values import Computed, heredoc_text
from runner.model.secret.copies import SHORTEST_PART, not_names

# Also without an end: otherwise each quote in it would be tried as a beginning.
_QUOTED = re.compile(r'"((?:[^"\\\r\n]|\\.)*+)"?')
_HEREDOC = re.compile(r"<<-?([^\W\d][\w-]*)\r?$")
_KEY = re.compile(r"[ \t]*(?:=(?!=)|:)")
_NUMBER = re.compile(r"[0-9]+(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?")
# `${"text"}`, also with the markers that strip white space.
_INSERTED = re.compile(r'\$\{~?\s*+\(*+\s*+(?:"((?:[^"\\\r\n]|\\.)*+)"|([0-9.]++))\s*+\)*+\s*+~?\}')
_DIRECTIVE = re.compile(r"%\{[^{}]*\}")
_TEMPLATE = re.compile(r"[$%]\{[^{}]*\}")
_ASSIGNED = re.compile(r"^[^=:\n]*[=:](.*)$", re.MULTILINE)
_WIDEST = 200  # blanks before a key
_LONGEST_NUMBER = 60  # as written
_MAX_DIGITS = 400  # written out; 1e999999 would be a megabyte, and part of a digest looks like a number, too
_NESTED = 8  # templates in templates


def spelled(value: Any) -> Iterator[str]:
    """The texts and numbers in a parsed value, including those in unevaluated expressions."""
    match value:
        case Computed(source):
            yield from spelled_in(source)
        case dict():
            for key, part in value.items():
                yield from not_names((str(key),))
                yield from spelled(part)
        case list() | tuple():
            for part in value:
                yield from spelled(part)
        case str():
            yield value
            if "{" in value:
                yield from _rendered(value)
        case bool() | None:
            return
        case _:
            yield from _number(str(value))


def spelled_in(source: str) -> Iterator[str]:
    """The texts in an HCL expression."""
    text = heredoc_text(source)
    if text is not None:
        yield text
        return
    if source.startswith('"') and source.endswith('"'):
        # Even if it contains other strings, in templates.
        yield from _rendered(source[1:-1])
    for lines in _heredocs(source) if "<<" in source else ():
        yield from _rendered("\n".join(lines))
        yield from (line.strip() for line in lines)
    for quoted in _QUOTED.finditer(source):
        inner = _rendered(quoted[1])
        yield from not_names(inner) if _is_key(source, quoted) else inner
    for number in _NUMBER.finditer(source):
        yield from _number(number[0])


def _heredocs(source: str) -> Iterator[list[str]]:
    """The lines of each; without an end, it continues to the end of the text."""
    end, inner = "", list[str]()
    for line in source.split("\n"):
        if end and line.strip() != end:
            inner.append(line)
        elif end:
            yield inner
            end, inner = "", []
        elif (opening := _HEREDOC.search(line)) is not None:
            end = opening[1]
    if end:
        yield inner


def _is_key(source: str, quoted: "re.Match[str]") -> bool:
    """Whether it is the key of a map: in `a ? "b" : "c"` neither is."""
    before = source[max(0, quoted.start() - _WIDEST) : quoted.start()].rstrip(" \t")[-1:]
    return before in {"{", ",", "\n"} and _KEY.match(source, quoted.end()) is not None


def guessed(text: str) -> Iterator[str]:
    """Possible values in an unreadable file: engines quote its lines in their own error."""
    yield from spelled_in(text)
    for assigned in _ASSIGNED.finditer(text):
        yield assigned[1].strip().strip("\"',;{}[]() ")


def json_values(text: str) -> Any:
    """A JSON document, its objects as lists of pairs, since names may repeat. ValueError, RecursionError."""
    return json.loads(
        text, object_pairs_hook=Pairs, parse_int=Written, parse_float=Written, parse_constant=Written
    )


class Pairs(list[tuple[str, Any]]):
    """A JSON object."""


class Written(str):
    """A JSON number as written."""

    __slots__ = ()


def spelled_json(value: Any) -> Iterator[str]:
    """The same for the result of `json_values`; a JSON string may contain a template."""
    match value:
        case Pairs():
            for key, part in value:
                yield from not_names((key,))
                yield from spelled_json(part)
        case list():
            for part in value:
                yield from spelled_json(part)
        case Written():
            yield from _number(value)
        case str():
            yield from spelled(value)


def _rendered(raw: str) -> Iterator[str]:
    """The text between quotes, with text-only templates replaced, and the parts around other templates."""
    yield _plain(raw)
    whole = raw
    for _ in range(_NESTED):
        whole, found = _INSERTED.subn(lambda inner: inner[1] or inner[2] or "", whole)
        if not found:
            break
    whole = _DIRECTIVE.sub("", whole)
    if whole != raw:
        yield _plain(whole)
    if _TEMPLATE.search(raw) is not None:
        yield from map(_plain, _TEMPLATE.split(raw))


def _plain(raw: str) -> str:
    try:
        return unquoted(f'"{raw}"')
    except NotHcl:
        return raw


def _number(written: str) -> Iterator[str]:
    """As written, and as the engine would print it."""
    yield from (form for form in (written, _printed(written)) if len(form) >= SHORTEST_PART)


def _printed(written: str) -> str:
    """Empty if it is not a number, or has too many digits to be printed."""
    if len(written) > _LONGEST_NUMBER:
        return ""
    try:
        number = Decimal(written).normalize()
    except DecimalException:
        return ""
    return format(number, "f") if abs(number.adjusted()) <= _MAX_DIGITS else ""
