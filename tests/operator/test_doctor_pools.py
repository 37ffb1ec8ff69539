"""What `doctor` says of pools on the server, and on a host that is a worker."""

import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta
from pathlib import Path
from threading import Thread

import pytest
from examples import NOW
from provider.mirror import certificate

from runner.app import App
from runner.broker.celery import reach
from runner.doctor.broker import broker
from runner.doctor.checks import CHECKS
from runner.doctor.finding import Scene
from runner.doctor.pools import reachable, tokens_of
from runner.doctor.worker import skew_verdict, welcome_verdict
from runner.errors import BrokerUnreachable
from runner.model.access.token import Token
from runner.model.settings.pools import PoolSettings, WorkerSettings
from runner.model.settings.server import Settings
from runner.model.settings.web import WebSettings
from runner.model.work.protocol import VERSION, Welcome
from runner.view.finding import State

POOL = PoolSettings("eu", ("worker",))
TOKEN = Token("worker", "d", NOW - timedelta(days=1), "ana")
WORKER = WorkerSettings("https://driftline.example.com", "drift_x", "eu")


def said(pool: PoolSettings = POOL, *known: Token) -> tuple[State, str] | None:
    found = list(tokens_of(pool, known, NOW))
    return (found[0].state, found[0].message) if found else None


def test_a_token_that_holds_is_nothing_to_say() -> None:
    assert said(POOL, TOKEN) is None


def test_a_pool_without_tokens_is_one_that_nobody_can_join() -> None:
    assert said(PoolSettings("eu")) == (State.FAIL, "pool eu has no tokens, so no worker can join it")


def test_a_token_that_was_never_made_is_named() -> None:
    assert said() == (State.FAIL, "token worker of pool eu does not exist")


@pytest.mark.parametrize(
    ("token", "expected"),
    [
        (
            Token("worker", "d", NOW, "ana", expires_at=NOW),
            (State.FAIL, "token worker of pool eu is expired"),
        ),
        (
            Token("worker", "d", NOW, "ana", revoked_at=NOW),
            (State.FAIL, "token worker of pool eu is revoked"),
        ),
        (
            Token("worker", "d", NOW, "ana", expires_at=NOW + timedelta(days=3)),
            (State.WARN, "token worker of pool eu expires at 2026-11-04 12:00 UTC"),
        ),
    ],
    ids=["expired", "revoked", "soon"],
)
def test_a_token_is_judged_by_its_validity(token: Token, expected: tuple[State, str]) -> None:
    assert said(POOL, token) == expected


def test_of_two_tokens_of_one_name_the_newer_counts() -> None:
    old = Token("worker", "o", NOW - timedelta(days=9), "ana", revoked_at=NOW - timedelta(days=2))
    assert said(POOL, TOKEN, old) is None


@pytest.mark.parametrize(
    ("web", "state"),
    [
        (WebSettings(), State.FAIL),
        (WebSettings(listen="127.0.0.1:8470"), State.WARN),
        (WebSettings(listen="127.0.0.1:8470", public_url="https://driftline.example.com"), None),
        (WebSettings(listen="0.0.0.0:8443"), None),
    ],
    ids=["not served", "loopback", "behind a proxy", "everywhere"],
)
def test_the_server_must_be_served_where_workers_reach_it(web: WebSettings, state: State | None) -> None:
    assert [found.state for found in reachable(web)] == ([] if state is None else [state])


def test_a_server_of_a_fitting_protocol_welcomes_its_worker() -> None:
    assert welcome_verdict(WORKER, Welcome(VERSION + 1, 15.0, VERSION, "eu", "9.9")).state is State.OK


@pytest.mark.parametrize(("oldest", "newest"), [(VERSION + 1, VERSION + 2), (VERSION - 1, VERSION - 1)])
def test_a_server_of_another_protocol_is_told_with_the_release_to_install(oldest: int, newest: int) -> None:
    found = welcome_verdict(WORKER, Welcome(newest, 15.0, oldest, "eu", "9.9"))
    assert found.state is State.FAIL
    assert found.hint == "pip install 'driftline[celery]==9.9'"


def test_a_worker_that_listens_for_another_pool_than_its_token_is_told() -> None:
    found = welcome_verdict(WORKER, Welcome(VERSION, 15.0, VERSION, "us", "9.9"))
    assert (found.state, found.message) == (
        State.FAIL,
        "the token of this worker belongs to pool us, but worker.pool is eu",
    )


@pytest.mark.parametrize(
    ("seconds", "state", "consequence"),
    [
        (20, State.OK, "agrees"),
        (-20, State.OK, "agrees"),
        (300, State.WARN, "5 m ahead of"),
        (-300, State.WARN, "5 m behind"),
        (-601, State.FAIL, "clouds refuse"),
        (601, State.FAIL, "clouds refuse"),
    ],
)
def test_a_clock_that_differs_from_the_servers_is_told(seconds: int, state: State, consequence: str) -> None:
    found = skew_verdict(timedelta(seconds=seconds))
    assert found.state is state
    assert consequence in found.message


def test_a_broker_that_cannot_be_reached_is_told_without_its_password() -> None:
    url = "redis://:hunter2@127.0.0.1:1/0"
    (found,) = broker(Scene(App(Settings(Path("/nowhere"), broker=url), Path("/nowhere"))))
    assert (found.check, found.state) == ("broker", State.FAIL)
    assert "hunter2" not in found.message + found.hint


def test_what_only_a_server_has_is_not_looked_for_on_a_worker() -> None:
    there = {check.name for check in CHECKS if check.on_workers}
    assert {"engines", "disk", "permissions", "broker", "worker", "confinement"} <= there
    assert not there & {"database", "audit", "sources", "daemon", "web", "pools", "approvers"}


@contextmanager
def tls_server(pem: Path) -> Iterator[int]:
    """It shakes hands, and says nothing of AMQP."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pem)

    def serve(listening: socket.socket) -> None:
        with suppress(OSError):
            while True:
                talking, _ = listening.accept()
                with suppress(OSError), context.wrap_socket(talking, server_side=True) as secured:
                    secured.recv(8)

    with socket.create_server(("127.0.0.1", 0)) as listening:
        thread = Thread(target=serve, args=(listening,), daemon=True)
        thread.start()
        yield listening.getsockname()[1]
        listening.shutdown(socket.SHUT_RDWR)
        thread.join()


@pytest.mark.parametrize(
    ("host", "trusted", "problem"),
    [
        ("localhost", False, "certificate verify failed"),
        ("127.0.0.1", True, "certificate verify failed"),
        ("localhost", True, "closed connection"),
    ],
    ids=["nobody trusts it", "another name", "its name"],
)
def test_rabbitmq_is_talked_to_only_with_the_certificate_of_its_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, host: str, problem: str, *, trusted: bool
) -> None:
    pem = tmp_path / "cert.pem"
    pem.write_bytes(certificate())
    if trusted:
        monkeypatch.setenv("SSL_CERT_FILE", str(pem))
    with tls_server(pem) as port, pytest.raises(BrokerUnreachable, match=problem):
        reach(f"amqps://guest:guest@{host}:{port}//", [])
