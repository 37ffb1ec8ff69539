"""schemathesis asks everything that the description allows, and much that it does not, and finds no lie in it."""

from collections.abc import Iterator
from http import HTTPStatus
from typing import Any

import hypothesis
import pytest
import schemathesis
from cli_world import applied
from schemathesis import Case, Response
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import positive_data_acceptance
from starlette.applications import Starlette
from web_world import Served, access

from runner.api.table import operations
from runner.web.api.openapi import openapi
from runner.web.application import application
from runner.web.identity import guesses

FUZZED = hypothesis.settings(
    max_examples=5,
    derandomize=True,
    database=None,
    deadline=None,
    phases=[hypothesis.Phase.generate],
    suppress_health_check=list(hypothesis.HealthCheck),
)
described = schemathesis.openapi.from_dict(openapi(operations())).exclude(path_regex="/log/stream|/events$")


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Served:
    """Runs, a lock and an open drift report."""
    world = applied(
        tmp_path_factory.mktemp("fuzzed"),
        config=access("ci").replace("web: {", "web: {hosts: [testserver], "),
    )
    world.cloud.write_text("by hand")
    world.run("drift", "check", "app", expect=2)
    world.commit({"app/main.tf": (world.repository / "app/main.tf").read_text() + "\n"})
    world.run("plan", "app", "--no-wait", expect=None)
    return Served(world)


@pytest.fixture(scope="module")
def asked(served: Served) -> Iterator[tuple[Starlette, dict[str, str]]]:
    """It also sends wrong tokens, more of them than one may guess."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(guesses, "MOST", 1_000_000)
        patch.setattr(guesses, "MOST_OF_ALL", 1_000_000)
        yield application(served.world.app), {"Authorization": f"Bearer {served.token('ci')}"}


@described.parametrize()
@FUZZED
def test_every_answer_is_as_described(case: Case[Any], asked: tuple[Starlette, dict[str, str]]) -> None:
    app, headers = asked
    case.operation.schema.app = case.operation.app = app
    # Without a daemon, what needs one is answered by 503.
    answer = case.call(headers=headers)
    assert answer.status_code != HTTPStatus.INTERNAL_SERVER_ERROR
    excluded: list[Any] = [
        not_a_server_error,
        *([positive_data_acceptance] if refused_for_its_meaning(answer) else []),
    ]
    case.validate_response(answer, excluded_checks=excluded)


def refused_for_its_meaning(answer: Response) -> bool:
    """No schema says which topics there are, how long a hundred years is, whose cursor belongs to which list, which
    key was used before, or what a state is.
    """
    refused = answer.status_code in {HTTPStatus.BAD_REQUEST, HTTPStatus.UNPROCESSABLE_ENTITY}
    told = answer.json() if refused else {}
    if told.get("code") in {"BadUsage", "KeyReused", "NotAState"}:
        return True
    errors = told.get("errors", ())
    return bool(errors) and all(
        one["pointer"] == "/cursor" or one["message"].startswith("expected ") for one in errors
    )
