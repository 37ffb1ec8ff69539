"""Plans as `terraform show -json` prints them, cut down to what policies look at."""

from typing import Any

Plan = dict[str, Any]


def resource(
    type_: str,
    after: Any = None,
    *,
    actions: tuple[str, ...] = ("create",),
    name: str = "this",
    before: Any = None,
) -> Plan:
    return {
        "address": f"{type_}.{name}",
        "mode": "managed",
        "type": type_,
        "name": name,
        "change": {"actions": list(actions), "before": before, "after": after, "after_unknown": {}},
    }


def plan(
    *resources: Plan, configuration: Plan | None = None, outputs: Plan | None = None, **context: Any
) -> Plan:
    """With the keys that Driftline adds, of which `context` replaces some."""
    return {
        "format_version": "1.2",
        "terraform_version": "1.11.4",
        "resource_changes": list(resources),
        "output_changes": outputs or {},
        "configuration": {"root_module": {}, **(configuration or {})},
        "run": {"kind": "change"},
        "stack": {"name": "shop", "labels": {}},
        "git": {"revision": "0" * 40},
        "drift": {"report": None},
        **context,
    }


def module(**call: Any) -> Plan:
    return {"root_module": {"module_calls": {"net": call}}}


def provider(**row: Any) -> Plan:
    return {"provider_config": {"aws": {"name": "aws", **row}}}
