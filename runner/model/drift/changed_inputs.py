"""What terraform would change only because a value from outside is another one than at the last apply: a variable that
the operator sets, or an output of another stack.

Such a change is no drift. That has to be proven for every attribute: a wrong proof would hide drift.
"""

import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from runner.model.changes.changes import Action
from runner.model.changes.configuration import config_address, configured_resources
from runner.model.changes.difference import Difference
from runner.model.drift.report import DriftClass, Finding
from runner.model.values.frozen import dataclass

OUTPUTS = ".outputs."
_BY_INDEX = re.compile(r"\.outputs\[\"([^\"]*)\"\]")


@dataclass(frozen=True)
class Judged:
    """A finding with its raw differences; for sealing only, since they contain secrets."""

    finding: Finding
    differences: tuple[Difference, ...] = ()


def by_inputs(
    planned: Iterable[Judged], document: Mapping[str, Any], changed: Mapping[str, str]
) -> list[Judged]:
    """The same findings, with class CONTEXT or UPSTREAM where these values explain all of it.

    `changed` are references, such as `var.size`, each with the output of another stack that it stands for, if it does.
    A finding is explained if an object of the root module is updated or replaced, it did not move outside and is not
    tainted, and each attribute that differs is made of such values alone, one of which has changed.
    """
    outside = {entry["address"] for entry in document.get("resource_drift") or ()}
    reasons = {
        entry["address"]: entry.get("action_reason") for entry in document.get("resource_changes") or ()
    }
    blocks = configured_resources(document)

    def causes(one: Judged) -> set[str]:
        finding = one.finding
        block = blocks.get(config_address(finding.address))
        open_to_it = (
            finding.counts
            and finding.action in {Action.UPDATE, Action.REPLACE}
            and finding.deposed is None
            and finding.address not in outside
            and not finding.address.startswith("module.")
            and reasons.get(finding.address) in {None, "replace_because_cannot_update"}
        )
        if not open_to_it or block is None:
            return set()
        return _causes(one.differences, block.get("expressions") or {}, changed)

    return [_explained(one, changed, found) if (found := causes(one)) else one for one in planned]


def _explained(one: Judged, changed: Mapping[str, str], causes: Iterable[str]) -> Judged:
    outputs = sorted({changed[reference] for reference in causes} - {""})
    if not outputs:
        return Judged(replace(one.finding, drift_class=DriftClass.CONTEXT), one.differences)
    reason = f"{', '.join(outputs)} changed"
    return Judged(replace(one.finding, drift_class=DriftClass.UPSTREAM, reason=reason), one.differences)


def _causes(
    differences: Iterable[Difference], expressions: Mapping[str, Any], changed: Mapping[str, str]
) -> set[str]:
    """The changed values that all differences are made of; nothing if one of them may have another cause."""
    found: set[str] = set()
    names = {str(one.path[0]) for one in differences if not one.consequence and one.path}
    states = {reference.partition(OUTPUTS)[0] for reference in changed if OUTPUTS in reference}
    for name in names:
        references = set(_references(expressions.get(name)))
        own = {reference for one in references if (reference := _whole(one, references, changed)) in changed}
        if not own or not all(_from_outside(one, states) for one in references):
            return set()
        found |= own
    return found


def _whole(reference: str, references: Collection[str], changed: Mapping[str, str]) -> str:
    """The reference as it is in `changed`: the engine spells an output in two ways, and may use them all as one object."""
    spelled = _BY_INDEX.sub(rf"{OUTPUTS}\1", reference)
    if spelled.endswith(OUTPUTS[:-1]) and not any(
        one.startswith((f"{spelled}.", f"{spelled}[")) for one in references
    ):
        return next((one for one in sorted(changed) if one.startswith(f"{spelled}.")), spelled)
    return spelled


def _from_outside(reference: str, states: Collection[str]) -> bool:
    """Whether it is a variable, or a state of another stack."""
    if reference.startswith("var."):
        return True
    return any(reference == state or reference.startswith(f"{state}.") for state in states)


def _references(expression: Any) -> Iterator[str]:
    """Of an attribute, or of all that is in a block."""
    if isinstance(expression, Mapping):
        for key, value in expression.items():
            if key == "references" and isinstance(value, list):
                yield from map(str, value)
            else:
                yield from _references(value)
    elif isinstance(expression, list):
        for value in expression:
            yield from _references(value)
