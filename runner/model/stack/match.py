"""Which stacks a rule of the operator matches, by name, label and source. All rule tables share this matcher."""

from collections.abc import Mapping, Sequence
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


def _labelled(wanted: Mapping[str, str], labels: Mapping[str, str]) -> bool:
    return all(key in labels and fnmatchcase(labels[key], value) for key, value in wanted.items())
