"""HCL expressions: each is a literal, or Computed, which is never evaluated."""

import re
from textwrap import dedent
from typing import Any

from runner.hcl.tokens import Token, Tokens, has_template, unquoted
from runner.model.values.frozen import dataclass

_WHOLE = re.compile(r"(?!-0+\Z)-?[0-9]{1,16}")  # engines write -0 as such
_LITERALS: dict[str, Any] = {"true": True, "false": False, "null": None}
_CLOSING = {"(": ")", "[": "]", "{": "}"}


@dataclass(frozen=True)
class Computed:
    """The source text of an expression that is not a literal."""

    source: str


def heredoc_text(source: str) -> str | None:
    """The text of a heredoc without templates, without its last newline; None for any other expression."""
    if not source.startswith("<<") or has_template(source):
        return None
    lines = source.replace("\r\n", "\n").split("\n")[1:-1]
    text = dedent("\n".join(lines)) if source.startswith("<<-") else "\n".join(lines)
    return text.replace("$${", "${").replace("%%{", "%{")


def value(tokens: Tokens, ends: set[str]) -> Any:
    """The expression before one of these tokens, which stays unread."""
    first = tokens.take()
    if first.kind in {*ends, "newline", "end"}:
        raise tokens.error("expected a value", first.start)
    found = _literal(tokens, first)
    if tokens.peek().kind in ends:
        return found
    return _computed(tokens, first, skip_rest(tokens, ends))


def _computed(tokens: Tokens, first: Token, end: int) -> Computed:
    return Computed(tokens.text[first.start : end])


def _literal(tokens: Tokens, first: Token) -> Any:
    """The value that begins here, if it also ends here."""
    match first.kind:
        case "[":
            return _list(tokens, first)
        case "{":
            return _map(tokens, first)
        case "(":
            return _computed(tokens, first, _past_closing(tokens, first))
        case "]" | "}" | ")":
            raise tokens.error(f"{first.kind} closes nothing", first.start)
        case "-" if tokens.peek().kind == "number":
            return _scalar("number", tokens.text[first.start : tokens.take().end])
        case kind:
            return _scalar(kind, tokens.of(first))


def _scalar(kind: str, raw: str) -> Any:
    if kind == "string" and not has_template(raw):
        return unquoted(raw)
    if kind == "number" and _WHOLE.fullmatch(raw):
        return int(raw)
    return _LITERALS[raw] if kind == "name" and raw in _LITERALS else Computed(raw)


def _list(tokens: Tokens, first: Token) -> Any:
    found: list[Any] = []
    while True:
        _drop_newlines(tokens)
        if tokens.peek().kind == "]":
            tokens.take()
            return found
        if tokens.of(tokens.peek()) == "for":
            return _computed(tokens, first, _past_closing(tokens, first))
        found.append(_value_in_list(tokens))
        if tokens.peek().kind == ",":
            tokens.take()
        elif tokens.peek().kind != "]":
            raise tokens.error("expected a comma or ]")


def _value_in_list(tokens: Tokens) -> Any:
    """Newlines mean nothing inside lists."""
    first = tokens.take()
    found = _literal(tokens, first)
    _drop_newlines(tokens)
    if tokens.peek().kind in {",", "]"}:
        return found
    end = skip_rest(tokens, {",", "]"}, through_newlines=True)
    return Computed(tokens.text[first.start : end])


def _map(tokens: Tokens, first: Token) -> Any:
    found: dict[str, Any] = {}
    while True:
        _drop_newlines(tokens)
        key = tokens.take()
        if key.kind == "}":
            return found
        raw = tokens.of(key)
        known = key.kind == "name" or (key.kind == "string" and not has_template(raw))
        # A computed key, or `for`: the contents are unknown.
        if not known or tokens.peek().kind not in {"=", ":"}:
            if key.kind in {")", "]", "end"}:
                raise tokens.error("expected a key or }", key.start)
            return _computed(tokens, first, _past_closing(tokens, first, key))
        name = raw if key.kind == "name" else unquoted(raw)
        tokens.take()
        # Of two equal keys the last one counts, as for the engine.
        found[name] = value(tokens, {",", "newline", "}"})
        if tokens.peek().kind == ",":
            tokens.take()


def _drop_newlines(tokens: Tokens) -> None:
    while tokens.peek().kind == "newline":
        tokens.take()


def skip_rest(tokens: Tokens, ends: set[str], *, through_newlines: bool = False) -> int:
    """Past the rest of an expression; returns the end of its last token."""
    end = tokens.peek().start
    while (token := tokens.peek()).kind not in ends:
        if token.kind in {"end", "=", ")", "]", "}"} or (token.kind == "newline" and not through_newlines):
            raise tokens.error("expected the end of a value", token.start)
        tokens.take()
        end = _past_closing(tokens, token) if token.kind in _CLOSING else token.end
    return end


def _past_closing(tokens: Tokens, opening: Token, *read: Token) -> int:
    """Past the closing bracket; these tokens were read already."""
    open_ = [_CLOSING[opening.kind], *(_CLOSING[token.kind] for token in read if token.kind in _CLOSING)]
    while open_:
        token = tokens.take()
        if token.kind == "end":
            raise tokens.error(f"nothing closes the {opening.kind}", opening.start)
        if token.kind in _CLOSING:
            open_.append(_CLOSING[token.kind])
        elif token.kind in {")", "]", "}"} and token.kind != open_.pop():
            raise tokens.error(f"{token.kind} closes nothing", token.start)
    return token.end
