"""References as a plan's JSON spells them, `data.x.y["k"].z[0]`, and the modules of addresses."""

import json
from collections.abc import Iterable, Iterator
from typing import Any

from runner.model.evaluated.code import Names
from runner.model.values.frozen import dataclass
from runner.model.values.regex import regex

UNKNOWN_YET: dict[str, Any] = {"\0unknown": True}  # no plan's JSON has such a key
_STEP = regex(r'\.?([^\W\d][\w-]*|\*)|\[(\d+)\]|\["((?:[^"\\]|\\.)*)"\]|\.(\d+)')
Step = str | int


@dataclass(frozen=True)
class Scope:
    """A module as one expression sees it. The key is None if any instance may be meant."""

    calls: tuple[tuple[str, Step | None], ...] = ()

    @property
    def names(self) -> Names:
        return tuple(name for name, _ in self.calls)

    @property
    def parent(self) -> "Scope":
        return Scope(self.calls[:-1])

    def below(self, name: str, key: Step | None = None) -> "Scope":
        return Scope((*self.calls, (name, key)))

    def covers(self, other: "Scope") -> bool:
        """Whether an existing instance may be the one that is meant."""
        return self.names == other.names and all(
            mine is None or mine == theirs
            for (_, mine), (_, theirs) in zip(self.calls, other.calls, strict=True)
        )

    def __str__(self) -> str:
        return "".join(f"module.{name}{key_text(key)}." for name, key in self.calls)


ROOT = Scope()


class Key(str):
    """The key of an instance or a map, distinct from the name of an attribute."""

    __slots__ = ()


def steps_of(reference: str) -> list[Step]:
    """The steps of `data.x.y["k"].z[0]`; whatever follows an unreadable part is left out."""
    found: list[Step] = []
    position = 0
    while (step := _STEP.match(reference, position)) is not None:
        name, index, key, digits = step.groups()
        if key is not None:
            found.append(Key(unescaped(key)))
        elif name is not None:
            found.append(name)
        else:
            found.append(int(index or digits))
        position = step.end()
    return found


def unescaped(key: str) -> str:
    try:
        return str(json.loads(f'"{key}"', strict=False))
    except ValueError:
        return key


def longest(references: Iterable[str]) -> Iterator[str]:
    """The references of an expression, without duplicates: after each, terraform also lists its prefixes, step by step."""
    last = ""
    seen: set[str] = set()
    for reference in references:
        part = len(reference) < len(last) and last.startswith(reference) and last[len(reference)] in ".["
        last = reference
        if not part and reference not in seen:
            seen.add(reference)
            yield reference


def references_in(expression: Any) -> Iterator[str]:
    """Of an expression, or of all expressions in a block."""
    match expression:
        case {"references": list(references)} if all(isinstance(one, str) for one in references):
            yield from longest(references)
        case dict():
            for part in expression.values():
                yield from references_in(part)
        case list():
            for part in expression:
                yield from references_in(part)


def select(value: Any, steps: Iterable[Step]) -> Any:
    """The part at the end of the steps; the whole list for a splat; UNKNOWN_YET if it does not exist."""
    for step in steps:
        match value, step:
            case dict(), str() if step in value:
                value = value[step]
            case list(), int() if -len(value) <= step < len(value):
                value = value[step]
            case (list(), _) | (_, "*"):
                return value
            case _:
                return UNKNOWN_YET
    return value


def scope_of(address: str) -> Scope:
    """The module of an address: `module.a["k"].module.b.x.y` is in two."""
    return _apart(address)[0]


def named(address: str) -> tuple[str, Step | None]:
    """The name of a resource inside its module, and the key of the instance."""
    steps = _apart(address)[1]
    length = 3 if steps[0] in {"data", "ephemeral", "action"} else 2
    return dotted(steps[:length]), steps[length] if len(steps) > length else None


def _apart(address: str) -> tuple[Scope, list[Step]]:
    calls: list[tuple[str, Step | None]] = []
    steps = steps_of(address)
    while len(steps) >= 2 and steps[0] == "module" and not isinstance(steps[0], Key):
        name, *steps = steps[1:]
        if steps and isinstance(steps[0], int | Key):
            calls.append((str(name), steps[0]))
            steps = steps[1:]
        else:
            calls.append((str(name), None))
    return Scope(tuple(calls)), steps


def dotted(steps: Iterable[Step]) -> str:
    return ".".join(map(str, steps))


def path_of(steps: list[Step]) -> str:
    return str(steps[0]) + path_behind(steps[1:])


def path_behind(steps: Iterable[Step]) -> str:
    return "".join(
        f".{step}" if isinstance(step, str) and not isinstance(step, Key) else key_text(step)
        for step in steps
    )


def key_text(key: Step | None) -> str:
    if key is None:
        return ""
    return f"[{key}]" if isinstance(key, int) else f"[{json.dumps(str(key), ensure_ascii=False)}]"
