"""The answer of a policy's rules as messages: whatever is not understood is an error, never a pass."""

from collections.abc import Iterator, Mapping
from typing import Any

from runner.model.values.frozen import dataclass

MOST_APPROVALS = 100
NO_MESSAGE = "no message given"


class Unclear(Exception):
    """a rule has a value of a kind that no policy has"""


@dataclass(frozen=True)
class Answer:
    denials: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    approvals: int = 0


def read_answer(values: Mapping[str, Any]) -> Answer:
    """As conftest reads them; Unclear where it cannot be said what a value means."""
    waived = frozenset(_waived(values.get("exception", ())))
    denials, warnings, approvals = list[str](), list[str](), 0
    for name, found in values.items():
        for value in found:
            if name == "approvals":
                approvals = max(approvals, _number(value))
            elif name != "exception" and _suffix(name) not in waived:
                told = list(_messages(name, value))
                (warnings if name.startswith("warn") else denials).extend(told)
    return Answer(tuple(dict.fromkeys(denials)), tuple(dict.fromkeys(warnings)), approvals)


def _suffix(name: str) -> str:
    """By which an exception names a rule: `foo` for `deny_foo`, empty for `deny`."""
    return name.partition("_")[2]


def _waived(found: Any) -> Iterator[str]:
    for value in found:
        for one in value if isinstance(value, list) else [value]:
            names = one if isinstance(one, list) else [one]
            if not all(isinstance(name, str) for name in names):
                raise Unclear(f"exception names a rule by {_kind(one)}, not by text")
            yield from names


def _messages(name: str, value: Any) -> Iterator[str]:
    match value:
        case False:
            return
        case True:
            yield f"{name} is true"
        case str():
            yield value or NO_MESSAGE
        case list():
            for one in value:
                yield _message(name, one)
        case {"msg": str()}:
            yield _message(name, value)
        case dict():
            # `deny[msg] if ...` in v1: an object with the messages as its keys.
            yield from (key or NO_MESSAGE for key, said in value.items() if said is not False)
        case _:
            raise Unclear(f"{name} has the value {_kind(value)}; expected a set of messages")


def _message(name: str, one: Any) -> str:
    text = one.get("msg") if isinstance(one, dict) else one
    if not isinstance(text, str):
        raise Unclear(f"{name} has {_kind(one)} without a text msg; expected a text or an object with msg")
    return text or NO_MESSAGE


def _number(value: Any) -> int:
    if isinstance(value, list):
        return max(map(_number, value), default=0)
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= MOST_APPROVALS:
        raise Unclear(f"approvals has the value {_kind(value)}; expected a number up to {MOST_APPROVALS}")
    return value


_KINDS = {
    bool: "a boolean",
    int: "a number",
    float: "a number",
    str: "a text",
    list: "a list",
    dict: "an object",
}


def _kind(value: Any) -> str:
    return "null" if value is None else _KINDS.get(type(value), "something else")
