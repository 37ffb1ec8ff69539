"""A sensitive value that is in code, state and plan, and the secrets of tokens: no answer of the API has one."""

import inspect
from typing import Any

import pytest
from fastapi.testclient import TestClient
from rich_world import CANARY, Rich

from runner.api.operation import Operation
from runner.api.table import operations
from runner.web.application import application

# By the name of the parameter.
GIVEN: dict[str, Any] = {
    "stack": "app/secret",
    "report": 3,
    "name": "plan.json",
    "request": 1,
    "source": "infra",
    "after": 0,
    "number": 1,
    "older": 1,
    "newer": 2,
}
LOOKS = [one for one in operations() if one.method == "GET" and one.at_daemon is None]


@pytest.fixture(scope="module")
def client(installation: Rich) -> TestClient:
    headers = {"Authorization": f"Bearer {installation.tokens['ana']}"}
    return TestClient(application(installation.world.app), "http://localhost", headers=headers)


@pytest.mark.parametrize("look", LOOKS, ids=lambda look: look.name)
def test_no_answer_has_a_secret(client: TestClient, installation: Rich, look: Operation[..., Any]) -> None:
    run = installation.runs["app/secret"]
    given = {
        name: GIVEN.get(name, run) for name in look.parameters if name in GIVEN or name in {"run", "runs"}
    }
    path = look.path.format(**given)
    needed = {
        name: given[name]
        for name, one in look.parameters.items()
        if name not in look.in_path and one.default is inspect.Parameter.empty
    }
    answer = client.get(f"/api/v1{path}", params=needed)
    assert answer.status_code in {200, 404, 409}, answer.text
    assert not [secret for secret in (CANARY, *installation.tokens.values()) if secret in answer.text]


def test_the_secret_is_there_to_be_told(installation: Rich) -> None:
    states = (installation.world.root / "data").rglob("terraform.tfstate")
    assert any(CANARY in state.read_text() for state in states)
