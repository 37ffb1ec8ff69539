"""The line between a worker and its server fails at every call: each run is done once, and its result is recorded."""

import hashlib
import json
import socket
from collections.abc import Callable, Iterator
from contextlib import closing
from urllib.parse import urlsplit

import httpx2
import pytest
from applied_once import applied, approved
from pool_world import SECRET, Pool

from runner.api.http import FENCE, WORK
from runner.model.run.life import State
from runner.model.work.protocol import SMALL, Wanted
from runner.pool.client import WorkClient

Real = Callable[[httpx2.HTTPTransport, httpx2.Request], httpx2.Response]
Fault = Callable[[Real, httpx2.HTTPTransport, httpx2.Request], httpx2.Response]
AUTOMATIC = "apply: {mode: automatic}\n"


def answers(status: int, content: bytes = b"", **headers: str) -> Fault:
    """Something in between answers for the server, which hears nothing."""

    def fault(_real: Real, _line: httpx2.HTTPTransport, request: httpx2.Request) -> httpx2.Response:
        return httpx2.Response(status, headers=headers, content=content, request=request)

    return fault


def refused(_real: Real, _line: httpx2.HTTPTransport, request: httpx2.Request) -> httpx2.Response:
    raise httpx2.ConnectError("connection refused", request=request)


def lost(real: Real, line: httpx2.HTTPTransport, request: httpx2.Request) -> httpx2.Response:
    """The server has done it, and nobody here hears of that."""
    real(line, request).read()
    raise httpx2.ReadTimeout("timed out", request=request)


FAULTS = {
    "the answer is lost": lost,
    "the connection is refused": refused,
    "a proxy is without its server": answers(502, b"<html>"),
    "a proxy fails": answers(500, b"<html>"),
    "a login page says yes": answers(200, b"<html>Welcome</html>"),
    "something says yes in JSON": answers(200, b"{}"),
    "something redirects": answers(302, location="https://login.example.com"),
    "something else lives there": answers(404, json.dumps({"detail": "Not Found"}).encode()),
}


@pytest.fixture
def faulty(monkeypatch: pytest.MonkeyPatch) -> Callable[[Fault], list[str]]:
    """Lets the first request of each kind fail; the list has those that did."""
    monkeypatch.setattr("runner.pool.client._FIRST_PAUSE", 0.0)

    def fail_once(fault: Fault) -> list[str]:
        real, failed = httpx2.HTTPTransport.handle_request, list[str]()

        def handle(line: httpx2.HTTPTransport, request: httpx2.Request) -> httpx2.Response:
            kind = f"{request.method} {request.url.path.removeprefix(WORK)}"
            if kind in failed:
                return real(line, request)
            failed.append(kind)
            return fault(real, line, request)

        monkeypatch.setattr(httpx2.HTTPTransport, "handle_request", handle)
        return failed

    return fail_once


@pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS)
def test_every_call_may_fail_once(pool: Pool, faulty: Callable[[Fault], list[str]], fault: Fault) -> None:
    attempt = approved(pool)
    failed = faulty(fault)
    pool.worker().take(1, attempt)
    assert {"POST /runs/1/claim", "POST /runs/1/gate", "POST /runs/1/result"} <= set(failed)
    assert pool.run().state is State.APPLIED, pool.run().reason
    assert applied(pool) == 1


@pytest.mark.parametrize(
    ("small", "sent_by"),
    [(0, "PUT /runs/1/artifacts/plan.tfplan"), (SMALL, "POST /runs/1/result")],
    ids=["large artifacts", "small artifacts"],
)
def test_a_plan_is_made_over_a_line_whose_every_call_fails_once(
    pool: Pool,
    faulty: Callable[[Fault], list[str]],
    monkeypatch: pytest.MonkeyPatch,
    small: int,
    sent_by: str,
) -> None:
    monkeypatch.setattr("runner.pool.artifacts.SMALL", small)
    pool.stack()
    ((run, attempt),) = pool.offer()
    failed = faulty(lost)
    pool.worker().take(run, attempt)
    assert {"GET /runs/1/tree", sent_by} <= set(failed)
    assert pool.run().state is State.AWAITING_APPROVAL, pool.run().reason
    app = pool.world.app
    assert hashlib.sha256(app.artifacts.get(run, "plan.tfplan")).hexdigest() == pool.run().plan_digest


@pytest.fixture
def held(pool: Pool) -> Iterator[tuple[WorkClient, int]]:
    """A client with a lease on run 1."""
    pool.stack()
    pool.offer()
    with WorkClient.of(pool.worker().settings) as client:
        yield client, client.claim(1, Wanted(1, "w-1", "eu", "p")).fence


def cut(pool: Pool, method: str, path: str, fence: int) -> None:
    """A request whose second half never comes."""
    host = urlsplit(pool.url)
    head = (
        f"{method} {WORK}{path} HTTP/1.1\r\nHost: {host.netloc}\r\nAuthorization: Bearer {SECRET}\r\n"
        f"{FENCE}: {fence}\r\nContent-Length: 8\r\n\r\nhalf"
    )
    with closing(socket.create_connection((host.hostname or "", host.port or 0))) as line:
        line.sendall(head.encode())
        line.shutdown(socket.SHUT_WR)
        while line.recv(4096):
            pass


def test_an_artifact_whose_upload_is_cut_is_not_kept_by_half(
    pool: Pool, held: tuple[WorkClient, int]
) -> None:
    client, fence = held
    cut(pool, "PUT", "/runs/1/artifacts/plan.json", fence)
    assert client.artifact_names(1, fence) == []
    client.put_artifact(1, fence, "plan.json", b"the whole")
    assert client.artifact(1, fence, "plan.json", of=1) == b"the whole"


def test_a_piece_of_a_log_that_is_cut_is_not_appended_by_half(
    pool: Pool, held: tuple[WorkClient, int]
) -> None:
    client, fence = held
    cut(pool, "PATCH", "/runs/1/log?offset=0", fence)
    assert client.append_log(1, fence, 0, b"whole\n") == 6
    assert pool.world.app.workspaces.log(1).read_bytes() == b"whole\n"


def _tampered(pack: bytes) -> bytes:
    return pack[:-30] + bytes([pack[-30] ^ 1]) + pack[-29:]


@pytest.mark.parametrize("harm", [_tampered, lambda pack: pack[: len(pack) // 2], lambda _: b"no pack"])
def test_a_damaged_pack_fails_the_plan_and_is_not_kept(pool: Pool, harm: Callable[[bytes], bytes]) -> None:
    pool.stack()
    ((run, attempt),) = pool.offer()
    (pack,) = (pool.world.settings.data_dir / "packs").glob("*/*.pack")
    whole = pack.read_bytes()
    pack.write_bytes(harm(whole))
    pool.worker().take(run, attempt)
    assert pool.run().state is State.PLAN_FAILED
    assert "index-pack" in pool.run().reason
    pack.write_bytes(whole)
    pool.stack(value="two")
    *_, later = pool.work()
    assert later.state is State.AWAITING_APPROVAL, later.reason


def test_the_log_of_a_run_has_what_each_of_its_workers_said(pool: Pool) -> None:
    pool.stack()
    (planned,) = pool.work(pool.worker("w-1"))
    log = pool.world.app.workspaces.log(planned.id)
    plan = log.read_text()
    pool.world.approve(planned)
    pool.work(pool.worker("w-2"))
    assert log.read_text().startswith(plan)
    assert "Apply complete" in log.read_text()
    assert log.read_text().count("== terraform apply") == 1
