"""A plan: everything that it would do.

A row has the fields of what it is made from, one for one, so that nothing which the model gains is left out unseen.
"""

from typing import Any

from runner.model.changes.changes import Action, ChangeSet, OutputChange, ResourceChange
from runner.model.values.frozen import dataclass
from runner.view.apply_only import ApplyOnlyView, apply_only, apply_only_view
from runner.view.attribute import (
    AttributeRow,
    attribute_change,
    attribute_row,
    marked,
    written,
)
from runner.view.counts import Counts, counts_of, summary_of


@dataclass(frozen=True)
class ResourceRow:
    address: str
    type: str
    action: Action
    attributes: tuple[AttributeRow, ...]
    previous_address: str | None
    importing: str | None
    deposed: str | None
    action_reason: str | None
    data: bool  # a data source
    keeps_old: bool  # of a replace: the old object is forgotten, not destroyed


@dataclass(frozen=True)
class OutputRow:
    name: str
    action: Action
    before: Any
    after: Any
    sensitive: bool
    unknown: bool
    difference: tuple[str, ...]  # as of an attribute


@dataclass(frozen=True)
class ChangesView(ApplyOnlyView):
    """`moving` would be set to the time of the plan; it is not `complete` where a part was left out or put off."""

    summary: Counts
    complete: bool
    moving: tuple[str, ...]
    resources: tuple[ResourceRow, ...]
    outputs: tuple[OutputRow, ...]


def changes_view(of: ChangeSet) -> ChangesView:
    return ChangesView(
        **vars(apply_only_view(of)),
        summary=counts_of(of.summary),
        complete=of.complete,
        moving=of.moving,
        resources=tuple(map(_resource, of.resources)),
        outputs=tuple(map(_output, of.outputs)),
    )


def _resource(of: ResourceChange) -> ResourceRow:
    return ResourceRow(**vars(of) | {"attributes": tuple(map(attribute_row, of.attributes))})


def _output(of: OutputChange) -> OutputRow:
    return OutputRow(**vars(of) | {"difference": written(of.difference)})


# And back, for the text of a plan


def change_set(of: ChangesView) -> ChangeSet:
    """All of the plan that is shown: neither what moved outside, nor the marks of what it reads."""
    return ChangeSet(
        **vars(apply_only(of)),
        resources=tuple(map(_resource_change, of.resources)),
        outputs=tuple(map(_output_change, of.outputs)),
        summary=summary_of(of.summary),
        moving=of.moving,
        complete=of.complete,
    )


def _resource_change(row: ResourceRow) -> ResourceChange:
    return ResourceChange(**vars(row) | {"attributes": tuple(map(attribute_change, row.attributes))})


def _output_change(row: OutputRow) -> OutputChange:
    return OutputChange(**vars(row) | {"difference": marked(row.difference)})
