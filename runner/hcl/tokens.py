"""HCL's tokens, separated exactly as by HCL's own scanner: where the two disagree, code could hide.

Unclear text is never guessed: it is NotHcl. Every pass is linear in the text.
"""

import re
from collections.abc import Iterator
from typing import NamedTuple

from runner.model.values.regex import regex

# What Go's bytes.TrimSpace strips: HCL allows all of it around the end of a heredoc. Python's own `strip` removes more.
WHITE = "\t\n\v\f\r \x85\xa0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u2028\u2029\u202f\u205f\u3000"
# A string with neither escapes nor templates, which a single match covers.
_SIMPLE = r'"[^"\\$%\r\n]*"'
# The beginning of anything other than plain code.
_CODE = regex(rf'(?P<whole>{_SIMPLE}|(?:#|//)[^\n]*)|/\*|"|[{{}}]|<<')
_STRING = regex(r'\\[^\r\n]|\$\$\{|%%\{|[$%]\{|"|[\r\n]')
_HEREDOC = regex(r"<<-?([^\W\d][\w-]*)\r?\n")
_HEREDOC_PART = regex(r"\$\$\{|%%\{|[$%]\{|\r?\n|\r")
_TOKEN = regex(
    rf'[ \t]*(?:(?P<newline>\r?\n)|(?P<name>[^\W\d][\w-]*)|(?P<string>{_SIMPLE})|(?P<special>#|//|/\*|"|<<)'
    r"|(?P<number>[0-9]+(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?)|(?P<mark>==|=>|>=|<=|!=|[-{}()\[\]=:,.+*/%<>!?&|])|(?P<end>\Z))"
)
_NEWLINES = regex(r"(?:[ \t]*\r?\n)+")
# Most blocks have no other labels.
_LABELS = regex(r'[ \t]*(?:"([^"\\$%\r\n]*)"[ \t]*(?:"([^"\\$%\r\n]*)"[ \t]*)?)?\{')
_TEMPLATE = regex(r"(?<!\$)\$\{|(?<!%)%\{")
_ESCAPE = regex(r"\\(?:u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|(.))|([$%])\4(?=\{)", re.DOTALL)
_PLAIN = {"n": "\n", "r": "\r", "t": "\t", '"': '"', "\\": "\\"}
_NO_CHARACTER = "\ufffd"


class NotHcl(Exception):
    """The text is not HCL as far as it is supported here; the message says where and why."""


class Token(NamedTuple):
    """`kind` is `name`, `number`, `string`, `heredoc`, `newline`, `end`, or the mark itself."""

    kind: str
    start: int
    end: int


class Tokens:
    """A text and the current position. `line` is the number of its first line."""

    def __init__(self, text: str, line: int = 1) -> None:
        self.text, self.position, self._line = text, 0, line
        self._next: Token | None = None

    def take(self) -> Token:
        token = self.peek()
        self._next = None
        return token

    def peek(self) -> Token:
        if self._next is None:
            self._next = self._read()
        return self._next

    def of(self, token: Token) -> str:
        return self.text[token.start : token.end]

    def error(self, problem: str, position: int | None = None) -> NotHcl:
        at = self.position if position is None else position
        return NotHcl(f"line {self.line(at)}: {problem}")

    def line(self, position: int) -> int:
        return self._line + self.text.count("\n", 0, position)

    # Shortcuts without tokens

    def skip_block(self) -> None:
        """Past the brace that closes the current one."""
        self.position = self.past_braces(self.position)

    def skip_newlines(self) -> bool:
        """Newlines separated only by blanks; returns whether there was one."""
        seen = self._next is not None and self._next.kind == "newline"
        if seen:
            self._next = None
        if self._next is None and (found := _NEWLINES.match(self.text, self.position)) is not None:
            self.position = found.end()
            return True
        return seen

    def plain_labels(self) -> tuple[str, ...] | None:
        """Up to two plain strings and the brace after them; None for anything else."""
        found = _LABELS.match(self.text, self.position) if self._next is None else None
        if found is None:
            return None
        self.position = found.end()
        return found.groups()[: found.lastindex or 0]

    def comments(self) -> Iterator[tuple[int, int]]:
        """The span of each comment, except those in templates of strings."""
        position = 0
        while (found := _CODE.search(self.text, position)) is not None:
            start, position = found.span()
            if found["whole"] is None:
                position = self._past(found[0], start)
            if self.text.startswith(("#", "//", "/*"), start):
                yield start, position

    def _read(self) -> Token:
        while (found := _TOKEN.match(self.text, self.position)) is not None:
            kind = str(found.lastgroup)
            start, self.position = found.span(kind)
            match kind:
                case "mark":
                    return Token(found[kind], start, self.position)
                case "special":
                    mark = found[kind]
                    self.position = self._past(mark, start)
                    special = self._special(mark)
                    if special is not None:
                        return Token(special, start, self.position)
                case _:
                    return Token(kind, start, self.position)
        self.position = len(self.text) - len(self.text[self.position :].lstrip(" \t"))
        raise self.error(f"{self.text[self.position]!r} is not expected here")

    def _special(self, mark: str) -> str | None:
        """A single-line comment leaves its newline, a block comment counts as a blank."""
        return {'"': "string", "<<": "heredoc"}.get(mark)

    # Where something that begins at a position ends

    def _past(self, mark: str, start: int) -> int:
        match mark:
            case '"':
                return self._past_string(start)
            case "<<":
                return self._past_heredoc(start)
            case "/*":
                end = self.text.find("*/", start + 2)
                if end < 0:
                    raise self.error("a comment without an end", start)
                return end + 2
            case "#" | "//":
                end = self.text.find("\n", start)
                return len(self.text) if end < 0 else end
            case _:
                return start + len(mark)

    def _past_string(self, start: int) -> int:
        position = start + 1
        while (found := _STRING.search(self.text, position)) is not None:
            position = found.end()
            match found[0]:
                case '"':
                    return position
                case "\n" | "\r":
                    break
                case "${" | "%{":
                    position = self.past_braces(position)
        raise self.error("a string without an end", start)

    def _past_heredoc(self, start: int) -> int:
        """Up to the newline after its end. A line with a template is never the end, whatever it looks like."""
        opening = _HEREDOC.match(self.text, start)
        if opening is None:
            raise self.error("'<<' does not begin a heredoc", start)
        line = position = opening.end()
        while (found := _HEREDOC_PART.search(self.text, position)) is not None:
            position = found.end()
            match found[0]:
                case "\n" | "\r\n":
                    if self.text[line : found.start()].strip(WHITE) == opening[1]:
                        return found.start()
                    line = position
                case "\r":
                    break
                case "${" | "%{":
                    position = self.past_braces(position)
        raise self.error("a heredoc without an end", start)

    def past_braces(self, position: int) -> int:
        """Past the brace that closes one opened before."""
        depth = 1
        while (found := _CODE.search(self.text, position)) is not None:
            if found["whole"] is not None:
                position = found.end()
                continue
            position = self._past(found[0], found.start())
            depth += {"{": 1, "}": -1}.get(found[0], 0)
            if depth == 0:
                return position
        raise self.error("a brace that nothing closes", position)


def has_template(raw: str) -> bool:
    return _TEMPLATE.search(raw) is not None


def unquoted(raw: str) -> str:
    """The text between quotes, with its escapes resolved."""
    return _ESCAPE.sub(_resolved, raw[1:-1])


def _resolved(found: "re.Match[str]") -> str:
    if found[4]:
        return found[4]
    if found[3]:
        if found[3] not in _PLAIN:
            raise NotHcl(f"{found[0]!r} is no escape sequence")
        return _PLAIN[found[3]]
    number = int(found[1] or found[2], 16)
    # As Go writes invalid characters.
    return _NO_CHARACTER if number > 0x10FFFF or 0xD800 <= number <= 0xDFFF else chr(number)
