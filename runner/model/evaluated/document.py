"""What only an apply does, as the JSON of every face."""

from collections.abc import Mapping
from typing import Any

from runner.model.changes.changes import (
    ApplyOnly,
    AttributeChange,
    Evaluated,
    Invocation,
    Place,
    Provisioner,
    Reading,
)
from runner.model.evaluated.code import Part
from runner.model.values.codec import to_plain


def apply_document(of: ApplyOnly) -> dict[str, Any]:
    readings = {reading.name: reading for reading in of.readings}
    return {
        "provisioners": list(of.provisioners),
        "actions": [_invocation(one) for one in of.actions],
        "where": [_place(one) for one in of.places],
        "evaluated": [_evaluated(one, readings) for one in of.evaluated if one.kind != Part.ACTION],
        "commands": [_command(one) for one in of.commands],
    }


def _invocation(of: Invocation) -> dict[str, Any]:
    return {
        "address": of.address,
        "type": of.type,
        "provider": of.provider,
        "trigger": of.trigger,
        "on_failure": of.on_failure,
        "deferred": of.deferred,
        "configuration": [attribute_document(one) for one in of.configuration],
    }


def _place(of: Place) -> dict[str, Any]:
    return {"provider": of.provider, "settings": [to_plain(setting) for setting in of.settings]}


def _evaluated(of: Evaluated, readings: Mapping[str, Reading]) -> dict[str, Any]:
    """An argument that only the apply evaluates, with the values it reads as planned."""
    return {
        "kind": of.kind,
        "subject": of.subject,
        "name": of.name,
        "argument": of.argument,
        "code": of.code,
        "reads": [_reading(readings[name]) for name in of.reads],
    }


def _reading(of: Reading) -> dict[str, Any]:
    return {"name": of.name, "value": of.value, "sensitive": of.sensitive, "unknown": of.unknown}


def _command(of: Provisioner) -> dict[str, Any]:
    return {
        "address": of.address,
        "name": of.name,
        "at_destroy": of.at_destroy,
        "removed": of.removed,
        "arguments": dict(of.arguments),
    }


def attribute_document(of: AttributeChange) -> dict[str, Any]:
    """With `difference` only if its rows show more than `before` and `after`."""
    document: dict[str, Any] = {
        "path": of.path,
        "before": of.before,
        "after": of.after,
        "sensitive": of.sensitive,
        "unknown": of.unknown,
        "forces_replacement": of.forces_replacement,
    }
    if of.difference:
        document["difference"] = [f"{symbol} {text}" for symbol, text in of.difference]
    return document
