"""Plans with something in them that only an apply evaluates, and with one value at the end of the way that it refers to."""

from dataclasses import dataclass
from typing import Any

from plan_documents import change, document

Json = dict[str, Any]
ARGUMENT = "x"

SINKS = (
    "command",
    "environment",
    "connection",
    "write-only",
    "nested write-only",
    "provider",
    "provider block",
    "action",
)
ROUTES = (
    "same",
    "argument",
    "two arguments",
    "output",
    "two outputs",
    "local",
    "argument, local",
    "output, local",
)
SOURCES = ("data", "resource", "variable")
AT_A_LOCAL = frozenset(route for route in ROUTES if "local" in route)


@dataclass(frozen=True)
class Case:
    """`sink` reads what `source` is, by way of `route`. `quiet` is what nothing refers to."""

    sink: str
    route: str
    source: str

    def plan(self, value: Any, quiet: Any = "quiet") -> Json:
        root = _module()
        calls, reference = _way(self.route, root, _name(self.source))
        sink = _at(root, calls)
        source = _at(root, _place_of_source(self.route))
        values: list[tuple[tuple[str, ...], Json]] = []
        variables = {"x": {"value": value}} if self.source == "variable" else {}
        if self.source == "variable":
            root["variables"]["x"] = {}
        else:
            block = {
                "address": _name(self.source).removesuffix(".a"),
                "mode": "data" if self.source == "data" else "managed",
            }
            source["resources"].append({**block, "type": "test", "name": "s", "expressions": {}})
            values.append(
                (
                    _place_of_source(self.route),
                    {"address": block["address"], "mode": block["mode"], "a": value},
                )
            )
        root["module_calls"]["quiet"] = {
            "module": {"resources": [{"address": "data.test.q", "mode": "data", "type": "test", "name": "q"}]}
        }
        values.append((("quiet",), {"address": "data.test.q", "mode": "data", "a": quiet}))
        return _with_sink(self.sink, root, sink, calls, reference, values, variables)


def _name(source: str) -> str:
    return {"data": "data.test.s.a", "resource": "test.s.a", "variable": "var.x"}[source]


def _module() -> Json:
    return {"resources": [], "module_calls": {}, "variables": {}, "outputs": {}}


def _call(outer: Json, name: str, **expressions: Json) -> Json:
    inner = _module()
    inner["variables"] = {argument: {} for argument in expressions}
    outer["module_calls"][name] = {"module": inner, "expressions": expressions}
    return inner


def refers(*references: str) -> Json:
    """As terraform writes it: behind each reference all that it is a part of."""
    shown: list[str] = []
    for reference in references:
        steps = reference.split(".")
        least = 3 if steps[0] == "data" else 2
        shown += [".".join(steps[:length]) for length in range(len(steps), min(least, len(steps)) - 1, -1)]
    return {"references": shown}


def _place_of_source(route: str) -> tuple[str, ...]:
    return {"output": ("b",), "two outputs": ("b", "c"), "output, local": ("b",)}.get(route, ())


def _way(route: str, root: Json, source: str) -> tuple[tuple[str, ...], str]:
    """The module that the sink is in, and what it refers to there."""
    match route:
        case "same":
            return (), source
        case "local":
            return (), "local.l"
        case "argument" | "argument, local":
            _call(root, "a", x=refers("local.l" if "local" in route else source))
            return ("a",), "var.x"
        case "two arguments":
            _call(_call(root, "a", y=refers(source)), "d", x=refers("var.y"))
            return ("a", "d"), "var.x"
        case "output" | "output, local":
            inner = _call(root, "b", **({"x": refers("var.x")} if source == "var.x" else {}))
            inner["outputs"]["o"] = {"expression": refers("local.l" if "local" in route else source)}
            return (), "module.b.o"
        case _:
            given = {"x": refers("var.x")} if source == "var.x" else {}
            middle = _call(root, "b", **given)
            inner = _call(middle, "c", **given)
            inner["outputs"]["o"] = {"expression": refers(source)}
            middle["outputs"]["o"] = {"expression": refers("module.c.o")}
            return (), "module.b.o"


def _at(root: Json, names: tuple[str, ...]) -> Json:
    for name in names:
        root = root["module_calls"][name]["module"]
    return root


def _with_sink(
    sink: str,
    root: Json,
    module: Json,
    names: tuple[str, ...],
    reference: str,
    values: list[tuple[tuple[str, ...], Json]],
    variables: Json,
) -> Json:
    prefix = "".join(f"module.{name}." for name in names)
    key = f"{prefix.rstrip('.')}:test" if prefix else "test"
    block: Json = {
        "address": "test.t",
        "mode": "managed",
        "type": "test",
        "name": "t",
        "provider_config_key": key,
        "expressions": {},
    }
    provider: Json = {"name": "test", "full_name": "example.com/acme/test"}
    if prefix:
        provider["module_address"] = prefix.rstrip(".")
    more: Json = {}
    after: Json = {"n": 1}
    expression = refers(reference)
    match sink:
        case "command" | "environment":
            block["provisioners"] = [{"type": "local-exec", "expressions": {sink: expression}}]
        case "connection":
            # Where it connects to is not told, and so may be anything.
            block["provisioners"] = [
                {"type": "remote-exec", "expressions": {"inline": {"constant_value": ["ls"]}}}
            ]
        case "write-only":
            block["expressions"], after["secret_wo"] = {"secret_wo": expression}, None
        case "nested write-only":
            block["expressions"], after["login"] = (
                {"login": [{"secret_wo": expression}]},
                [{"secret_wo": None}],
            )
        case "provider":
            provider["expressions"] = {"region": expression}
        case "provider block":
            provider["expressions"] = {"assume_role": [{"role_arn": expression}]}
        case _:
            module["actions"] = [
                {
                    "address": "action.test.t",
                    "type": "test",
                    "name": "t",
                    "expressions": {"input": expression},
                }
            ]
            more["action_invocations"] = [invocation(f"{prefix}action.test.t", unknown={"input": True})]
    module["resources"].append(block)
    changed = {
        "address": f"{prefix}test.t",
        "mode": "managed",
        "type": "test",
        "provider_name": "example.com/acme/test",
    }
    return document(
        {**changed, "change": change("create", None, after)},
        configuration={"root_module": root, "provider_config": {key: provider}},
        prior_state={"values": {"root_module": _state(values, "data")}},
        planned_values={"root_module": _state(values, "managed")},
        variables=variables,
        **more,
    )


def invocation(address: str, values: Json | None = None, unknown: Json | None = None, **more: Any) -> Json:
    return {
        "address": address,
        "type": address.split(".")[-2],
        "name": address.rsplit(".", maxsplit=1)[-1],
        "config_values": values or {},
        "config_sensitive": {},
        "config_unknown": unknown or {},
        "provider_name": "example.com/acme/test",
        "lifecycle_action_trigger": {
            "triggering_resource_address": "test.t",
            "action_trigger_event": "AfterCreate",
            "action_trigger_block_index": 0,
            "actions_list_index": 0,
        },
        **more,
    }


def _state(values: list[tuple[tuple[str, ...], Json]], mode: str) -> Json:
    root: Json = {}
    for names, entry in values:
        if entry["mode"] != mode:
            continue
        module, address = root, ""
        for name in names:
            address = f"{address}.module.{name}".lstrip(".")
            children = module.setdefault("child_modules", [])
            module = next((child for child in children if child["address"] == address), {})
            if not module:
                module = {"address": address}
                children.append(module)
        full = f"{address}.{entry['address']}".lstrip(".")
        shown = {
            "address": full,
            "mode": mode,
            "type": "test",
            "name": "s",
            "values": {"a": entry["a"], "b": "beside"},
        }
        module.setdefault("resources", []).append(shown)
    return root
