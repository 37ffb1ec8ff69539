from dataclasses import replace
from pathlib import Path

import pytest
from cli_world import World
from fastapi.testclient import TestClient
from web_world import Served, access, pass_time

from runner.api import tokens
from runner.web.application import application

SEES_ALL_OWNS_DEV = """web: {access: [
  {role: viewer, subjects: ["token:ci"]},
  {role: owner, subjects: ["token:ci"], stacks: ["dev/**"]},
]}"""


def test_a_request_without_a_token_is_not_answered(tmp_path: Path) -> None:
    served = Served(World(tmp_path, more=access("ci")))
    served.token("ci")
    answer = served.client(None).get("/api/v1/status")
    assert answer.status_code == 401
    assert answer.headers["content-type"] == "application/problem+json"


def test_a_token_is_the_person_who_acts(tmp_path: Path) -> None:
    world = World(tmp_path, more=access("ci"))
    world.stack("app")
    world.run("source", "sync")
    served = Served(world)
    client = served.client(served.token("ci"))
    assert client.put("/api/v1/locks/app", json={"reason": "moving"}).status_code == 200
    assert world.json("lock", "list")[0]["holder"] == "ci"


def test_a_revoked_token_is_worth_nothing(tmp_path: Path) -> None:
    world = World(tmp_path, more=access("ci"))
    served = Served(world)
    client = served.client(served.token("ci"))
    assert client.get("/api/v1/status").status_code == 200
    world.run("token", "revoke", "ci")
    assert client.get("/api/v1/status").status_code == 401


def test_an_expired_token_is_worth_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    world = World(tmp_path, more=access("ci"))
    world.stack("app")
    world.run("source", "sync")
    made = world.json("token", "create", "ci", "--expires", "1h")
    client = Served(world).client(made["secret"])
    assert client.get("/api/v1/status").status_code == 200
    pass_time(monkeypatch, hours=1)
    assert client.get("/api/v1/status").status_code == 401


def test_a_role_holds_for_its_stacks_only(tmp_path: Path) -> None:
    world = World(tmp_path, more=SEES_ALL_OWNS_DEV)
    world.stack("app")
    world.run("source", "sync")
    served = Served(world)
    answer = served.client(served.token("ci")).put("/api/v1/locks/app", json={"reason": "moving"})
    assert answer.status_code == 403
    assert answer.json()["code"] == "RoleMissing"


def test_when_a_token_was_last_used_is_listed(tmp_path: Path) -> None:
    served = Served(World(tmp_path, more=access("ci")))
    (listed,) = served.client(served.token("ci")).get("/api/v1/tokens").json()
    assert listed["used_at"] is not None


def test_a_read_only_server_notes_no_use_of_a_token(tmp_path: Path) -> None:
    world = World(tmp_path, more=access("ci"))
    headers = {"Authorization": f"Bearer {Served(world).token('ci')}"}
    client = TestClient(application(replace(world.app, read_only=True)), base_url="http://localhost")
    (listed,) = client.get("/api/v1/tokens", headers=headers).json()
    assert listed["used_at"] is None


def test_names_of_tokens_are_bounded(tmp_path: Path) -> None:
    world = World(tmp_path, more=access("ci"))
    world.run("db", "migrate")
    for name in ("", "x" * 101):
        assert "1 to 100 characters" in world.run("token", "create", name, expect=64).stderr


def test_one_person_creates_so_many_tokens_at_most(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tokens, "MOST_OF_ONE", 2)
    world = World(tmp_path, more=access("ci"))
    world.run("db", "migrate")
    for name in ("a", "b"):
        world.run("token", "create", name)
    assert "2 tokens that are valid" in world.run("token", "create", "c", expect=4).stderr
    world.run("token", "revoke", "a")
    world.run("token", "create", "c")
