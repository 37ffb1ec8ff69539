"""The tokens of Rego, each with its place: enough to see what a module calls and which variables it binds."""

import re
from collections.abc import Iterator
from typing import Literal, NamedTuple

Kind = Literal["name", "text", "number", "mark"]
_TOKEN = re.compile(
    r"""(?P<space>[ \t\r\f\v]+|\#[^\n]*)
    |(?P<line>\n)
    |(?P<text>\$?"(?:[^"\\\n]|\\.)*"|\$?`[^`]*`)
    |(?P<number>[0-9]+(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?)
    |(?P<name>[A-Za-z_][A-Za-z0-9_]*)
    |(?P<mark>:=|==|!=|<=|>=|.)""",
    re.VERBOSE,
)
_QUOTES = {'"', "`"}
_CLOSES = {"(": ")", "[": "]", "{": "}"}


class Token(NamedTuple):
    kind: Kind
    text: str
    line: int
    column: int
    start: int
    first: bool  # whether a line begins with it

    @property
    def end(self) -> int:
        return self.start + len(self.text)


class Unreadable(Exception):
    """What is wrong with the text of a module, and where."""

    def __init__(self, message: str, line: int, column: int) -> None:
        super().__init__(message)
        self.message, self.line, self.column = message, line, column


def tokens(source: str) -> list[Token]:
    """Unreadable where brackets do not match."""
    found = list(_tokens(source))
    _match(found)
    return found


def _tokens(source: str) -> Iterator[Token]:
    line, begins, first = 1, 0, True
    for match in _TOKEN.finditer(source):
        kind, text = match.lastgroup, match[0]
        if kind == "line":
            line, begins, first = line + 1, match.end(), True
        elif kind != "space":
            if text in _QUOTES:
                # Not passed over: each further quote on the line would be tried to its end as well.
                raise Unreadable("a text is never closed", line, match.start() - begins + 1)
            named: Kind = kind  # type: ignore[assignment]  # one of the groups above
            yield Token(named, text, line, match.start() - begins + 1, match.start(), first)
            first = False
            if "\n" in text:
                line += text.count("\n")
                begins = match.start() + text.rindex("\n") + 1


def _match(found: list[Token]) -> None:
    opened: list[Token] = []
    for token in found:
        if token.kind != "mark":
            continue
        if token.text in _CLOSES:
            opened.append(token)
        elif token.text in _CLOSES.values():
            before = opened.pop() if opened else None
            if before is None or _CLOSES[before.text] != token.text:
                raise Unreadable(f'unexpected "{token.text}"', token.line, token.column)
    if opened:
        raise Unreadable(f'"{opened[-1].text}" is never closed', opened[-1].line, opened[-1].column)


def closing(found: list[Token], opens: int) -> int:
    """The index of the bracket that closes the one at `opens`."""
    depth = 0
    for index in range(opens, len(found)):
        if found[index].kind == "mark":
            depth += (found[index].text in _CLOSES) - (found[index].text in _CLOSES.values())
            if depth == 0:
                return index
    raise AssertionError("the brackets of tokens match")
