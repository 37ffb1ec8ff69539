"""What a plan would do, cut into the parts that heal rules decide about: attributes of updates, and whole resources."""

from collections.abc import Iterator
from typing import Any

from runner.model.changes.changes import MASK, UNKNOWN, Action, AttributeChange, ChangeSet, ResourceChange
from runner.model.stack.heal_rule import HealAction, HealRule
from runner.model.values.frozen import dataclass
from runner.model.values.pattern import covered

_ACTIONS: dict[Action, HealAction] = {
    Action.CREATE: "create",
    Action.UPDATE: "update",
    Action.DELETE: "delete",
    Action.REPLACE: "replace",
}


@dataclass(frozen=True)
class Part:
    """One attribute of an update, or one resource that is created, deleted or replaced."""

    resource: ResourceChange
    action: HealAction
    attribute: AttributeChange | None = None

    @property
    def address(self) -> str:
        return self.resource.address

    @property
    def path(self) -> str | None:
        return None if self.attribute is None else self.attribute.path


def parts(changes: ChangeSet) -> Iterator[Part]:
    """Every part of the plan that a rule can decide about; `beyond` has the rest."""
    for resource in changes.resources:
        action = _ACTIONS.get(resource.action)
        if resource.data or action is None:
            continue
        if action == "update":
            yield from (Part(resource, action, attribute) for attribute in resource.attributes)
        else:
            yield Part(resource, action)


def beyond(changes: ChangeSet) -> Iterator[str]:
    """What the plan does that no rule can let pass, as sentences."""
    for resource in changes.resources:
        if not resource.data:
            yield from _beyond(resource)
    for output in changes.outputs:
        yield f"it changes output {output.name}"
    for invocation in changes.actions:
        yield f"it invokes {invocation.address}"
    for address in changes.provisioners:
        yield f"a provisioner of {address} runs"
    readings = {reading.name: reading for reading in changes.readings}
    for one in changes.evaluated:
        unknown = any(name not in readings or readings[name].unknown for name in one.reads)
        # A provider's configuration is in every plan. The fingerprint covers it where its values are known.
        if one.kind != "provider" or unknown:
            yield f"only the apply evaluates {one.argument} of {one.subject}"
    if changes.moving:
        yield f"it sets the time of the plan: {', '.join(changes.moving[:3])}"
    if not changes.complete:
        yield "the plan is not complete: terraform deferred a part of it"


def _beyond(resource: ResourceChange) -> Iterator[str]:
    if resource.importing is not None:
        yield f"it imports {resource.address}"
    if resource.previous_address is not None:
        yield f"it moves {resource.previous_address} to {resource.address}"
    if resource.deposed is not None:
        yield f"it destroys a deposed object of {resource.address}"
    if resource.action is Action.FORGET:
        yield f"it forgets {resource.address}"
    elif resource.action is Action.UPDATE and not resource.attributes:
        yield f"it does not say which attributes of {resource.address} it changes"


def matches(rule: HealRule, part: Part) -> bool:
    """Whether the rule decides about this part, if no earlier rule does."""
    if part.action not in rule.reaches:
        return False
    if rule.types and not covered(rule.types, part.resource.type):
        return False
    if rule.addresses and not covered(rule.addresses, part.address):
        return False
    return not rule.attributes or (part.path is not None and covered(rule.attributes, part.path))


def named(rule: HealRule, part: Part) -> bool:
    """Whether the rule says by name what it lets happen: the action, and exactly this address."""
    return part.action in rule.actions and part.address in rule.addresses and "*" not in part.address


def hidden(part: Part) -> str | None:
    """Why the values of the part cannot be judged, or None."""
    if MASK in part.address:
        return "its address has a sensitive part"
    changed = part.resource.attributes if part.attribute is None else (part.attribute,)
    for one in changed:
        if (
            one.sensitive
            or one.mark_only
            or any(_holds(value, MASK) for value in (one.path, one.before, one.after))
        ):
            return f"{one.path} is sensitive"
    return None


def unknown(part: Part) -> bool:
    """Whether the new value is known only after the apply. A new resource always has such values."""
    one = part.attribute
    return one is not None and (one.unknown or _holds(one.after, UNKNOWN))


def _holds(value: Any, text: str) -> bool:
    match value:
        case str():
            return text in value
        case dict():
            return any(_holds(part, text) for pair in value.items() for part in pair)
        case list() | tuple():
            return any(_holds(part, text) for part in value)
        case _:
            return False
