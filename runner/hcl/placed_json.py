"""JSON with the place of each value."""

import json
import re
from json.decoder import py_scanstring as scanstring  # type: ignore[attr-defined]  # json's own

from runner.hcl.placed import reference_in
from runner.hcl.tokens import NotHcl, has_template
from runner.model.accept.syntax import Attribute, Body, Constant, Entries, Entry, Items, Node, Style

_BLANK = re.compile(r"[ \t\r\n]*")
_BARE = re.compile(r"-?[0-9]+(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?|true|false|null")


def placed_json(text: str, *, templates: bool) -> Node:
    """`templates`: whether texts are evaluated, as in configuration. NotHcl."""
    try:
        node, end = _Reader(text, templates).value(_past(text, 0))
    except (ValueError, IndexError) as error:
        raise NotHcl(f"it is not JSON: {error}") from None
    except RecursionError:
        raise NotHcl("nested more deeply than can be followed") from None
    if _past(text, end) != len(text):
        raise NotHcl("it is not JSON: something follows its end")
    return node


def body_of_json(node: Node) -> Body:
    """An object as the body of a block."""
    if not isinstance(node, Entries):
        return Body(node.start, node.end)
    return Body(node.start, node.end, tuple(Attribute(one.key, one.start, one.node) for one in node.entries))


class _Reader:
    def __init__(self, text: str, templates: bool) -> None:  # noqa: FBT001 - of this module only
        self._text, self._templates = text, templates

    def value(self, at: int) -> tuple[Node, int]:
        match self._text[at]:
            case "{":
                return self._object(at)
            case "[":
                return self._array(at)
            case '"':
                return self._string(at)
        found = _BARE.match(self._text, at)
        if found is None:
            raise ValueError(f"unexpected {self._text[at]!r}")
        return Constant(at, found.end(), json.loads(found[0])), found.end()

    def _string(self, at: int) -> tuple[Node, int]:
        value, end = scanstring(self._text, at + 1, True)
        if not self._templates or not has_template(value):
            plain = value.replace("$${", "${").replace("%%{", "%{") if self._templates else value
            return Constant(at, end, plain, Style.QUOTED), end
        return reference_in(value, at, end), end

    def _object(self, start: int) -> tuple[Node, int]:
        found: list[Entry] = []
        at = _past(self._text, start + 1)
        while self._text[at] != "}":
            key, end = scanstring(self._text, at + 1, True)
            colon = _past(self._text, end)
            if self._text[at] != '"' or self._text[colon] != ":":
                raise ValueError("expected a key")
            node, end = self.value(_past(self._text, colon + 1))
            found.append(Entry(key, at, node))
            at = self._past_comma(end, "}")
        return Entries(start, at + 1, tuple(found)), at + 1

    def _array(self, start: int) -> tuple[Node, int]:
        found: list[Node] = []
        at = _past(self._text, start + 1)
        while self._text[at] != "]":
            node, end = self.value(at)
            found.append(node)
            at = self._past_comma(end, "]")
        return Items(start, at + 1, tuple(found)), at + 1

    def _past_comma(self, at: int, closing: str) -> int:
        at = _past(self._text, at)
        if self._text[at] == ",":
            return _past(self._text, at + 1)
        if self._text[at] != closing:
            raise ValueError(f"expected {closing}")
        return at


def _past(text: str, at: int) -> int:
    found = _BLANK.match(text, at)
    return at if found is None else found.end()
