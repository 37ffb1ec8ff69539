"""Cut HCL into its top-level blocks, and parse those of interest: their attributes and nested blocks.

python-hcl2 is not used: it takes milliseconds per line, and disagrees with HCL about the end of a heredoc.
"""

import json
from collections.abc import Iterator
from dataclasses import field
from typing import Any

from runner.hcl.tokens import NotHcl, Token, Tokens, has_template, unquoted
from runner.hcl.values import value
from runner.model.values.frozen import dataclass


@dataclass(frozen=True)
class Block:
    """One top-level block; `body` is the text between its braces, from this line of its file on."""

    kind: str
    labels: tuple[str, ...]
    body: str
    line: int = field(default=1, compare=False)

    @property
    def text(self) -> str:
        labels = (json.dumps(label, ensure_ascii=False) for label in self.labels)
        return " ".join([self.kind, *labels, "{"]) + self.body + "}"


class Nested(list[tuple[tuple[str, ...], dict[str, Any]]]):
    """The blocks of one kind in a body: labels and body of each. An attribute is never one of these."""


def cut(text: str) -> list[Block] | None:
    """The top-level blocks, or None if the text is unclear."""
    try:
        return blocks_of(text)
    except NotHcl:
        return None


def blocks_of(text: str) -> list[Block]:
    """The top-level blocks; NotHcl if the text is unclear."""
    try:
        return list(_blocks(Tokens(text)))
    except RecursionError:
        raise NotHcl("templates in templates, more than can be followed") from None


def _blocks(tokens: Tokens) -> Iterator[Block]:
    line = last = 0
    while (token := _past_newlines(tokens)).kind != "end":
        kind, labels = _name(tokens, token), labels_of(tokens)
        start = tokens.position
        tokens.skip_block()
        line, last = line + tokens.text.count("\n", last, start), start
        yield Block(kind, labels, tokens.text[start : tokens.position - 1], line + 1)
        if not tokens.skip_newlines() and tokens.peek().kind not in {"newline", "end"}:
            raise tokens.error("a block ends with its line")


def body_of(block: Block) -> dict[str, Any]:
    """The attributes and nested blocks of a block; NotHcl if it is unclear.

    A nested block `backend "s3" {` becomes `{"backend": [(("s3",), body)]}`, a map `tags = {` a dict.
    """
    try:
        return _body(Tokens(block.body, block.line), "end")
    except RecursionError:
        raise NotHcl(f"line {block.line}: a block with more in it than can be followed") from None


def plain_body(block: Block) -> dict[str, Any] | None:
    """The same, or None if it is unclear."""
    try:
        return body_of(block)
    except NotHcl:
        return None


def nested(body: dict[str, Any], name: str, labels: int) -> Nested:
    """The blocks of that name; NotHcl if it is an attribute, or the number of labels differs."""
    found = body.get(name, Nested())
    if not isinstance(found, Nested):
        raise NotHcl(f"{name} is an attribute, and has to be a block")
    if any(len(given) != labels for given, _ in found):
        raise NotHcl(f"a block {name} needs {labels} labels")
    return found


def _body(tokens: Tokens, closing: str) -> dict[str, Any]:
    found: dict[str, Any] = {}
    while (token := _past_newlines(tokens)).kind != closing:
        name = _name(tokens, token)
        if tokens.peek().kind == "=":
            tokens.take()
            if name in found:
                raise tokens.error(f"{name} stands there twice", token.start)
            found[name] = value(tokens, {"newline", closing})
        else:
            labels = labels_of(tokens)
            others = found.setdefault(name, Nested())
            if not isinstance(others, Nested):
                raise tokens.error(f"{name} stands there twice", token.start)
            others.append((labels, _body(tokens, "}")))
        if tokens.peek().kind not in {"newline", closing}:
            raise tokens.error(f"{name} ends with its line", token.start)
    return found


def _past_newlines(tokens: Tokens) -> Token:
    tokens.skip_newlines()
    while (token := tokens.take()).kind == "newline":
        pass
    return token


def _name(tokens: Tokens, token: Token) -> str:
    if token.kind != "name":
        raise tokens.error("expected the name of an attribute or of a block", token.start)
    return tokens.of(token)


def labels_of(tokens: Tokens) -> tuple[str, ...]:
    """Up to the following brace."""
    plain = tokens.plain_labels()
    if plain is not None:
        return plain
    labels: list[str] = []
    while (token := tokens.take()).kind != "{":
        raw = tokens.of(token)
        if token.kind not in {"name", "string"} or has_template(raw):
            raise tokens.error("expected a label or an opening brace", token.start)
        labels.append(raw if token.kind == "name" else unquoted(raw))
    return tuple(labels)
