"""What a stack was before: its declarations that still count, whatever a newer commit says, and under whatever name."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from runner.model.approval.terms import Declaration
from runner.model.stack.definition import StackDefinition


def same_terms(one: StackDefinition, other: StackDefinition) -> bool:
    """Whether they ask for the same: also of the operator's rules, which go by name and labels."""
    return (one.name, one.labels, one.apply, one.depends_on) == (
        other.name,
        other.labels,
        other.apply,
        other.depends_on,
    )


def unchanged(old: Declaration, new: Declaration) -> bool:
    """Whether nothing moved that decides who has to say yes, or whose successor the stack is."""
    return same_place(old, new) and same_terms(old.definition, new.definition)


def same_place(old: Declaration, new: Declaration) -> bool:
    return (old.source, old.module_path, old.identity) == (new.source, new.module_path, new.identity)


def in_force(known: Sequence[Declaration], own: Declaration) -> tuple[Declaration, ...]:
    """All that count for a run on its `own` declaration, which comes last; `known` are the stack's, oldest first."""
    others: list[Declaration] = []
    for number, one in enumerate(known, 1):
        if one.source == own.source and same_terms(one.definition, own.definition):
            continue
        others.append(replace(one, former=number < len(known)))
    return (*others, replace(own, former=False))


def outlived(
    known: Sequence[tuple[Declaration, datetime]], own: Declaration, planned: datetime
) -> list[Declaration]:
    """Those that no longer count once a run on its `own` declaration, planned at that time, was applied.

    It was judged by all of them. What was declared after it still counts, and so does what was never judged with it.
    """
    same = [
        one
        for one, seen in known
        if seen <= planned and one.source == own.source and same_terms(one.definition, own.definition)
    ]
    return [one for one, _ in known if one.id < same[-1].id] if same else []
