"""A stack's past: earlier declarations that still count, whatever a newer commit says, under any name."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from runner.model.approval.terms import Declaration
from runner.model.stack.definition import StackDefinition


def same_terms(one: StackDefinition, other: StackDefinition) -> bool:
    """Whether both have the same requirements, including the operator's rules, which match by name and labels."""
    return _terms(one) == _terms(other)


def _terms(of: StackDefinition) -> tuple[object, ...]:
    return of.name, of.labels, of.apply, of.windows, of.dependencies, of.drift.action, of.drift.heal


def unchanged(old: Declaration, new: Declaration) -> bool:
    """Whether nothing changed that decides who has to approve, or which stack it succeeds."""
    return same_place(old, new) and same_terms(old.definition, new.definition)


def same_place(old: Declaration, new: Declaration) -> bool:
    return (old.source, old.module_path, old.identity) == (new.source, new.module_path, new.identity)


def in_force(known: Sequence[Declaration], own: Declaration) -> tuple[Declaration, ...]:
    """Everything that counts for a run on its `own` declaration, which comes last; `known` are the stack's,
    oldest first.
    """
    others: list[Declaration] = []
    for number, one in enumerate(known, 1):
        if one.source == own.source and same_terms(one.definition, own.definition):
            continue
        others.append(replace(one, former=number < len(known)))
    return (*others, replace(own, former=False))


def outlived(
    known: Sequence[tuple[Declaration, datetime]], own: Declaration, planned: datetime
) -> list[Declaration]:
    """Declarations that no longer count after a run on its `own` declaration, planned at that time, was applied.

    The run was judged by all of them. A later declaration still counts, and so does one that it was never
    judged by.
    """
    same = [
        one
        for one, seen in known
        if seen <= planned and one.source == own.source and same_terms(one.definition, own.definition)
    ]
    return [one for one, _ in known if one.id < same[-1].id] if same else []
