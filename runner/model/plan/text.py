"""A plan as text in terraform's style: what it destroys, replaces and runs comes first.

Every line has gone through `safe_text`; colour is up to the caller, who knows the terminal.
"""

from collections.abc import Iterator, Sequence

from runner.model.changes.address_order import address_order
from runner.model.changes.attribute_text import Line, attribute_line, attribute_lines
from runner.model.changes.changes import (
    SYMBOLS,
    Action,
    AttributeChange,
    ChangeSet,
    OutputChange,
    ResourceChange,
    Summary,
)
from runner.model.changes.value_text import value_text
from runner.model.evaluated.text import applied_lines
from runner.model.values.text import safe_text

MAX_NAMED = 20

_ORDER = (
    Action.DELETE,
    Action.REPLACE,
    Action.FORGET,
    Action.UPDATE,
    Action.CREATE,
    Action.NO_OP,
    Action.READ,
)

_VERBS: dict[Action, str] = {
    Action.CREATE: "will be created",
    Action.UPDATE: "will be updated in place",
    Action.REPLACE: "will be destroyed and re-created",
    Action.DELETE: "will be destroyed",
    Action.READ: "will be read during apply",
    Action.FORGET: "will be forgotten but not destroyed",
    Action.NO_OP: "is unchanged",
}

# Of both engines. One that a newer engine may add is left out.
_REASONS: dict[str, str] = {
    "replace_because_tainted": "it is tainted",
    "replace_because_cannot_update": "it cannot be updated in place",
    "replace_by_request": "it was requested",
    "replace_by_triggers": "replace_triggered_by",
    "delete_because_no_resource_config": "it is not in the code",
    "delete_because_no_module": "its module is not in the code",
    "delete_because_no_move_target": "it was moved to an address that is not in the code",
    "delete_because_wrong_repetition": "count or for_each was added or removed",
    "delete_because_count_index": "its index is beyond count",
    "delete_because_each_key": "its key is not in for_each",
    "read_because_config_unknown": "its arguments are known after apply",
    "read_because_dependency_pending": "it depends on a change",
    "read_because_check_nested": "a check reads it",
    "delete_because_enabled_false": "its code says enabled = false",
    "forgot_because_lifecycle_destroy_in_state": "its state says destroy = false",
    "forgot_because_lifecycle_destroy_in_config": "its code says destroy = false",
}

_COUNTS: tuple[tuple[str, str], ...] = (
    ("delete", "to destroy"),
    ("replace", "to replace"),
    ("create", "to create"),
    ("update", "to update"),
    ("import_", "to import"),
    ("move", "to move"),
    ("forget", "to forget"),
    ("action", "to invoke"),
)


def render(changes: ChangeSet, *, full: bool = False) -> str:
    return "".join(f"{line.text}\n" for line in lines(changes, full=full))


def lines(changes: ChangeSet, *, full: bool = False) -> Iterator[Line]:
    """Line by line, so that a plan of any size can be shown; `full` shortens no value."""
    yield from _head(changes)
    yield from applied_lines(changes, full=full)
    for resource in in_order(changes):
        yield Line("")
        yield from _resource(resource, full=full)
    if changes.outputs:
        yield Line("")
        yield Line("Outputs:", loud=True)
        width = max(len(output.name) for output in changes.outputs)
        for output in changes.outputs:
            yield from attribute_line(as_attribute(output), width, full=full)


def headlines(changes: ChangeSet) -> Iterator[Line]:
    """One line for each resource and for the outputs, without their attributes."""
    for resource in in_order(changes):
        yield _headline(resource)
    if changes.outputs:
        yield Line(safe_text(f"    Outputs: {', '.join(output.name for output in changes.outputs)}"))


def in_order(changes: ChangeSet) -> list[ResourceChange]:
    """What is destroyed and replaced comes first."""
    return sorted(changes.resources, key=lambda r: (_ORDER.index(r.action), address_order(r.address)))


def summary_text(summary: Summary) -> str:
    """`1 to destroy, 2 to create`, or `no changes`."""
    counts = [f"{count} {words}" for name, words in _COUNTS if (count := getattr(summary, name))]
    if summary.output:
        counts.append(f"{summary.output} {'output' if summary.output == 1 else 'outputs'} to change")
    return ", ".join(counts) or "no changes"


def _head(changes: ChangeSet) -> Iterator[Line]:
    yield Line(f"Plan: {summary_text(changes.summary)}", loud=True)
    if not changes.complete:
        yield Line(
            "! Incomplete: targets were used, or terraform deferred part of the plan. Plan again afterwards.",
            loud=True,
        )
    if changes.moving:
        more = len(changes.moving) - MAX_NAMED
        names = ", ".join(changes.moving[:MAX_NAMED]) + (f" and {more} more" if more > 0 else "")
        yield Line(safe_text(f"Set to the time of the plan each time it is made: {names}"))
    for action, title in (
        (Action.DELETE, "Destroys"),
        (Action.REPLACE, "Replaces"),
        (Action.FORGET, "Forgets"),
    ):
        named = [
            f"{SYMBOLS[action]:>3} {r.address}"
            for r in changes.resources
            if r.action is action and not r.data
        ]
        yield from _names(title, named, action)


def _names(title: str, named: Sequence[str], action: Action | None) -> Iterator[Line]:
    if named:
        yield Line(f"{title} ({len(named)}):", loud=True)
    for name in named[:MAX_NAMED]:
        yield Line(safe_text(name), action, loud=True)
    if len(named) > MAX_NAMED:
        yield Line(f"    and {len(named) - MAX_NAMED} more, all of them below", action, loud=True)


def _resource(resource: ResourceChange, *, full: bool) -> Iterator[Line]:
    yield _headline(resource)
    yield from attribute_lines(resource.attributes, full=full)


def _headline(resource: ResourceChange) -> Line:
    symbol = SYMBOLS[resource.action]
    text = safe_text(f"{symbol:>3} {resource.address}  # {happens(resource)}")
    return Line(text, resource.action, loud=True)


def happens(resource: ResourceChange) -> str:
    """Such as `will be destroyed, because it is not in the code`."""
    verb = _VERBS[resource.action]
    if resource.keeps_old:
        verb = "will be re-created; its old object is forgotten but not destroyed"
    words = [f"deposed object {resource.deposed} {verb}" if resource.deposed else verb]
    if (reason := _REASONS.get(resource.action_reason or "")) is not None:
        words.append(f"because {reason}")
    if resource.previous_address:
        words.append(f"moved from {resource.previous_address}")
    if resource.importing:
        words.append(f"imported from {value_text(resource.importing)}")
    return ", ".join(words)


def as_attribute(output: OutputChange) -> AttributeChange:
    """It changes from one value to another, as an attribute does."""
    return AttributeChange(
        output.name,
        output.before,
        output.after,
        sensitive=output.sensitive,
        unknown=output.unknown,
        difference=output.difference,
    )
