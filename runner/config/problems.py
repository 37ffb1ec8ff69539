"""Complaints and flaws -> problems with their location in the file, in words for people."""

import json
from collections.abc import Iterable
from typing import Any

from runner.config.check import Complaint
from runner.config.place import MAX_PROBLEMS, Document, Flaw, KeyPath, dotted, value_at
from runner.config.scalar import DOUBTFUL
from runner.config.shape import Kind, Shape
from runner.config.walk import FORBIDDEN
from runner.model.values.problem import Problem

_LONGEST = 60
_LONGEST_LINE = 400

_CALLED = {dict: "a mapping", list: "a list", type(None): "nothing"}


def problems(
    file: str, document: Document, shape: Shape, complaints: Iterable[Complaint], stack: str | None = None
) -> list[Problem]:
    """Flaws and complaints of one document, by location; a flaw hides complaints about the same location."""
    flawed = {flaw.place[:2] for flaw in document.flaws}
    said = [(flaw.place, _sentence(flaw.path, _message(flaw, shape))) for flaw in document.flaws]
    for complaint in complaints:
        place = document.place(complaint.path, at_key=complaint.at_key)
        if place[:2] not in flawed:
            said.append(
                (place, _sentence(complaint.path, complaint.message + _remark(document, shape, complaint)))
            )
    found = [
        Problem(file, place.line, place.column, message, stack) for place, message in dict.fromkeys(said)
    ]
    found.sort(key=lambda problem: (problem.line, problem.column))
    if len(found) <= MAX_PROBLEMS:
        return found
    more = Problem(file, found[MAX_PROBLEMS].line, found[MAX_PROBLEMS].column, "more problems follow", stack)
    return [*found[:MAX_PROBLEMS], more]


def doubts(document: Document, shape: Shape) -> list[Complaint]:
    """Plain yes, no, on, off where text is expected: YAML 1.1 reads them as booleans. And 1.30, which
    terraform would get as 1.3.
    """
    found = []
    for path in document.doubtful:
        expected = shape.at(path)
        word = str(document.values[path].source)
        if shape.secret(path):
            found.append(Complaint(path, "this string needs quotes", got=False))
        elif word not in DOUBTFUL:
            if expected.kind is Kind.ANYTHING:
                found.append(
                    Complaint(path, "a number would lose its trailing zero", f'quote it: "{word}"', got=False)
                )
        elif expected.kind in {Kind.TEXT, Kind.PATH} or expected.or_text:
            message = f"expected {expected.words}, got {word}, which YAML reads as true or false"
            found.append(Complaint(path, message, f'quote it: "{word}"', got=False))
        elif expected.kind is Kind.ANYTHING:
            message = f"YAML reads {word} as true or false"
            found.append(Complaint(path, message, f'write true or false, or quote it: "{word}"', got=False))
    return found


def _message(flaw: Flaw, shape: Shape) -> str:
    """A password may start with & or *, or consist of digits only."""
    return "this string needs quotes" if shape.secret(flaw.path) else flaw.message


def _sentence(path: KeyPath, message: str) -> str:
    """One printable line: keys and tags are untrusted text."""
    sentence = f"{dotted(path)}: {message}" if path else message
    line = FORBIDDEN.sub("\ufffd", sentence).replace("\n", " ").replace("\t", " ")
    return line if len(line) <= _LONGEST_LINE else line[: _LONGEST_LINE - 1] + "…"


def _remark(document: Document, shape: Shape, complaint: Complaint) -> str:
    """The value found there, and what was probably meant."""
    expected = shape.at(complaint.path)
    value = value_at(document.data, complaint.path)
    hint = complaint.hint
    shown = ""
    if complaint.got and not shape.secret(complaint.path):
        source = document.place(complaint.path).source
        shown = ", got " + _shown(value, source)
        hint = hint or _meant(expected, value, source)
    return shown + (f" ({hint})" if hint else "")


def _shown(value: Any, source: str | None) -> str:
    if type(value) in _CALLED:
        return _CALLED[type(value)]
    if isinstance(value, str):
        return json.dumps(_short(value), ensure_ascii=False)
    return _short(source if source is not None else str(value))


def _short(text: str) -> str:
    return text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"


def _meant(expected: Shape, value: Any, source: str | None) -> str:
    if isinstance(value, str):
        return _meant_by(value, expected)
    if (expected.kind in {Kind.TEXT, Kind.PATH} or expected.or_text) and source:
        return f'quote it: "{_short(source)}"'
    if expected.kind is Kind.LIST and isinstance(value, int):
        return f"write [{value}]"
    return f"write {value}s" if expected.kind is Kind.SPAN and isinstance(value, int) else ""


def _meant_by(word: str, expected: Shape) -> str:
    if expected.choices:
        return _nearest_choice(expected, word)
    if expected.kind is Kind.LIST:
        return f"write [{_short(word)}]"
    if expected.kind is Kind.SWITCH and word in DOUBTFUL:
        return f"write {str(word.lower() in {'yes', 'on'}).lower()}"
    if expected.kind is Kind.NUMBER and word.isdecimal():
        return f"write {_short(word)} without quotes"
    return ""


def _nearest_choice(expected: Shape, value: str) -> str:
    from difflib import get_close_matches

    words = [str(choice) for choice in expected.choices]
    near = [] if value in expected.choices else get_close_matches(value[:40], words, 1)
    return f'did you mean "{near[0]}"?' if near else ""
