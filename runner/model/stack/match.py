"""Which stacks a rule of the operator matches, by name, label and source. All rule tables share this matcher."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import Any, ClassVar

from runner.model.stack.definition import STRICT, StackDefinition
from runner.model.values.paths import glob


@dataclass(frozen=True)
class StackMatch:
    """An omitted key matches everything; all given keys have to match."""

    __pydantic_config__: ClassVar[Any] = STRICT
    stacks: tuple[str, ...] = ()
    labels: dict[str, str] = field(default_factory=dict)
    sources: tuple[str, ...] = ()


EVERY_STACK = StackMatch()


def reaches(match: StackMatch, definition: StackDefinition, source: str) -> bool:
    """Whether the rule matches the stack as this definition in this source declares it."""
    return (
        (not match.stacks or any(glob(pattern).matches(definition.name) for pattern in match.stacks))
        and _labelled(match.labels, definition.labels)
        and (not match.sources or any(fnmatchcase(source, pattern) for pattern in match.sources))
    )


def _labelled(wanted: Mapping[str, str], labels: Mapping[str, str]) -> bool:
    return all(key in labels and fnmatchcase(labels[key], value) for key, value in wanted.items())
