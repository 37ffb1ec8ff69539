"""What terraform would change only because the operator gives a variable another value than at the last apply.

Such a change is no drift. That has to be proven for every attribute: a wrong proof would hide drift.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from runner.model.changes.changes import Action
from runner.model.changes.configuration import config_address, configured_resources
from runner.model.changes.difference import Difference
from runner.model.drift.report import DriftClass, Finding


@dataclass(frozen=True)
class Judged:
    """A finding with its raw differences; for sealing only, since they contain secrets."""

    finding: Finding
    differences: tuple[Difference, ...] = ()


def by_variables(
    planned: Iterable[Judged], document: Mapping[str, Any], changed: Collection[str]
) -> list[Judged]:
    """The same findings, with class CONTEXT where these variables explain all of it.

    That is: an object of the root module is updated or replaced, it did not move outside and is not tainted, and each
    attribute that differs is made of variables alone, one of which has changed.
    """
    outside = {entry["address"] for entry in document.get("resource_drift") or ()}
    reasons = {
        entry["address"]: entry.get("action_reason") for entry in document.get("resource_changes") or ()
    }
    blocks = configured_resources(document)
    variables = {f"var.{name}" for name in changed}

    def explained(one: Judged) -> bool:
        finding = one.finding
        block = blocks.get(config_address(finding.address))
        return (
            finding.counts
            and finding.action in {Action.UPDATE, Action.REPLACE}
            and finding.deposed is None
            and finding.address not in outside
            and not finding.address.startswith("module.")
            and reasons.get(finding.address) in {None, "replace_because_cannot_update"}
            and block is not None
            and _made_of(one.differences, block.get("expressions") or {}, variables)
        )

    return [
        Judged(replace(one.finding, drift_class=DriftClass.CONTEXT), one.differences)
        if explained(one)
        else one
        for one in planned
    ]


def _made_of(
    differences: Iterable[Difference], expressions: Mapping[str, Any], variables: Collection[str]
) -> bool:
    causes = {str(one.path[0]) for one in differences if not one.consequence and one.path}
    return bool(causes) and all(
        (references := set(_references(expressions.get(name))))
        and not references.isdisjoint(variables)
        and all(reference.startswith("var.") for reference in references)
        for name in causes
    )


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
