"""Every request that fails is answered by a problem (RFC 9457)."""

from pathlib import Path
from typing import Any

import httpx2
import pytest
from cli_world import World
from web_world import Served, access

from runner.api.status import show_status
from runner.errors import DatabaseBusy
from runner.web.guard.limits import MAX_BODY, MAX_TARGET
from runner.web.problem import MEDIA_TYPE


@pytest.fixture
def client(tmp_path: Path) -> httpx2.Client:
    served = Served(World(tmp_path, more=access("ci")))
    return served.client(served.token("ci"))


def told(answer: httpx2.Response, status: int) -> dict[str, Any]:
    assert answer.status_code == status
    assert answer.headers["content-type"] == MEDIA_TYPE
    assert answer.headers["cache-control"] == "no-store"
    found: dict[str, Any] = answer.json()
    assert found["status"] == status
    return found


def test_an_unknown_path(client: httpx2.Client) -> None:
    assert told(client.get("/api/v1/nothing"), 404)["code"] == "NothingServed"


def test_a_wrong_method_names_those_that_are_right(client: httpx2.Client) -> None:
    answer = client.delete("/api/v1/tokens")
    assert told(answer, 405)["code"] == "MethodNotAllowed"
    assert answer.headers["allow"] == "GET, HEAD, OPTIONS, POST"


def test_options_are_the_methods_of_a_path_and_nothing_for_other_origins(client: httpx2.Client) -> None:
    answer = client.options("/api/v1/locks/prod/vpc", headers={"Origin": "https://example.com"})
    assert (answer.status_code, answer.headers["allow"]) == (204, "DELETE, OPTIONS, PUT")
    assert not [name for name in answer.headers if name.startswith("access-control")]


def test_options_of_a_page_are_its_methods(client: httpx2.Client) -> None:
    assert client.options("/login").headers["allow"] == "GET, OPTIONS, POST"


def test_head_is_get_without_the_body(client: httpx2.Client) -> None:
    whole = client.get("/api/v1/stacks")
    answer = client.head("/api/v1/stacks")
    assert (answer.status_code, answer.content) == (200, b"")
    assert answer.headers["etag"] == whole.headers["etag"]


@pytest.mark.parametrize("body", ["{", "", "[]", "null", '{"reason": "\ud800"}', "[" * 100_000])
def test_a_body_that_is_no_object(client: httpx2.Client, body: str) -> None:
    answer = client.put(
        "/api/v1/locks/app",
        content=body.encode(errors="surrogatepass"),
        headers={"Content-Type": "application/json"},
    )
    assert told(answer, 400)["code"] == "InvalidRequest"


def test_every_problem_of_a_request_is_told_at_once_with_its_place(client: httpx2.Client) -> None:
    answer = client.put("/api/v1/locks/app?force=1", json={"reason": 5, "why": "x"})
    assert told(answer, 400)["errors"] == [
        {"in": "query", "pointer": "/force", "message": "Extra inputs are not permitted"},
        {"in": "body", "pointer": "/reason", "message": "Input should be a valid string"},
        {"in": "body", "pointer": "/why", "message": "Extra inputs are not permitted"},
    ]


def test_a_body_of_another_type(client: httpx2.Client) -> None:
    answer = client.put("/api/v1/locks/app", data={"reason": "x"})
    assert told(answer, 415)["code"] == "NotJson"


def test_a_body_that_is_too_large(client: httpx2.Client) -> None:
    answer = client.put("/api/v1/locks/app", json={"reason": "x" * MAX_BODY})
    assert told(answer, 413)["code"] == "RequestTooLarge"


def test_a_body_in_chunks_that_is_too_large(client: httpx2.Client) -> None:
    chunks = (b"x" * 1024 for _ in range(MAX_BODY // 1024 + 1))
    answer = client.put("/api/v1/locks/app", content=chunks, headers={"Content-Type": "application/json"})
    assert told(answer, 413)["code"] == "RequestTooLarge"


def test_an_address_that_is_too_long(client: httpx2.Client) -> None:
    answer = client.get("/api/v1/stacks", params={"label": "x" * MAX_TARGET})
    assert told(answer, 413)["facts"]["part"] == "address"


def test_the_terminals_message_and_hint(client: httpx2.Client) -> None:
    found = told(client.get("/api/v1/stacks/nowhere"), 404)
    assert found["detail"] == 'stack "nowhere" not found'
    assert found["hint"] == "driftline stack list"
    assert found["exit_code"] == 5


def test_an_internal_error_tells_nothing_but_its_id_in_the_log(
    client: httpx2.Client, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail(_caller: object) -> None:
        raise RuntimeError("canary")

    monkeypatch.setattr(type(show_status), "__call__", lambda _self, caller: fail(caller))
    answer = client.get("/api/v1/status")
    found = told(answer, 500)
    assert "canary" not in answer.text
    captured = capsys.readouterr()
    assert found["facts"]["id"] in captured.out + captured.err


def test_a_busy_database_says_when_to_try_again(
    client: httpx2.Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    def busy(_caller: object) -> None:
        raise DatabaseBusy(path="driftline.db", seconds="30")

    monkeypatch.setattr(type(show_status), "__call__", lambda _self, caller: busy(caller))
    answer = client.get("/api/v1/status")
    assert told(answer, 503)["code"] == "DatabaseBusy"
    assert answer.headers["retry-after"] == "5"
