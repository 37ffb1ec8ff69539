"""Stacks chosen by their labels."""

from collections.abc import Iterable, Sequence

from runner.errors import BadUsage, NotFound
from runner.model.stack.definition import Stack
from runner.ports.records.stacks import StackReader


def labels_of(texts: Iterable[str]) -> frozenset[tuple[str, str]]:
    """Of texts such as `env=prod`."""
    return frozenset(map(_label, texts))


def labelled(reader: StackReader, texts: Sequence[str]) -> list[Stack]:
    """The stacks that have all of these labels; NotFound if no stack has."""
    wanted = labels_of(texts)
    found = [stack for stack in reader.stacks() if wanted <= stack.definition.labels.items()]
    if not found:
        raise NotFound(f"no stacks have the label {', '.join(texts)}", hint="driftline stack list -o json")
    return found


def _label(text: str) -> tuple[str, str]:
    key, equals, value = text.partition("=")
    if not equals:
        raise BadUsage(f"expected key=value, got {text!r}")
    return key, value
