"""A request with an Idempotency-Key is done once."""

from pathlib import Path
from typing import Any

import httpx2
import pytest
from cli_world import World
from starlette.types import ASGIApp, Receive, Scope, Send
from web_world import Served, access

from runner.errors import StillAnswering
from runner.model.access import keyed
from runner.model.access.keyed import Attempt, KeyedRequest
from runner.model.events.feed import StackLeft
from runner.ports.records.store import Store
from runner.service.operator import lock
from runner.store.keyed import KeyedWrites

KEY = {"Idempotency-Key": "5e0c1b7a"}
LOCK = "/api/v1/locks/app"


@pytest.fixture
def served(tmp_path: Path) -> Served:
    world = World(tmp_path, more=access("ci"))
    world.stack("app")
    world.run("source", "sync")
    return Served(world)


@pytest.fixture
def client(served: Served) -> httpx2.Client:
    return served.client(served.token("ci"), around=mortal)


class Killed(BaseException):
    """Nothing after it is done, as after SIGKILL."""


def mortal(app: ASGIApp) -> ASGIApp:
    """The test client's event loop hangs now and then after what is no Exception."""

    async def until_killed(scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await app(scope, receive, send)
        except Killed as killed:
            raise ConnectionError from killed

    return until_killed


def taken(served: Served) -> int:
    return sum(1 for entry in served.world.json("audit", "log") if entry["action"] == "lock.take")


def test_the_same_request_gets_the_same_answer_and_is_not_done_again(
    served: Served, client: httpx2.Client
) -> None:
    first = client.put(LOCK, json={"reason": "moving"}, headers=KEY)
    client.request("DELETE", LOCK, json={"reason": "done"})
    second = client.put(LOCK, json={"reason": "moving"}, headers=KEY)
    assert (second.status_code, second.content) == (200, first.content)
    assert second.headers["idempotency-replayed"] == "true"
    assert "idempotency-replayed" not in first.headers
    assert taken(served) == 1


def test_another_body_with_the_same_key_is_refused(client: httpx2.Client) -> None:
    client.put(LOCK, json={"reason": "moving"}, headers=KEY)
    answer = client.put(LOCK, json={"reason": "mending"}, headers=KEY)
    assert (answer.status_code, answer.json()["code"]) == (422, "KeyReused")


def test_another_operation_with_the_same_key_is_refused(client: httpx2.Client) -> None:
    client.put(LOCK, json={"reason": "moving"}, headers=KEY)
    answer = client.request("DELETE", LOCK, json={"reason": "moving"}, headers=KEY)
    assert answer.json()["code"] == "KeyReused"


def test_keys_are_each_callers_own(tmp_path: Path) -> None:
    both = 'web: {access: [{role: admin, subjects: ["token:a", "token:b"]}]}'
    served = Served(World(tmp_path, more=both))
    for name in ("a", "b"):
        answer = served.client(served.token(name)).post(
            "/api/v1/tokens", json={"name": f"of-{name}"}, headers=KEY
        )
        assert answer.status_code == 200


def test_what_failed_before_it_changed_anything_may_be_repeated(client: httpx2.Client) -> None:
    assert client.put("/api/v1/locks/later", json={"reason": "x"}, headers=KEY).status_code == 404
    assert client.put(LOCK, json={"reason": "x"}, headers=KEY).status_code == 200


def test_a_key_is_forgotten_after_a_day(
    served: Served, client: httpx2.Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    client.put(LOCK, json={"reason": "moving"}, headers=KEY)
    monkeypatch.setattr("runner.store.keyed.KEPT", -keyed.KEPT)
    answer = client.put(LOCK, json={"reason": "another"}, headers=KEY)
    assert answer.json()["code"] == "StackLocked"


@pytest.mark.parametrize("key", ["", "a b", "x" * 256])
def test_what_is_no_key_is_refused(client: httpx2.Client, key: str) -> None:
    answer = client.put(LOCK, json={"reason": "x"}, headers={"Idempotency-Key": key})
    assert answer.json()["errors"][0]["pointer"] == "/Idempotency-Key"


def test_a_secret_that_is_shown_once_is_not_kept(served: Served, client: httpx2.Client) -> None:
    first = client.post("/api/v1/tokens", json={"name": "new"}, headers=KEY)
    answer = client.post("/api/v1/tokens", json={"name": "new"}, headers=KEY)
    assert (answer.status_code, answer.json()["code"]) == (409, "AnswerLost")
    files = [file.read_bytes() for file in (served.world.root / "data").glob("driftline.db*")]
    assert b"token.create" in b"".join(files)
    assert first.json()["secret"].encode() not in b"".join(files)


# The server dies


def raised(*_args: Any, **_kwargs: Any) -> None:
    raise Killed


def later(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("runner.store.keyed.ANSWERED_WITHIN", -keyed.ANSWERED_WITHIN)


def test_a_crash_after_the_change_does_not_do_it_twice(
    served: Served, client: httpx2.Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as dead:
        dead.setattr(KeyedWrites, "end_keyed", raised)
        dead.setattr(KeyedWrites, "drop_keyed", raised)
        client.put(LOCK, json={"reason": "moving"}, headers=KEY)
    assert client.put(LOCK, json={"reason": "moving"}, headers=KEY).json()["code"] == "StillAnswering"
    later(monkeypatch)
    answer = client.put(LOCK, json={"reason": "moving"}, headers=KEY)
    assert (answer.status_code, answer.json()["code"]) == (409, "AnswerLost")
    assert taken(served) == 1


def test_a_crash_before_the_change_lets_it_be_done(
    served: Served, client: httpx2.Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as dead:
        dead.setattr(lock, "take", raised)
        dead.setattr(KeyedWrites, "drop_keyed", raised)
        client.put(LOCK, json={"reason": "moving"}, headers=KEY)
    waiting = client.put(LOCK, json={"reason": "moving"}, headers=KEY)
    assert (waiting.json()["code"], waiting.headers["retry-after"]) == ("StillAnswering", "30")
    later(monkeypatch)
    assert client.put(LOCK, json={"reason": "moving"}, headers=KEY).status_code == 200
    assert taken(served) == 1


def test_who_is_thought_dead_and_is_not_changes_nothing(
    served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    later(monkeypatch)
    store = served.world.app.store
    first, second = (_begun(store) for _ in range(2))
    assert second.number == 2
    with (
        pytest.raises(StillAnswering),
        store.alongside(lambda writer: writer.note_change(first)),
        store.writing() as writer,
    ):
        writer.emit("stack.missing", "app", StackLeft("app"))
    with store.reading() as reader:
        assert not reader.newest_events(["stack.missing"], None, 1)


def _begun(store: Store) -> Attempt:
    with store.writing() as writer:
        begun = writer.begin_keyed(KeyedRequest("token ci", "key", "request"))
    assert isinstance(begun, Attempt)
    return begun
