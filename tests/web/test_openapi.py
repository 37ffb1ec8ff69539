"""The description of the API covers every operation."""

from pathlib import Path
from typing import Any

import pytest
from cli_world import World
from jsonschema_rs import Draft202012Validator
from pydantic import ValidationError
from web_world import Served

from runner.api.caller import Caller
from runner.api.http import PREFIX
from runner.api.operation import Operation, operation
from runner.api.table import operations
from runner.model.access.role import Role
from runner.model.values.span import Seconds
from runner.web.api.arguments import Arguments
from runner.web.api.openapi import openapi

DESCRIPTION = openapi(operations())


def described(of: Operation[..., Any]) -> dict[str, Any]:
    found: dict[str, Any] = DESCRIPTION["paths"][PREFIX + of.path][of.method.lower()]
    return found


@pytest.mark.parametrize("of", operations(), ids=lambda of: of.name)
def test_an_operation_is_described_in_full(of: Operation[..., Any]) -> None:
    found = described(of)
    assert found["operationId"] == of.name
    assert found["summary"].endswith(".")
    assert {"400", "401", "403", "404", "default"} <= found["responses"].keys()
    body = found.get("requestBody", {}).get("content", {}).get("application/json", {})
    taken = {one["name"] for one in found["parameters"]} | body.get("schema", {}).get("properties", {}).keys()
    assert of.parameters.keys() <= taken


def test_every_reference_leads_to_a_component() -> None:
    schemas = DESCRIPTION["components"]["schemas"]

    def walk(part: Any) -> None:
        if isinstance(part, dict):
            reference = part.get("$ref")
            if isinstance(reference, str):
                assert reference.removeprefix("#/components/schemas/") in schemas
            for one in part.values():
                walk(one)
        elif isinstance(part, list):
            for one in part:
                walk(one)

    walk(DESCRIPTION)


@operation("GET", "/things/{run}", Role.VIEWER)
def show_thing(_caller: Caller, run: int, *, reports: tuple[int, ...] = ()) -> None:
    """A thing."""


@pytest.mark.parametrize(("text", "number"), [("run-184", 184), ("184", 184), ("run-0", 0)])
def test_ids_are_taken_as_everybody_writes_them(text: str, number: int) -> None:
    assert Arguments(show_thing).path.model_validate({"run": text}).run == number  # type: ignore[attr-defined]


@pytest.mark.parametrize("text", ["dr-1", "run-", "run-x", "-1", "1.0", "run-1 ", "9" * 19, "run-\u0661"])
def test_what_is_no_id_is_refused(text: str) -> None:
    with pytest.raises(ValidationError):
        Arguments(show_thing).path.model_validate({"run": text})


def test_several_ids_may_be_given() -> None:
    found = Arguments(show_thing).query.model_validate({"reports": ["dr-37", "38"]})
    assert found.reports == (37, 38)  # type: ignore[attr-defined]


def test_everybody_may_read_it(tmp_path: Path) -> None:
    answer = Served(World(tmp_path)).client(None).get("/openapi.json")
    assert answer.json()["openapi"] == "3.1.0"


@operation("GET", "/numbers", Role.VIEWER)
def list_numbers(
    _caller: Caller, *, limit: int = 50, after: int | None = None, within: Seconds | None = None
) -> None:
    """Numbers."""


@pytest.mark.parametrize(
    ("name", "value"),
    [("limit", "0"), ("limit", "-1"), ("after", "-1"), ("after", "9" * 19), ("within", "9999999999w")],
)
def test_numbers_that_nothing_can_hold_are_refused(name: str, value: str) -> None:
    with pytest.raises(ValidationError):
        Arguments(list_numbers).query.model_validate({name: value})


def test_every_example_is_what_its_schema_says() -> None:
    components = {"components": DESCRIPTION["components"]}
    for path in DESCRIPTION["paths"].values():
        for one in path.values():
            for said in (one.get("requestBody", {}), one["responses"].get("200", {})):
                content = said.get("content", {}).get("application/json")
                if content is not None:
                    Draft202012Validator({**content["schema"], **components}).validate(content["example"])
