"""Cut HCL into its top-level blocks, and read the plain ones: parsing whole files with hcl2 takes milliseconds a line.

What is not entirely clear is never guessed: the cutter gives None, and the file is taken as a whole.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

# Where something other than plain code begins.
_CODE = re.compile(r'#|//|/\*|"|[{}]|<<-?')
_STRING = re.compile(r'\\.|\$\$\{|%%\{|[$%]\{|"|\n', re.DOTALL)
_HEREDOC = re.compile(r"<<-?([^\s\"'{}()\[\],=]+)[ \t]*\r?\n")
_HEADER = re.compile(r'([A-Za-z_][\w-]*)((?:\s+(?:"[^"\n]*"|[A-Za-z_][\w-]*))*)\s*')
_LABEL = re.compile(r'"([^"\n]*)"|([A-Za-z_][\w-]*)')


@dataclass(frozen=True)
class Block:
    """One top-level block; `body` is what stands between its braces."""

    kind: str
    labels: tuple[str, ...]
    body: str

    @property
    def text(self) -> str:
        return " ".join([self.kind, *(f'"{label}"' for label in self.labels), "{"]) + self.body + "}"


class _Unclear(Exception):
    """The text is not HCL as the cutter knows it."""


def cut(text: str) -> list[Block] | None:
    """The top-level blocks, or None where the text is not clear."""
    try:
        return list(_cut(text))
    except _Unclear:
        return None


def _cut(text: str) -> Iterator[Block]:
    start = position = depth = 0
    blanked: list[str] = []  # the text before a block's brace, without comments
    while (found := _CODE.search(text, position)) is not None:
        mark = found[0]
        if depth == 0:
            blanked.append(text[position : found.start()])
        position = _past(text, found)
        if mark == "{":
            if depth == 0:
                header = _header("".join(blanked))
                start = found.end()
            depth += 1
        elif mark == "}":
            depth -= 1
            if depth < 0:
                raise _Unclear
            if depth == 0:
                yield Block(*header, text[start : found.start()])
                blanked = []
        elif depth == 0 and mark == '"':
            blanked.append(text[found.start() : position])
    if depth or "".join([*blanked, text[position:]]).strip():
        raise _Unclear


def _past(text: str, found: "re.Match[str]") -> int:
    """The position behind what begins here."""
    mark = found[0]
    if mark in {"{", "}"}:
        return found.end()
    if mark == '"':
        return _past_string(text, found.end())
    if mark in {"#", "//"}:
        end = text.find("\n", found.end())
        return len(text) if end < 0 else end
    if mark == "/*":
        end = text.find("*/", found.end())
        if end < 0:
            raise _Unclear
        return end + 2
    heredoc = _HEREDOC.match(text, found.start())
    if heredoc is None:
        raise _Unclear
    end_line = re.compile(rf"^[ \t]*{re.escape(heredoc[1])}[ \t]*\r?$", re.MULTILINE).search(
        text, heredoc.end()
    )
    # A template in it could hold a line that looks like its end.
    if end_line is None or re.search(r"[$%]\{[^}\n]*$", text[heredoc.end() : end_line.start()], re.MULTILINE):
        raise _Unclear
    return end_line.end()


def _past_string(text: str, position: int) -> int:
    """The position behind a quoted string, with the expressions in its templates."""
    while (found := _STRING.search(text, position)) is not None:
        position = found.end()
        if found[0] == '"':
            return position
        if found[0] == "\n":
            raise _Unclear
        if found[0] in {"${", "%{"}:
            position = _past_template(text, position)
    raise _Unclear


def _past_template(text: str, position: int) -> int:
    depth = 1
    while (found := _CODE.search(text, position)) is not None:
        position = _past(text, found)
        depth += {"{": 1, "}": -1}.get(found[0], 0)
        if depth == 0:
            return position
    raise _Unclear


def _header(text: str) -> tuple[str, tuple[str, ...]]:
    """Kind and labels of a block; whatever else stands before its brace makes the file unclear."""
    match = _HEADER.fullmatch(text.strip())
    if match is None or "\\" in text:
        raise _Unclear
    return match[1], tuple(a or b for a, b in _LABEL.findall(match[2]))


# Plain blocks

_PLAIN_STRING = r'"(?:[^"\\$%]|[$%](?!\{))*"'
_ATTRIBUTE = re.compile(rf"\s*([\w-]+|{_PLAIN_STRING})\s*=\s*(.*?)\s*,?\s*")
_LITERALS: dict[str, Any] = {"true": True, "false": False, "null": None}
_NESTED = re.compile(r'\s*([A-Za-z_][\w-]*)((?:\s+"[^"\\$%\n]*")*)\s*(=?)\s*\{\s*')
_INTEGER = re.compile(r"-?(?:0|[1-9]\d{0,15})")
_WITH_COMMENT = re.compile(rf"({_PLAIN_STRING}|[\w.-]+)\s*(?:#|//).*")


@dataclass(frozen=True)
class Computed:
    """The source text of an expression that is not a literal."""

    source: str


def plain_body(block: Block) -> dict[str, Any] | None:
    """The attributes and nested blocks of a block that has one on each line; None where it takes a real parser.

    A nested block `backend "s3" {` becomes `{"backend": [(("s3",), body)]}`, a map `tags = {` a dict.
    """
    stack: list[dict[str, Any]] = [{}]
    # Not `splitlines`: to terraform a comment goes on behind U+2028 and its like.
    for line in block.body.split("\n"):
        bare = line.strip()
        if not bare or bare.startswith(("#", "//")):
            continue
        if bare in {"}", "},"}:
            if len(stack) == 1:
                return None
            stack.pop()
        elif (nested := _NESTED.fullmatch(line)) is not None:
            body: dict[str, Any] = {}
            if nested[3]:
                if nested[2]:
                    return None
                stack[-1][nested[1]] = body
            else:
                labels = tuple(a or b for a, b in _LABEL.findall(nested[2]))
                stack[-1].setdefault(nested[1], []).append((labels, body))
            stack.append(body)
        elif (attribute := _ATTRIBUTE.fullmatch(line)) is not None:
            value = _plain_value(attribute[2])
            if value is NotImplemented:
                return None
            stack[-1][attribute[1].strip('"')] = value
        else:
            return None
    return stack[0] if len(stack) == 1 else None


def _plain_value(text: str) -> Any:
    """A literal, or Computed where the expression clearly ends on its line; NotImplemented where neither."""
    if (commented := _WITH_COMMENT.fullmatch(text)) is not None:
        text = commented[1]
    if re.fullmatch(_PLAIN_STRING, text):
        return text[1:-1].replace("$${", "${").replace("%%{", "%{")
    if text in _LITERALS:
        return _LITERALS[text]
    if _INTEGER.fullmatch(text):
        return int(text)
    bare = re.sub(_PLAIN_STRING, "", text)
    if re.search(r'["{}#<\\]|//|/\*', bare) or not bare.strip():
        return NotImplemented
    if any(bare.count(a) != bare.count(b) for a, b in ("()", "[]")) or re.search(
        r"[-+*/%&|?:=!>,(\[]\s*$", bare
    ):
        return NotImplemented
    return Computed(text)
