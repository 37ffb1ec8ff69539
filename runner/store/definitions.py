"""A stack's definition from the document that is stored and hashed."""

import json
from typing import Any

from runner.model.span import Seconds
from runner.model.stack import ApplyRules, AwsRoles, DriftRules, IgnoreRule, StackDefinition, StackTimeouts

_TUPLES = ("var_files", "watch", "depends_on")


def definition_of(document: str) -> StackDefinition:
    """By hand: a list of 1,000 stacks reads 1,000 of them, and a generic reader takes ten times as long."""
    data: dict[str, Any] = json.loads(document)
    data.update({name: tuple(data[name]) for name in _TUPLES})
    data["aws"] = AwsRoles(**data["aws"])
    data["timeouts"] = StackTimeouts(
        **{name: None if span is None else Seconds(span) for name, span in data["timeouts"].items()}
    )
    rules = data["apply"]
    data["apply"] = ApplyRules(
        **{
            **rules,
            "approvers": tuple(rules["approvers"]),
            "protect": tuple(rules["protect"]),
        }
    )
    drift = data["drift"]
    data["drift"] = DriftRules(**{**drift, "ignore": tuple(map(_ignore_rule, drift["ignore"]))})
    return StackDefinition(**data)


def _ignore_rule(rule: dict[str, Any]) -> IgnoreRule:
    return IgnoreRule(**{**rule, "attributes": tuple(rule["attributes"])})
