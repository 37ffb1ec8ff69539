"""The YAML documents of one file: read quickly as plain data, or carefully with every location and flaw."""

import re
from typing import Any

import yaml

from runner.config.place import Document, Flaw, Place
from runner.config.walk import FORBIDDEN, Odd, TooMuch, Walk
from runner.model.values.regex import regex

MAX_BYTES = 64 * 1024
MAX_DOCUMENTS = 200

_SPLIT = regex(r"^(?=---(?:[ \t\r\n]|\Z))", re.MULTILINE)  # --- at column 1 means nothing else in YAML

_HINTS = {
    "mapping values are not allowed": 'quote text that contains ": ", or fix the indentation',
    "expected ':'": "missing : after the key, or wrong indentation",
    "did not find expected key": "missing : after a key, or wrong indentation",
    "did not find expected '-' indicator": "fix the indentation of the list",
    "expected node content": "missing value or closing bracket",
    "end of stream": "unclosed quote or bracket",
    "document indicator": "unclosed quote",
    "did not find expected ',' or": "missing comma or closing bracket",
    "<document start>": "wrong indentation, or two values on one line",
    "unknown escape character": "write a backslash as \\\\ in double quotes, or use single quotes",
}


def read_quickly(content: bytes) -> list[Any]:
    """The data of each non-empty document, or Odd if only the careful reading can decide."""
    try:
        text = content.decode().removeprefix("\ufeff")
    except UnicodeDecodeError:
        raise Odd from None
    if len(content) > MAX_BYTES or text.count("\n---") >= MAX_DOCUMENTS or FORBIDDEN.search(text):
        raise Odd
    try:
        return [data for data in Walk(text).documents() if data is not None]
    except yaml.YAMLError:
        raise Odd from None


def read_carefully(content: bytes) -> list[Document]:
    """Each non-empty document; a broken one never hides the next."""
    if len(content) > MAX_BYTES:
        return [_unreadable(Place(1, 1), f"the file is larger than {MAX_BYTES // 1024} KiB")]
    try:
        text = content.decode().removeprefix("\ufeff")
    except UnicodeDecodeError as error:
        return [_unreadable(_end(content[: error.start].decode()), "the file is not UTF-8 text")]
    parts = _SPLIT.split(text)
    if len(parts) > MAX_DOCUMENTS:
        return [_unreadable(Place(1, 1), f"the file has more than {MAX_DOCUMENTS} documents")]
    found: list[Document] = []
    line = 0
    for part in parts:
        found += _read_part(part, line)
        line += part.count("\n")
    return [document for document in found if document.data is not None or document.flaws]


def _read_part(text: str, line: int) -> list[Document]:
    """Usually one document; only a `...` line makes it several."""
    forbidden = FORBIDDEN.search(text)
    if forbidden:
        message = f"the character U+{ord(forbidden[0]):04X} is not allowed"
        return [_unreadable(_end(text[: forbidden.start()], line), message)]
    found: list[Document] = []
    walk = Walk(text, found, line)
    try:
        for data in walk.documents():
            found[-1].data = data
    except TooMuch:
        found[-1].complete = False
        found[-1].data = walk.root
    except yaml.MarkedYAMLError as error:
        if not found:
            found.append(Document())
        found[-1].complete = False
        found[-1].data = walk.root
        found[-1].flaws.append(_syntax(error, text, line))
    return found


def _syntax(error: yaml.MarkedYAMLError, text: str, line: int) -> Flaw:
    problem = error.problem or "the parser failed"
    unclosed = "quoted scalar" in (error.context or "") and "end of stream" in problem
    mark = error.context_mark if unclosed else error.problem_mark or error.context_mark
    row, column = (mark.line, mark.column) if mark else (0, 0)
    rows = text.split("\n")
    here = rows[row][column : column + 1] if row < len(rows) else ""
    directive = next((number for number, content in enumerate(rows) if content.startswith("%")), None)
    if "cannot start any token" in problem:
        problem = (
            "tabs are not allowed as indentation"
            if here == "\t"
            else f"unquoted text may not start with {here}"
        )
        hint = "use spaces" if here == "\t" else "quote it"
    elif directive is not None and directive <= row:
        row, column, hint = directive, 0, "remove the directive that starts with %"
    else:
        hint = next((hint for words, hint in _HINTS.items() if words in problem), "")
    place = Place(row + 1 + line, column + 1)
    return Flaw((), place, f"not valid YAML: {problem}" + (f" ({hint})" if hint else ""))


def _unreadable(place: Place, message: str) -> Document:
    return Document(complete=False, flaws=[Flaw((), place, message)])


def _end(text: str, line: int = 0) -> Place:
    return Place(text.count("\n") + 1 + line, len(text) - text.rfind("\n"))
