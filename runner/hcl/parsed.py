"""Expressions of HCL in the form in which they can be evaluated. What is not supported stays `Unread`."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from decimal import Decimal
from typing import Any

from runner.hcl.expressions import pieces
from runner.hcl.tokens import NotHcl, Token, Tokens, has_template, unquoted
from runner.hcl.values import Computed
from runner.model.constant.expression import (
    Call,
    Condition,
    Entries,
    Expression,
    Items,
    Literal,
    Name,
    Operation,
    Part,
    Template,
    Unread,
)

LONGEST = 8192  # characters of an expression
DEEPEST = 20  # expressions in expressions
MOST_CHAINED = 100  # operators and attributes of an expression
LONGEST_NUMBER = 30
_ROOTS_OF_TWO = frozenset({"var", "local", "path", "terraform", "each", "count", "module", "data", "self"})
_LITERALS = {"true": Literal(True), "false": Literal(False), "null": Literal(None)}
# From the loosest to the tightest. Arithmetic is not among them.
_BINARY: tuple[frozenset[str], ...] = (
    frozenset({"||"}),
    frozenset({"&&"}),
    frozenset({"==", "!="}),
    frozenset({"<", "<=", ">", ">="}),
)


def parsed(value: Any) -> Expression:
    """A value as `body_of` returns it: literals with `Computed` parts."""
    match value:
        case Computed(source):
            return parse(source)
        case list():
            return Items(tuple(map(parsed, value)))
        case dict() | (tuple(), dict()):  # a map, or a nested block with its labels
            body = value[1] if isinstance(value, tuple) else value
            return Entries(tuple((str(key), parsed(part)) for key, part in body.items()))
        case str() | bool() | None:
            literal: str | bool | Decimal | None = value
        case int():
            literal = Decimal(value)
        case _:
            return Unread("it is a block")
    return Literal(literal)


def parsed_json(value: Any, *, templates: bool) -> Expression:
    """A value of a JSON document, whose texts are templates where the engine evaluates them."""
    match value:
        case str() if templates and "{" in value:
            return _guarded(value, lambda: _template(value, 0, quoted=False))
        case float():
            return Unread("it contains a number with a fraction, or -0")
        case list():
            return Items(tuple(parsed_json(part, templates=templates) for part in value))
        case dict():
            entries = ((key, parsed_json(part, templates=templates)) for key, part in value.items())
            if templates and any(has_template(key) for key in value):
                return Unread("a key of it is computed")
            return Entries(tuple(entries))
        case _:
            return parsed(value)


def parse(text: str) -> Expression:
    """The expression in a text of its own."""
    return _guarded(text, lambda: _Parser(text, 0).whole())


def _guarded(text: str, read: Callable[[], Expression]) -> Expression:
    if len(text) > LONGEST:
        return Unread(f"it has more than {LONGEST:,} characters")
    try:
        return read()
    except NotHcl as error:
        return Unread(str(error).partition(": ")[2] or str(error))
    except RecursionError:
        return Unread("it is nested too deeply")


def _template(raw: str, depth: int, *, quoted: bool) -> Expression:
    """The text between quotes; in JSON its escapes are resolved already."""
    if "${~" in raw or "~}" in raw:
        raise NotHcl("a template that strips white space is not evaluated")
    parts: list[Expression] = []
    found = list(pieces(raw))
    for computed, part in found:
        if computed:
            if not part.strip():
                raise NotHcl("an empty template is not evaluated")
            parts.append(_Parser(part, depth + 1).whole())
            if len(found) == 1:
                return parts[0]  # `"${x}"` is x itself, whatever its type
        else:
            parts.append(Literal(unquoted(f'"{part}"') if quoted else _unescaped(part)))
    return Template(tuple(parts)) if parts else Literal("")


def _unescaped(text: str) -> str:
    return text.replace("$${", "${").replace("%%{", "%{")


class _Parser:
    """Newlines mean nothing here, except between the entries of a map."""

    def __init__(self, text: str, depth: int) -> None:
        self._tokens, self._depth = Tokens(text), depth
        self._chained = 0
        self._by_lines = False  # whether a newline ends the expression

    def whole(self) -> Expression:
        found = self._expression()
        if self._take().kind != "end":
            raise NotHcl("an operator or something else in it is not evaluated")
        return found

    def _expression(self) -> Expression:
        self._depth += 1
        if self._depth > DEEPEST:
            raise NotHcl("it is nested too deeply")
        try:
            asked = self._binary(0)
            if not self._next_is("?"):
                return asked
            then = self._expression()
            self._expect(":")
            return Condition(asked, then, self._expression())
        finally:
            self._depth -= 1

    def _binary(self, level: int) -> Expression:
        if level == len(_BINARY):
            return self._unary()
        found = self._binary(level + 1)
        while (operator := self._operator(_BINARY[level])) is not None:
            found = Operation(operator, (found, self._binary(level + 1)))
            self._spend()
        return found

    def _operator(self, among: frozenset[str]) -> str | None:
        """`&&` and `||` are two tokens each."""
        token = self._peek()
        kind = token.kind * 2 if token.kind in {"&", "|"} else token.kind
        if kind not in among:
            return None
        self._take()
        if kind != token.kind:
            self._expect(token.kind)
        return kind

    def _unary(self) -> Expression:
        for operator in ("!", "-"):
            if self._next_is(operator):
                self._spend()
                return Operation(operator, (self._unary(),))
        return self._parts(self._term())

    def _spend(self) -> None:
        """For what is nested without brackets: `!!!x`, `a.b.c`."""
        self._chained += 1
        if self._chained > MOST_CHAINED:
            raise NotHcl("it has too many operators or attributes")

    def _term(self) -> Expression:
        token = self._take()
        raw = self._tokens.of(token)
        match token.kind:
            case "string":
                return _template(raw[1:-1], self._depth, quoted=True)
            case "number" if raw.replace(".", "", 1).isdigit() and len(raw) <= LONGEST_NUMBER:
                return Literal(Decimal(raw))
            case "name":
                return self._named(raw)
            case "(":
                with self._lines(counting=False):
                    found = self._expression()
                    self._expect(")")
                return found
            case "[":
                return Items(tuple(self._list("]")))
            case "{":
                return Entries(tuple(self._entries()))
            case "heredoc":
                raise NotHcl("a heredoc is not evaluated")
            case _:
                raise NotHcl(f"{raw!r} is not expected in it" if raw else "it ends too early")

    def _named(self, raw: str) -> Expression:
        if raw == "for":
            raise NotHcl("a for expression is not evaluated")
        if raw in _LITERALS:
            return _LITERALS[raw]
        if self._next_is("("):
            return Call(raw, tuple(self._list(")")))
        if raw in _ROOTS_OF_TWO and self._next_is("."):
            return Name(f"{raw}.{self._word()}")
        return Name(raw)

    def _parts(self, of: Expression) -> Expression:
        while True:
            if self._next_is("["):
                with self._lines(counting=False):
                    if self._peek().kind == "*":
                        raise NotHcl("a splat is not evaluated")
                    of = Part(of, self._expression())
                    self._expect("]")
            elif self._next_is("."):
                of = Part(of, self._attribute())
            else:
                return of
            self._spend()

    def _attribute(self) -> Expression:
        token = self._take()
        raw = self._tokens.of(token)
        if token.kind == "name":
            return Literal(raw)
        if token.kind == "number" and raw.isdigit():
            return Literal(Decimal(raw))
        raise NotHcl("a splat is not evaluated" if token.kind == "*" else "an attribute has no name")

    def _list(self, closing: str) -> Iterator[Expression]:
        with self._lines(counting=False):
            while not self._next_is(closing):
                yield self._expression()
                if not self._next_is(","):
                    self._expect(closing)
                    return

    def _entries(self) -> Iterator[tuple[str, Expression]]:
        while True:
            with self._lines(counting=False):
                key = self._take()
            if key.kind == "}":
                return
            raw = self._tokens.of(key)
            if raw == "for" or (key.kind == "string" and has_template(raw)) or key.kind == "(":
                raise NotHcl("a map with computed keys is not evaluated")
            if key.kind not in {"name", "string"}:
                raise NotHcl("a map has a key that is no name")
            if not (self._next_is("=") or self._next_is(":")):
                raise NotHcl("a map has a key without a value")
            with self._lines(counting=True):
                part = self._expression()
            yield raw if key.kind == "name" else unquoted(raw), part
            if self._tokens.peek().kind not in {",", "newline", "}"}:
                raise NotHcl("the entries of a map are separated by commas or lines")
            if self._tokens.peek().kind == ",":
                self._tokens.take()

    @contextmanager
    def _lines(self, *, counting: bool) -> Iterator[None]:
        before, self._by_lines = self._by_lines, counting
        try:
            yield
        finally:
            self._by_lines = before

    def _word(self) -> str:
        token = self._take()
        if token.kind != "name":
            raise NotHcl("a name is incomplete")
        return self._tokens.of(token)

    def _peek(self) -> Token:
        while (token := self._tokens.peek()).kind == "newline" and not self._by_lines:
            self._tokens.take()
        return token

    def _take(self) -> Token:
        self._peek()
        return self._tokens.take()

    def _next_is(self, kind: str) -> bool:
        found = self._peek().kind == kind
        if found:
            self._tokens.take()
        return found

    def _expect(self, kind: str) -> None:
        if not self._next_is(kind):
            raise NotHcl("an operator or something else in it is not evaluated")
