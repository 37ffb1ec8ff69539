"""Examples of what the API sends and takes, made from the schemas: a field is what its name says."""

from collections.abc import Mapping
from typing import Any

from runner.web.api.schema import REFERENCE, Schema

# By the name of a field; any other is what its type says.
KNOWN: Mapping[str, Any] = {
    "actor": "ana",
    "address": "aws_db_instance.main",
    "applied_revision": "9fe01aa4d3c2b1a09f8e7d6c5b4a39281706f5e4",
    "branch": "main",
    "by": "ana",
    "command": "driftline approve run-184",
    "engine_version": "1.11.4",
    "fingerprint": "5e0c1b7a9f34",
    "holder": "ana",
    "id": "run-184",
    "label": ["env=prod"],
    "name": "prod/vpc",
    "person": "ana",
    "plan_digest": "5e0c1b7a9f34",
    "reason": "moving to the new account",
    "report": "dr-37",
    "requested_by": "ana",
    "revision": "ab12cd3e4f5061728394a5b6c7d8e9f001122334",
    "run": "run-184",
    "secret": "drift_...",
    "source": "infra",
    "stack": "prod/vpc",
    "url": "https://git.example.com/acme/infra.git",
}
TIME = "2026-03-04T10:20:30Z"
KINDS: Mapping[type, str] = {str: "string", list: "array"}
DEEPEST = 6  # a type may hold itself


def example_of(schema: Schema, schemas: Mapping[str, Schema], name: str = "", depth: int = 0) -> Any:
    """A value for which the schema holds."""
    schema = _chosen(schema, schemas)
    kinds = _kinds(schema)
    known = KNOWN.get(name)
    if known is not None and KINDS.get(type(known)) in kinds:
        return known
    if "null" in kinds:
        return None
    match kinds[0]:
        case "object":
            fields = schema.get("properties", {})
            return {one: example_of(of, schemas, one, depth + 1) for one, of in fields.items()}
        case "array":
            return _list(schema, schemas, name, depth)
        case _:
            return _plain(schema, kinds[0])


def _chosen(schema: Schema, schemas: Mapping[str, Schema]) -> Schema:
    """Of several, the first."""
    while True:
        if "$ref" in schema:
            schema = schemas[schema["$ref"].removeprefix(REFERENCE)]
        elif several := schema.get("anyOf") or schema.get("oneOf"):
            schema = several[0]
        else:
            return schema


def _kinds(schema: Schema) -> list[str]:
    kind = schema.get("type", "")
    return kind if isinstance(kind, list) else [kind]


def _plain(schema: Schema, kind: str) -> Any:
    if "enum" in schema or "const" in schema:
        return schema.get("const", schema.get("enum", [None])[0])
    if kind == "string":
        return schema.get("examples", [TIME if schema.get("format") == "date-time" else ""])[0]
    return {"integer": schema.get("minimum", 0), "number": 0, "boolean": False}.get(kind)


def _list(schema: Schema, schemas: Mapping[str, Schema], name: str, depth: int) -> list[Any]:
    if "prefixItems" in schema:
        return [example_of(one, schemas, name, depth + 1) for one in schema["prefixItems"]]
    one = None if depth > DEEPEST else example_of(schema["items"], schemas, name.removesuffix("s"), depth + 1)
    return [one] if one else []
