"""Stacks chosen by their labels."""

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from runner.errors import BadUsage, NotFound
from runner.model.stack.definition import Stack
from runner.model.stack.match import StackMatch, reaches
from runner.model.values.paths import LONGEST_GLOB

if TYPE_CHECKING:
    from runner.ports.records.stacks import StackReader


def labels_of(texts: Iterable[str]) -> frozenset[tuple[str, str]]:
    """Of texts such as `env=prod`."""
    return frozenset(map(_label, texts))


def chosen(
    reader: "StackReader", labels: Sequence[str], globs: Sequence[str] = (), sources: Sequence[str] = ()
) -> list[Stack]:
    """The stacks that have all of these labels, match one of the globs and come from one of the sources; NotFound.

    A long glob is refused: what it is compiled to is kept, and may be thousands of times as large.
    """
    if any(len(one) > LONGEST_GLOB for one in (*globs, *sources)):
        raise BadUsage(f"a glob has at most {LONGEST_GLOB} characters")
    wanted, match = labels_of(labels), StackMatch(stacks=tuple(globs), sources=tuple(sources))
    found = [
        stack
        for stack in reader.stacks()
        if wanted <= stack.definition.labels.items() and reaches(match, stack.definition, stack.source)
    ]
    if not found:
        listing = "source list" if sources else "stack list -o json"
        raise NotFound(f"no stacks {_said(labels, globs, sources)}", hint=f"driftline {listing}")
    return found


def _said(labels: Sequence[str], globs: Sequence[str], sources: Sequence[str]) -> str:
    parts = [
        ("have the label", labels, ", "),
        ("match", globs, " or "),
        ("come from source", sources, " or "),
    ]
    return (
        " and ".join(f"{verb} {between.join(said)}" for verb, said, between in parts if said) or "are known"
    )


def _label(text: str) -> tuple[str, str]:
    key, equals, value = text.partition("=")
    if not equals:
        raise BadUsage(f"expected key=value, got {text!r}")
    return key, value
