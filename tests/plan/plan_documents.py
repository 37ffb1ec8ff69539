"""Plan documents as `terraform show -json` writes them, made by hand for what no built-in resource can show."""

from typing import Any

from hypothesis import strategies as st

Json = Any
Change = dict[str, Any]


def change(actions: str | list[str], before: Json = None, after: Json = None, **more: Json) -> Change:
    """`more`: after_unknown, before_sensitive, after_sensitive, replace_paths, importing."""
    listed = actions.split("/") if isinstance(actions, str) else actions
    return {
        "actions": listed,
        "before": before,
        "after": after,
        "after_unknown": {},
        "before_sensitive": False,
        "after_sensitive": False,
        **more,
    }


def resource(address: str, of: Change, **more: Json) -> dict[str, Any]:
    """`more`: mode, deposed, previous_address, action_reason."""
    kind = address.rsplit(".", 2)[-2] if "." in address else address
    return {"address": address, "mode": "managed", "type": kind, "name": "x", "change": of, **more}


def document(
    *changes: dict[str, Any],
    drift: list[dict[str, Any]] | None = None,
    outputs: dict[str, Change] | None = None,
    configuration: dict[str, Any] | None = None,
    **more: Json,
) -> dict[str, Any]:
    made: dict[str, Any] = {
        "format_version": "1.2",
        "terraform_version": "1.11.4",
        "resource_changes": list(changes),
        "output_changes": outputs or {},
        "configuration": configuration or {},
        "timestamp": "2026-11-21T01:00:00Z",
        "applyable": True,
        "complete": True,
        "errored": False,
        **more,
    }
    if drift is not None:
        made["resource_drift"] = drift
    return made


def update(before: Json, after: Json, address: str = "test_thing.a", **more: Json) -> dict[str, Any]:
    """A document with one update."""
    return document(resource(address, change("update", before, after, **more)))


def block(address: str, *arguments: str, **more: Json) -> dict[str, Any]:
    """One resource block of the configuration."""
    return {"address": address, "expressions": {name: {} for name in arguments}, **more}


def configuration(*blocks: dict[str, Any], **module_calls: Json) -> dict[str, Any]:
    calls = {name: {"module": module} for name, module in module_calls.items()}
    return {"root_module": {"resources": list(blocks), "module_calls": calls}}


# Values as terraform writes them: objects with names, lists, scalars

names = st.sampled_from(["id", "name", "tags", "a.b", "rule", "port", "ünder", "x y", "value"])
scalars = st.one_of(
    st.none(), st.booleans(), st.integers(-(10**9), 10**9), st.floats(-1e6, 1e6), st.text(max_size=12)
)
values = st.recursive(
    scalars,
    lambda parts: st.lists(parts, max_size=3) | st.dictionaries(names, parts, max_size=3),
    max_leaves=12,
)
objects = st.dictionaries(names, values, min_size=1, max_size=4)
