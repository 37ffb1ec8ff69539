"""Pages of a list. A cursor names the last row of a page, so that rows added or removed elsewhere shift nothing."""

import base64
import json
import re
from collections.abc import Sequence
from dataclasses import fields, is_dataclass
from typing import Any, get_args, get_origin
from urllib.parse import urlencode

from fastapi import Request

from runner.api.operation import Operation
from runner.errors import Invalid, InvalidRequest
from runner.model.values.frozen import dataclass
from runner.model.values.number import number_of

MOST = 100_000
LONGEST = 2000  # characters of a cursor
LIMIT, CURSOR, BEFORE = "limit", "cursor", "before"
KEYS = ("id", "seq", "name", "stack")  # the fields that name a row, the best first
# In place of an operation's own limit.
PARAMETERS: list[dict[str, Any]] = [
    {
        "name": LIMIT,
        "in": "query",
        "required": False,
        "description": "How many rows at most.",
        "schema": {"type": "integer", "minimum": 1, "maximum": MOST},
    },
    {
        "name": CURSOR,
        "in": "query",
        "required": False,
        "description": "Where the page begins: the `Link` header of the page before has it.",
        "schema": {"type": "string", "pattern": "^[A-Za-z0-9_-]+$"},
    },
]
_NUMBERS = re.compile(r"(\d+)")


@dataclass(frozen=True)
class Cursor:
    """The key of a row, and how many rows before it have the same."""

    key: str
    nth: int = 0

    @classmethod
    def parse(cls, text: str) -> "Cursor":
        try:
            told = json.loads(base64.urlsafe_b64decode(text[:LONGEST] + "=" * (-len(text) % 4)))
        except (ValueError, RecursionError):
            told = None
        match told:
            case [str(key), int(nth)] if nth >= 0:
                return cls(key, nth)
        raise _invalid(CURSOR, "not a cursor of this list")

    def __str__(self) -> str:
        text = json.dumps([self.key, self.nth]).encode()
        return base64.urlsafe_b64encode(text).decode().rstrip("=")


@dataclass(frozen=True)
class Wanted:
    """What a request asks of a list."""

    limit: int | None
    after: Cursor | None


def is_paged(of: Operation[..., Any]) -> bool:
    """A list whose rows have a name. One that limits itself has to be able to go on, too."""
    return (
        of.method == "GET"
        and key_of(of.answer) is not None
        and (LIMIT not in of.parameters or limits_itself(of))
    )


def limits_itself(of: Operation[..., Any]) -> bool:
    return {LIMIT, BEFORE} <= of.parameters.keys()


def key_of(answer: Any) -> str | None:
    """The field that names a row of this type of list."""
    if get_origin(answer) is not tuple:
        return None
    row = get_args(answer)[0]
    names = {one.name for one in fields(row)} if is_dataclass(row) else set()
    return next((key for key in KEYS if key in names), None)


def wanted(request: Request, of: Operation[..., Any]) -> Wanted:
    limit, cursor = request.query_params.get(LIMIT), request.query_params.get(CURSOR)
    most = of.parameters[LIMIT].default if limits_itself(of) else None
    return Wanted(most if limit is None else _limit(limit), None if cursor is None else Cursor.parse(cursor))


def page(rows: Sequence[Any], key: str, asked: Wanted) -> tuple[Sequence[Any], Cursor | None]:
    """The rows that were asked for, and the last of them where more follow."""
    keys = [str(getattr(row, key)) for row in rows]
    begin = 0 if asked.after is None else _after(keys, asked.after)
    end = len(rows) if asked.limit is None else begin + asked.limit
    if end >= len(rows):
        return rows[begin:], None
    last = end - 1
    return rows[begin:end], Cursor(keys[last], keys[:last].count(keys[last]))


def number(cursor: Cursor) -> int:
    """Of a row that is numbered, such as `run-184`."""
    found = number_of(cursor.key.rpartition("-")[2])
    if found is None:
        raise _invalid(CURSOR, "not a cursor of this list")
    return found


def link(request: Request, cursor: Cursor) -> str:
    """The next page, as a header of RFC 8288."""
    query = [(name, value) for name, value in request.query_params.multi_items() if name != CURSOR]
    return f'<{request.url.path}?{urlencode([*query, (CURSOR, str(cursor))])}>; rel="next"'


def _after(keys: Sequence[str], cursor: Cursor) -> int:
    """Where the list goes on. A row that is gone meanwhile is found by its place in the order, if there is one."""
    places = [place for place, key in enumerate(keys) if key == cursor.key]
    if places:
        return places[min(cursor.nth, len(places) - 1)] + 1
    order = [_natural(key) for key in keys]
    gone = _natural(cursor.key)
    if order == sorted(order):
        return sum(1 for one in order if one < gone)
    if order == sorted(order, reverse=True):
        return sum(1 for one in order if one > gone)
    raise _invalid(CURSOR, "the row that it names is gone; begin again")


def _natural(key: str) -> tuple[tuple[int, int, str], ...]:
    """`run-9` is before `run-10`."""
    return tuple((1, int(part), "") if part.isdecimal() else (0, 0, part) for part in _NUMBERS.split(key))


def _limit(text: str) -> int:
    found = number_of(text)
    if found is None or not 1 <= found <= MOST:
        raise _invalid(LIMIT, f"expected a number from 1 to {MOST}")
    return found


def _invalid(name: str, message: str) -> InvalidRequest:
    return InvalidRequest.of([Invalid("query", f"/{name}", message)])
