"""The API, for people to read: the same description as `/openapi.json`."""

import json
from collections.abc import Iterator
from typing import Annotated

from fastapi import APIRouter, Depends, Request
from fastapi.responses import HTMLResponse

from runner.api.caller import Caller
from runner.model.values.frozen import dataclass
from runner.web.api.description import description
from runner.web.api.schema import REFERENCE, Schema
from runner.web.api.written import JSON
from runner.web.dashboard.html import html
from runner.web.identity.caller import page_caller

router = APIRouter(include_in_schema=False)


@dataclass(frozen=True)
class Parameter:
    name: str
    place: str
    kind: str
    meaning: str


@dataclass(frozen=True)
class Described:
    """One operation. `kind` and `example` are those of its answer, where it has one."""

    name: str
    tag: str
    call: str
    text: str
    parameters: tuple[Parameter, ...]
    kind: str
    example: str


@router.get("/api/docs")
def api_docs(request: Request, caller: Annotated[Caller, Depends(page_caller)]) -> HTMLResponse:
    told = description()
    found = [
        _described(f"{method.upper()} {path}", one)
        for path, methods in told["paths"].items()
        for method, one in methods.items()
    ]
    tags = {tag: [one for one in found if one.tag == tag] for tag in sorted({one.tag for one in found})}
    return html(request, "api_docs.html", caller, tags=tags)


def _described(call: str, of: Schema) -> Described:
    answer = of["responses"].get("200", {}).get("content", {}).get(JSON)
    return Described(
        name=of["operationId"],
        tag=of["tags"][0],
        call=call,
        text=of["description"],
        parameters=tuple(_parameters(of)),
        kind=kind(answer["schema"]) if answer else "",
        example=json.dumps(answer["example"], indent=2) if answer else "",
    )


def _parameters(of: Schema) -> Iterator[Parameter]:
    for one in of["parameters"]:
        place = one["in"] + (", required" if one.get("required") else "")
        yield Parameter(one["name"], place, kind(one["schema"]), one.get("description", ""))
    body = of.get("requestBody", {}).get("content", {}).get(JSON, {}).get("schema", {})
    for name, one in body.get("properties", {}).items():
        place = "body, required" if name in body.get("required", ()) else "body"
        yield Parameter(name, place, kind(one), one.get("description", ""))


def kind(schema: Schema) -> str:
    """In a few words."""
    if "$ref" in schema:
        return str(schema["$ref"]).removeprefix(REFERENCE)
    if "enum" in schema:
        return " | ".join(map(str, schema["enum"]))
    if several := schema.get("anyOf") or schema.get("oneOf"):
        return " | ".join(dict.fromkeys(map(kind, several)))
    of = schema.get("type", "anything")
    if of == "array":
        return f"list of {kind(schema.get('items', {}))}"
    return " | ".join(of) if isinstance(of, list) else str(schema.get("format", of))
