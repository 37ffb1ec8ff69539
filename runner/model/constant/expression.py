"""Expressions that engines evaluate before they have a state: in module sources, versions and backends.

Whoever parses them keeps what cannot be evaluated here as `Unread`, with the reason.
"""

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from runner.model.values.frozen import dataclass

Value = Any  # None, bool, str, Decimal, a list or a dict of values


class Refused(Exception):
    """Not evaluated; the message says why. No `try` hides it."""


class Wrong(Exception):
    """The engine fails on it as well, so `try` takes its next argument."""


@dataclass(frozen=True)
class Literal:
    value: str | bool | Decimal | None


@dataclass(frozen=True)
class Name:
    """`var.x`, `local.x`, `path.module` or `terraform.workspace`; one word in the type of a variable."""

    text: str


@dataclass(frozen=True)
class Part:
    """An attribute or an element of a value."""

    of: "Expression"
    key: "Expression"


@dataclass(frozen=True)
class Template:
    parts: "tuple[Expression, ...]"


@dataclass(frozen=True)
class Condition:
    asked: "Expression"
    then: "Expression"
    otherwise: "Expression"


@dataclass(frozen=True)
class Operation:
    operator: str
    operands: "tuple[Expression, ...]"


@dataclass(frozen=True)
class Call:
    function: str
    arguments: "tuple[Expression, ...]"


@dataclass(frozen=True)
class Items:
    items: "tuple[Expression, ...]"


@dataclass(frozen=True)
class Entries:
    entries: "tuple[tuple[str, Expression], ...]"


@dataclass(frozen=True)
class Unread:
    """Valid or not: it is not evaluated here."""

    reason: str


Expression = Literal | Name | Part | Template | Condition | Operation | Call | Items | Entries | Unread


@dataclass(frozen=True)
class Written:
    """An expression where it stands."""

    expression: Expression
    source: str
    file: str
    line: int = 1


def below(expression: Expression) -> Iterator[Expression]:
    """The expression and everything in it."""
    waiting = [expression]
    while waiting:
        one = waiting.pop()
        yield one
        match one:
            case Part(of, key):
                waiting += [of, key]
            case Condition(asked, then, otherwise):
                waiting += [asked, then, otherwise]
            case Template(parts) | Items(parts) | Operation(_, parts) | Call(_, parts):
                waiting += parts
            case Entries(entries):
                waiting += [part for _, part in entries]
