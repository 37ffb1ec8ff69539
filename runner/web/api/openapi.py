"""The API's description (OpenAPI 3.1), made from the table of operations."""

import inspect
import json
import sys
from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import BaseModel

from runner import __version__
from runner.api.content import Content
from runner.api.http import PREFIX
from runner.api.operation import Operation
from runner.api.table import PART_OF
from runner.web.api import paging
from runner.web.api.arguments import Arguments
from runner.web.api.examples import example_of
from runner.web.api.schema import REFERENCE, Components, Schema
from runner.web.api.written import BYTES, JSON
from runner.web.problem import MEDIA_TYPE, PROBLEM

DESCRIPTION = """\
Everything that the command line can show and do. Answers are what `-o json` prints; an error has the code, the message
and the hint that the terminal shows.
"""
SECURITY: Schema = {
    "token": {
        "type": "http",
        "scheme": "bearer",
        "description": "An API token: `driftline token create NAME`.",
    },
    "session": {
        "type": "apiKey",
        "in": "cookie",
        "name": "driftline_session",
        "description": "Whoever is logged in to the dashboard. Requests that change something need its CSRF token too.",
    },
}
# What the parameters mean that many operations share.
PARAMETERS = {
    "stack": "Name of the stack. Its slashes may stand as they are.",
    "run": "Id of the run, such as `run-184` or `184`.",
    "report": "Id of the drift report, such as `dr-37` or `37`.",
    "label": "Only stacks with this label, such as `env=prod`. May be given several times.",
    "reason": "Why; it is recorded.",
    "limit": "How many at most.",
}
REFUSALS = {
    "400": "The request is invalid.",
    "401": "No valid token or session came with the request.",
    "403": "The caller lacks the role.",
    "404": "It does not exist, or the caller may not see it.",
    "409": "Locked, blocked, or in conflict with somebody else.",
    "429": "Too many wrong tokens came from there.",
}
ANY_REFUSAL = "Any other problem."


# What is followed rather than asked: an endpoint, and the parameters that it takes.
STREAMS: tuple[Schema, ...] = (
    {
        "path": "/events",
        "operationId": "follow_events",
        "tags": ["events"],
        "summary": "What happens, as server-sent events.",
        "description": """\
An event has the topic as its name, and what `driftline events -o json` prints as its data. A client that comes back
with `Last-Event-ID` misses none; `gap` says that events in between are no longer kept.

Role: viewer.""",
        "parameters": [
            {
                "name": "topic",
                "in": "query",
                "description": "Only these topics, such as `run.*`. May be given several times.",
                "schema": {"type": "array", "items": {"type": "string"}},
            },
            {
                "name": "stack",
                "in": "query",
                "description": "Only events of this stack.",
                "schema": {"type": "string"},
            },
            {
                "name": "after",
                "in": "query",
                "description": "Begin behind this event, where `Last-Event-ID` names none.",
                "schema": {"type": "string", "pattern": "^[0-9]{1,18}$"},
            },
        ],
    },
    {
        "path": "/runs/{run}/log/stream",
        "operationId": "follow_log",
        "tags": ["logs"],
        "summary": "The log of a run while it is written, as server-sent events.",
        "description": """\
`lines` has text as its data, a JSON string; `over` says that no more will come. The id is the offset behind the text.

Role: viewer.""",
        "parameters": [
            {
                "name": "run",
                "in": "path",
                "required": True,
                "description": PARAMETERS["run"],
                "schema": {"type": "string", "pattern": "^(run-)?[0-9]{1,18}$", "examples": ["run-184"]},
            },
            {
                "name": "offset",
                "in": "query",
                "description": "Where to begin, in bytes.",
                "schema": {"type": "integer", "minimum": 0, "default": 0},
            },
        ],
    },
)


def openapi(operations: Sequence[Operation[..., Any]]) -> Schema:
    components, paths, tags = Components(), dict[str, Schema](), dict[str, str]()
    for one in operations:
        components.of(one.answer)  # the names are theirs
    for one in operations:
        noun, description = _noun(one)
        tags[noun] = description
        paths.setdefault(PREFIX + one.path, {})[one.method.lower()] = _operation(one, noun, components)
    for path in paths.values():
        for one in path.values():
            _exemplify(one, components.schemas)
    for stream in STREAMS:
        paths[PREFIX + stream["path"]] = {"get": _stream(stream)}
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Driftline",
            "version": __version__,
            "description": DESCRIPTION,
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "servers": [{"url": "/"}],
        "security": [{name: []} for name in SECURITY],
        "tags": [{"name": name, "description": tags[name]} for name in sorted(tags)],
        "paths": paths,
        "components": {
            "schemas": {"Problem": PROBLEM, **components.schemas},
            "responses": {"Problem": _problem("A problem (RFC 9457).")},
            "securitySchemes": SECURITY,
        },
    }


def _noun(of: Operation[..., Any]) -> tuple[str, str]:
    room, _, file = of.perform.__module__.rpartition(".")
    noun = PART_OF.get(file, file)
    return noun, inspect.getdoc(sys.modules[f"{room}.{noun}"]) or ""


def _operation(of: Operation[..., Any], noun: str, components: Components) -> Schema:
    arguments = Arguments(of)
    description = inspect.getdoc(of.perform) or of.name
    made: Schema = {
        "operationId": of.name,
        "tags": [noun],
        "summary": of.summary,
        "description": f"{description}\n\nRole: {of.role.value if of.role else 'none'}.",
        "parameters": [
            *_parameters("path", arguments.path, components),
            *_queried(of, arguments, components),
            *_headers(of),
        ],
        "responses": {**_success(of, components), **_refusals(of)},
    }
    if of.method != "GET" and arguments.body.model_fields:
        schema = _taken(arguments.body, components)
        made["requestBody"] = {
            "required": bool(schema.get("required")),
            "content": {JSON: {"schema": schema}},
        }
    return made


def _parameters(place: str, model: type[BaseModel], components: Components) -> list[Schema]:
    schema = _taken(model, components)
    needed = schema.get("required", ())
    return [
        {
            "name": name,
            "in": place,
            "required": name in needed,
            "schema": one,
            **({"description": PARAMETERS[name]} if name in PARAMETERS else {}),
        }
        for name, one in schema["properties"].items()
    ]


def _taken(model: type[BaseModel], components: Components) -> Schema:
    """The schema that a request is read with. An object in it is another component than the same class in an answer:
    it may leave out what has a default, and may have nothing more.
    """
    made = model.model_json_schema(ref_template=REFERENCE + "{model}")
    names = [name for name, one in made.get("$defs", {}).items() if one.get("type") == "object"]
    text = json.dumps(made)
    for name in names:
        text = text.replace(f'"{REFERENCE}{name}"', f'"{REFERENCE}{name}Input"')
    schema: Schema = json.loads(text)
    for name, one in schema.pop("$defs", {}).items():
        if name in names:
            components.schemas[f"{name}Input"] = {**one, "additionalProperties": False}
        else:
            components.schemas.setdefault(name, one)
    schema.pop("title", None)
    for one in schema.setdefault("properties", {}).values():
        one.pop("title", None)
    return schema


def _queried(of: Operation[..., Any], arguments: Arguments, components: Components) -> list[Schema]:
    own = _parameters("query", arguments.query, components)
    if not paging.is_paged(of):
        return own
    return [*(one for one in own if one["name"] != paging.LIMIT), *paging.PARAMETERS]


def _headers(of: Operation[..., Any]) -> list[Schema]:
    if of.method == "GET":
        return [_header("If-None-Match", "The `ETag` of an answer that the client has.")]
    told = "Repeating a request with the same key within 24 hours does not do it again."
    return [_header("Idempotency-Key", told, {"minLength": 1, "maxLength": 255, "pattern": "^[!-~]+$"})]


def _header(name: str, description: str, more: Schema | None = None) -> Schema:
    schema = {"type": "string", **(more or {})}
    return {"name": name, "in": "header", "required": False, "description": description, "schema": schema}


def _success(of: Operation[..., Any], components: Components) -> Schema:
    if of.answer in {None, type(None)}:
        return {"204": {"description": "Done."}}
    if of.answer is Content:
        return {"200": {"description": "The file.", "content": {BYTES: {"schema": {}}}}}
    content = {JSON: {"schema": components.of(of.answer)}}
    if of.method != "GET":
        return {"200": {"description": "Done; the result.", "content": content}}
    headers = {"ETag": {"description": "Changes with the answer.", "schema": {"type": "string"}}}
    if paging.is_paged(of):
        headers["Link"] = {"description": "The next page, as `rel=next`.", "schema": {"type": "string"}}
    return {
        "200": {"description": "The answer.", "headers": headers, "content": content},
        "304": {"description": "The client has the answer already."},
    }


def _exemplify(operation: Schema, schemas: Mapping[str, Schema]) -> None:
    """An example of the body and one of the answer."""
    for said in (operation.get("requestBody", {}), operation["responses"].get("200", {})):
        for kind, content in said.get("content", {}).items():
            if kind == JSON:
                content["example"] = example_of(content["schema"], schemas)


def _stream(of: Schema) -> Schema:
    told = {name: value for name, value in of.items() if name != "path"}
    last = _header("Last-Event-ID", "The last event that the client has.", {"pattern": "^[0-9]{1,18}$"})
    events = {
        "description": "Events, until the client ends.",
        "content": {"text/event-stream": {"schema": {"type": "string"}}},
    }
    refusals = {status: _problem(text) for status, text in REFUSALS.items() if status != "409"}
    return {
        **told,
        "parameters": [*of["parameters"], last],
        "responses": {"200": events, **refusals, "default": _problem(ANY_REFUSAL)},
    }


def _refusals(of: Operation[..., Any]) -> Schema:
    left_out = {"409"} if of.method == "GET" else set()
    told = {status: _problem(text) for status, text in REFUSALS.items() if status not in left_out}
    return {**told, "default": _problem(ANY_REFUSAL)}


def _problem(description: str) -> Schema:
    return {
        "description": description,
        "content": {MEDIA_TYPE: {"schema": {"$ref": f"{REFERENCE}Problem"}}},
    }
