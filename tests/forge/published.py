"""What a forge publishes about its API, as scripts/forge-schemas keeps it: requests and answers are compared with it."""

import copy
import json
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema_rs
from forge_server import Asked, Told

FOLDER = Path(__file__).parent / "schema"


class Types:
    """Of a forge whose endpoints are not published as data, but what they take and give."""

    def __init__(self, name: str) -> None:
        self._definitions = json.loads((FOLDER / name).read_text())["$defs"]
        self._validator = cache(self._made)

    def check(self, takes: str | None, gives: str | None, asked: Asked, told: Told) -> None:
        assert (asked.body is None) == (takes is None)
        if takes is not None:
            names = self._definitions[takes].get("properties", {}).keys()
            assert not names or asked.body.keys() <= names, f"{takes} has {sorted(names)}"
        for name, value in ((takes, asked.body), (gives, told.body)):
            for one in value if isinstance(value, list) else [value]:
                if name is not None and told.status < 300:
                    errors = list(self._validator(name).iter_errors(one))
                    assert not errors, f"{name}: {errors[0].message} at {errors[0].instance_path}"

    def _made(self, name: str) -> jsonschema_rs.Draft202012Validator:
        return jsonschema_rs.Draft202012Validator({"$ref": f"#/$defs/{name}", "$defs": self._definitions})


class Published:
    def __init__(self, name: str) -> None:
        self._all = json.loads((FOLDER / name).read_text())
        self._validator = cache(self._made)

    def example(self, operation: str, status: str = "200", **changed: Any) -> Any:
        """The forge's own example of an answer, with some of its fields changed."""
        found = copy.deepcopy(self._all["operations"][operation]["answers"][status]["example"])
        one = found[0] if isinstance(found, list) else found
        return {**one, **changed}

    def check(self, operation: str, asked: Asked, told: Told) -> None:
        published = self._all["operations"][operation]
        unknown = asked.query.keys() - set(published["query"])
        assert not unknown, f"{operation} has no parameters {unknown}"
        if asked.writes and (asked.body is not None or published["needs_body"]):
            self._valid(operation, "body", asked.body)
            names = self._properties(published["body"] or {})
            assert asked.body.keys() <= names, f"{operation} takes {sorted(names)}"
        if 200 <= told.status < 300 and not isinstance(told.body, bytes):
            self._valid(operation, str(told.status), told.body)

    def _valid(self, operation: str, part: str, value: Any) -> None:
        errors = list(self._validator(operation, part).iter_errors(value))
        assert not errors, f"{operation} {part}: {errors[0].message} at {errors[0].instance_path}"

    def _made(self, operation: str, part: str) -> jsonschema_rs.Draft202012Validator:
        published = self._all["operations"][operation]
        schema = published["body"] if part == "body" else published["answers"][part]["schema"]
        return jsonschema_rs.Draft202012Validator(
            {**(schema or {}), "$defs": self._all["$defs"]}, validate_formats=False
        )

    def _properties(self, schema: dict[str, Any]) -> set[str]:
        """Also of alternatives: bodies allow unknown names, but Driftline should send none."""
        if "$ref" in schema:
            return self._properties(self._all["$defs"][schema["$ref"].rpartition("/")[2]])
        inner = [one for name in ("oneOf", "anyOf", "allOf") for one in schema.get(name, [])]
        return set(schema.get("properties", {})).union(*(self._properties(one) for one in inner))
