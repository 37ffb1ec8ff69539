"""A webhook of a forge has its source polled, and whoever does not know its secret does nothing."""

import hashlib
import hmac
import signal
from pathlib import Path

import httpx2
import pytest
from cli_world import CONFIG, World, until
from fastapi.testclient import TestClient

from runner.app import App
from runner.config.server_file import load
from runner.errors import BadConfig
from runner.model.forge.webhook import is_from_who_knows
from runner.web.application import application
from runner.web.hooks import MOST_WRONG

SECRET = "canary-9d1c0b7e5f2a4863"
BODY = b'{"zen": "Keep it logically awesome.", "hook_id": 1}'
DIGEST = hmac.digest(SECRET.encode(), BODY, "sha256").hex()
SIGNED = {"X-Hub-Signature-256": f"sha256={DIGEST}"}


def hooked(root: Path, settings: str = f"poll: 1h, webhook_secret: {SECRET}") -> World:
    world = World(root)
    config = CONFIG.format(root=root, more="", executor="")
    world.config.write_text(config.replace('repository"}', f'repository", {settings}}}'))
    return world


@pytest.fixture
def world(tmp_path: Path) -> World:
    return hooked(tmp_path)


def client(app: App) -> httpx2.Client:
    return TestClient(application(app), base_url="http://localhost", raise_server_exceptions=False)


def woken(app: App) -> set[str]:
    with app.store.reading() as reader:
        return set(reader.wakes())


@pytest.mark.parametrize(
    "headers",
    [
        SIGNED,
        {"X-Hub-Signature": f"sha256={DIGEST}"},
        {"X-Gitea-Signature": DIGEST},
        {"X-Forgejo-Signature": DIGEST},
        {"X-Gitlab-Token": SECRET},
        # As Gitea and Forgejo send it.
        {
            "X-Hub-Signature": f"sha1={hmac.new(SECRET.encode(), BODY, hashlib.sha1).hexdigest()}",
            **SIGNED,
            "X-Gitea-Signature": DIGEST,
        },
    ],
)
def test_a_webhook_of_each_forge_wakes_its_source(world: World, headers: dict[str, str]) -> None:
    app = world.app
    assert client(app).post("/hooks/infra", content=BODY, headers=headers).status_code == 202
    assert woken(app) == {"infra"}


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"X-Hub-Signature-256": "sha256="},
        {"X-Hub-Signature-256": DIGEST},
        {"X-Hub-Signature-256": f"sha256={hmac.digest(b'another secret', BODY, 'sha256').hex()}"},
        {"X-Hub-Signature-256": f"sha256={hmac.digest(SECRET.encode(), BODY + b' ', 'sha256').hex()}"},
        {"X-Hub-Signature": f"sha1={hmac.new(SECRET.encode(), BODY, hashlib.sha1).hexdigest()}"},
        {"X-Hub-Signature": f"sha256={'0' * 64}"},
        {"X-Gitea-Signature": ""},
        {"X-Gitea-Signature": f"sha256={DIGEST}"},
        {"X-Gitlab-Token": ""},
        {"X-Gitlab-Token": SECRET[:-1]},
        {"X-Gitlab-Token": "sécret"},
        {"Authorization": f"Bearer {SECRET}"},
    ],
)
def test_a_forged_webhook_does_nothing(world: World, headers: dict[str, str]) -> None:
    app = world.app
    sent = {name.encode(): value.encode() for name, value in headers.items()}
    refused = client(app).post("/hooks/infra", content=BODY, headers=sent)
    assert (refused.status_code, refused.json()["code"]) == (401, "WebhookRefused")
    assert SECRET not in refused.text
    assert woken(app) == set()


def test_an_unknown_source_is_answered_like_a_wrong_secret(world: World) -> None:
    http = client(world.app)
    forged = {"X-Hub-Signature-256": f"sha256={'0' * 64}"}
    unknown = http.post("/hooks/infrb", content=BODY, headers=SIGNED)
    wrong = http.post("/hooks/infra", content=BODY, headers=forged)
    assert unknown.json() == wrong.json()
    assert {**unknown.headers} == {**wrong.headers}


def test_a_source_without_a_secret_has_no_webhook(tmp_path: Path) -> None:
    world = hooked(tmp_path)
    config = world.config.read_text().replace(
        "drift:", f'  - {{name: other, url: "{tmp_path}/other"}}\ndrift:'
    )
    world.config.write_text(config)
    app = world.app
    for headers in (SIGNED, {"X-Gitlab-Token": ""}, {"X-Gitlab-Token": "None"}):
        assert client(app).post("/hooks/other", content=BODY, headers=headers).status_code == 401
    assert woken(app) == set()


def test_without_any_secret_there_is_no_such_address(tmp_path: Path) -> None:
    answer = client(World(tmp_path).app).post("/hooks/infra", content=BODY, headers=SIGNED)
    assert (answer.status_code, answer.json()["code"]) == (404, "NothingServed")


def test_a_server_that_is_read_only_takes_none(world: World) -> None:
    with world.app.store.writing():
        """A read-only server makes no database."""
    app = App.that_serves(world.config, read_only=True)
    assert client(app).post("/hooks/infra", content=BODY, headers=SIGNED).status_code == 404


def test_a_replay_asks_for_no_more_than_the_first(world: World) -> None:
    app = world.app
    http = client(app)
    assert {http.post("/hooks/infra", content=BODY, headers=SIGNED).status_code for _ in range(5)} == {202}
    with app.store.writing() as writer:
        assert writer.take_wakes() == {"infra"}
        assert writer.take_wakes() == frozenset()


def test_forged_webhooks_are_refused_for_a_while_after_many(world: World) -> None:
    http = client(world.app)
    assert {http.post("/hooks/infra", content=BODY).status_code for _ in range(MOST_WRONG)} == {401}
    refused = http.post("/hooks/infra", content=BODY)
    assert (refused.status_code, refused.json()["code"]) == (429, "TooManyGuesses")
    # Whoever is at the same address logs in all the same.
    assert http.get("/api/v1/status", headers={"Authorization": "Bearer drift_x"}).status_code == 401


def test_a_forge_that_also_sends_for_strangers_is_heard(world: World) -> None:
    http = client(world.app)
    for _ in range(MOST_WRONG + 1):
        http.post("/hooks/infra", content=BODY)
    assert http.post("/hooks/infra", content=BODY, headers=SIGNED).status_code == 202
    assert woken(world.app) == {"infra"}


def test_a_large_webhook_is_refused(world: World) -> None:
    body = b"x" * 2**20 + b"x"
    digest = hmac.digest(SECRET.encode(), body, "sha256").hex()
    headers = {"X-Hub-Signature-256": f"sha256={digest}"}
    assert client(world.app).post("/hooks/infra", content=body, headers=headers).status_code == 413


def test_a_webhook_has_no_use_for_a_session(world: World) -> None:
    """A form, as GitHub sends by default, with a cookie of nobody."""
    form = {**SIGNED, "Content-Type": "application/x-www-form-urlencoded", "Cookie": "driftline=x"}
    assert client(world.app).post("/hooks/infra", content=BODY, headers=form).status_code == 202
    assert client(world.app).get("/hooks/infra").status_code == 405


def test_one_header_that_fits_is_enough() -> None:
    shown = {"x-gitlab-token": "wrong", "x-hub-signature-256": f"sha256={DIGEST}"}
    assert is_from_who_knows(SECRET, shown, BODY)
    assert not is_from_who_knows("other", shown, BODY)


@pytest.mark.parametrize("secret", ["short", "with a space in it....", "ä" * 20, "x" * 201])
def test_a_secret_that_can_be_guessed_or_not_be_sent_is_refused(tmp_path: Path, secret: str) -> None:
    world = hooked(tmp_path, f'webhook_secret: "{secret}"')
    with pytest.raises(BadConfig, match=r"sources\[0\]\.webhook_secret: expected at least 16") as refused:
        load(world.config)
    assert secret not in refused.value.message


def test_the_daemon_polls_at_once_for_a_webhook(world: World) -> None:
    world.stack("app")
    daemon = world.start("daemon")
    daemon.says("daemon.ready")
    app = world.app
    until(lambda: world.json("source", "list")[0]["revision"] is not None)
    head = world.stack("late")
    client(app).post("/hooks/infra", content=BODY, headers=SIGNED)
    until(lambda: world.json("source", "list")[0]["revision"] == head)
    daemon.signal(signal.SIGTERM)
    _, log = daemon.ends(0)
    written = [path.read_bytes() for path in (world.root / "data").rglob("*") if path.is_file()]
    assert not any(SECRET.encode() in content for content in written)
    assert SECRET not in log + world.run("config", "show").output


def test_a_single_pass_has_nothing_left_to_poll_soon(world: World) -> None:
    world.stack("app")
    app = world.app
    client(app).post("/hooks/infra", content=BODY, headers=SIGNED)
    world.run("daemon", "--once")
    assert woken(app) == set()
