"""Which stacks a rule of the operator matches, by name, label and source. All rule tables share this matcher."""

import re
from collections.abc import Callable, Sequence
from dataclasses import field
from fnmatch import fnmatchcase, translate
from functools import cached_property
from typing import Any, ClassVar

from runner.model.stack.definition import STRICT, StackDefinition
from runner.model.values.frozen import dataclass
from runner.model.values.paths import WILD, glob

Test = Callable[[StackDefinition, str], bool]


@dataclass(frozen=True)
class StackMatch:
    """An omitted key matches everything; all given keys have to match."""

    __pydantic_config__: ClassVar[Any] = STRICT
    stacks: tuple[str, ...] = ()
    labels: dict[str, str] = field(default_factory=dict)
    sources: tuple[str, ...] = ()

    @cached_property
    def test(self) -> Test:
        """All keys in one function, made once: ten thousand stacks are compared with fifty rules."""
        tests = [_label_test(key, value) for key, value in self.labels.items()]
        if self.sources:
            tests.append(_source_test(self.sources))
        if self.stacks:
            tests.append(_name_test(self.stacks))
        return _all(tests)


EVERY_STACK = StackMatch()


def reaches(match: StackMatch, definition: StackDefinition, source: str) -> bool:
    """Whether the rule matches the stack as this definition in this source declares it."""
    return match.test(definition, source)


def _all(tests: Sequence[Test]) -> Test:
    if not tests:
        return lambda _definition, _source: True
    first, *others = tests
    if not others:
        return first
    rest = _all(others)
    return lambda definition, source: first(definition, source) and rest(definition, source)


def _label_test(key: str, value: str) -> Test:
    if not WILD.search(value):
        return lambda definition, _source: definition.labels.get(key) == value
    covers = re.compile(translate(value)).match
    return lambda definition, _source: key in definition.labels and bool(covers(definition.labels[key]))


def _source_test(patterns: Sequence[str]) -> Test:
    if not any(map(WILD.search, patterns)):
        return lambda _definition, source: source in patterns
    covers = re.compile("|".join(map(translate, patterns))).match
    return lambda _definition, source: bool(covers(source))


def _name_test(patterns: Sequence[str]) -> Test:
    if len(patterns) == 1:
        covers = glob(patterns[0]).matches
        return lambda definition, _source: covers(definition.name)
    globs = [glob(pattern).matches for pattern in patterns]
    return lambda definition, _source: any(matches(definition.name) for matches in globs)


def mismatch(match: StackMatch, definition: StackDefinition, source: str) -> str:
    """Why the rule does not match the stack; empty if it does."""
    if reaches(match, definition, source):
        return ""
    if match.stacks and not reaches(StackMatch(stacks=match.stacks), definition, source):
        return f"its name is not {_or(match.stacks)}"
    if match.sources and not reaches(StackMatch(sources=match.sources), definition, source):
        return f"its source is {source}, not {_or(match.sources)}"
    for key, value in match.labels.items():
        if key not in definition.labels:
            return f"it has no label {key}"
        if not fnmatchcase(definition.labels[key], value):
            return f"its label {key} is {definition.labels[key]}, not {value}"
    return ""


def match_text(match: StackMatch) -> str:
    """What it selects, such as `stacks prod/** and labels env=prod`."""
    said = {
        "stacks": ", ".join(match.stacks),
        "labels": ", ".join(f"{key}={value}" for key, value in match.labels.items()),
        "sources": ", ".join(match.sources),
    }
    return " and ".join(f"{key} {value}" for key, value in said.items() if value) or "every stack"


def _or(patterns: Sequence[str]) -> str:
    return " or ".join(patterns)
