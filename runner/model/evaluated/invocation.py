"""The actions that an apply invokes (terraform 1.14 and later), read from a plan's JSON.

An entry of unknown shape is an error: nothing is left out because it is not understood.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from runner.errors import OutputNotUnderstood
from runner.model.changes.changes import AttributeChange, Invocation
from runner.model.changes.mask import mark_of as part_of
from runner.model.changes.mask import masked, plain_number, read_mark, unknown_of
from runner.model.secret.copies import Secrets

_KEYS = frozenset(
    {
        "address", "type", "name", "provider_name", "config_values", "config_sensitive", "config_unknown",
        "lifecycle_action_trigger", "invoke_action_trigger", "invoke_cmd_action_trigger",
    }
)  # fmt: skip
_TRIGGERS = frozenset(key for key in _KEYS if key.endswith("_trigger"))
_LIFECYCLE_KEYS = frozenset(
    {
        "triggering_resource_address", "action_trigger_event", "action_trigger_block_index",
        "actions_list_index", "on_failure",
    }
)  # fmt: skip
_DEFERRED_KEYS = frozenset({"reason", "action_invocation"})
_ON_FAILURE = frozenset({"", "halt", "continue", "taint"})
_EVENTS: dict[str, str] = {
    f"{moment}{event}": f"{moment.lower()} {{}} is {done}"
    for moment in ("Before", "After")
    for event, done in (("Create", "created"), ("Update", "updated"), ("Destroy", "destroyed"))
}


def read_invocations(document: Mapping[str, Any], secrets: Secrets) -> Iterator[Invocation]:
    """Invoked actions, followed by deferred ones."""
    for entry in document.get("action_invocations") or ():
        yield _invocation(entry, secrets)
    for deferred in document.get("deferred_action_invocations") or ():
        _refuse_unknown(deferred, _DEFERRED_KEYS, "deferred_action_invocations")
        yield _invocation(deferred["action_invocation"], secrets, str(deferred["reason"]))


def action_types(document: Mapping[str, Any]) -> dict[str, str]:
    """The type of each action that is invoked, now or later, by address."""
    deferred = (each["action_invocation"] for each in document.get("deferred_action_invocations") or ())
    return {
        each["address"]: each["type"] for each in (*(document.get("action_invocations") or ()), *deferred)
    }


def _invocation(entry: Mapping[str, Any], secrets: Secrets, deferred: str = "") -> Invocation:
    _refuse_unknown(entry, _KEYS, "action_invocations")
    triggers = _TRIGGERS & entry.keys()
    if len(triggers) != 1:
        raise _unknown("action_invocations", f"{len(triggers)} triggers of {entry['address']}")
    for empty in ("invoke_action_trigger", "invoke_cmd_action_trigger"):
        _refuse_unknown(entry.get(empty) or {}, frozenset(), empty)
    lifecycle = entry.get("lifecycle_action_trigger")
    return Invocation(
        address=entry["address"],
        type=entry["type"],
        provider=entry.get("provider_name", ""),
        trigger=_lifecycle(lifecycle) if lifecycle is not None else "by the command line",
        configuration=tuple(_configuration(entry, secrets)),
        on_failure=_on_failure(lifecycle or {}),
        deferred=deferred,
    )


def _lifecycle(trigger: Mapping[str, Any]) -> str:
    _refuse_unknown(trigger, _LIFECYCLE_KEYS, "lifecycle_action_trigger")
    event = trigger["action_trigger_event"]
    if event not in _EVENTS:
        raise _unknown("lifecycle_action_trigger", f"the event {event}")
    return _EVENTS[event].format(trigger["triggering_resource_address"])


def _on_failure(trigger: Mapping[str, Any]) -> str:
    """`halt` or `continue`; empty if the engine has no such choice."""
    value = str(trigger.get("on_failure") or "").removeprefix("ActionOnFailure").lower()
    if value not in _ON_FAILURE:
        raise _unknown("lifecycle_action_trigger", f"on_failure {value}")
    return value


def _configuration(entry: Mapping[str, Any], secrets: Secrets) -> Iterator[AttributeChange]:
    values, unknown = entry.get("config_values") or {}, entry.get("config_unknown")
    mark = read_mark(entry.get("config_sensitive"))
    for name in sorted({*values, *(unknown if isinstance(unknown, dict) else ())}):
        own, yet = part_of(mark, name), unknown_of(unknown, name)
        shown = masked(values.get(name), own, yet)
        if shown is not None:
            yield AttributeChange(
                name, None, secrets.scrub(plain_number(shown)), sensitive=own is True, unknown=yet is True
            )


def _refuse_unknown(entry: Mapping[str, Any], known: frozenset[str], place: str) -> None:
    if more := sorted(set(entry) - known):
        raise _unknown(place, ", ".join(more))


def _unknown(place: str, what: str) -> OutputNotUnderstood:
    return OutputNotUnderstood(
        engine="terraform", command="show -json", problem=f"{place} has an unknown part: {what}"
    )
