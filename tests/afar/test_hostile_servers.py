"""A server, or something in between, that answers what no Driftline does."""

import socket
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx2
import pytest

from runner.api.daemon import show_daemon
from runner.errors import DriftlineError, LoginRefused, NotDriftline, RequestPending, ServerUnreachable
from runner.remote import client
from runner.remote.client import Remote
from runner.remote.login import DeviceLogin, begin, wait

REFUSAL: dict[str, Any] = {"detail": "no", "code": "Blocked", "exit_code": 3, "hint": "", "facts": {}}


def refusing(refusal: dict[str, Any]) -> Remote:
    def answer(_request: httpx2.Request) -> httpx2.Response:
        return httpx2.Response(409, json=refusal)

    return Remote("http://it", httpx2.Client(base_url="http://it", transport=httpx2.MockTransport(answer)))


@pytest.mark.parametrize("code", ["MAX_FACT", "base", "EXIT_CODES", "__name__", "__loader__", "Invalid"])
def test_what_is_no_error_is_not_made_one_by_its_name(code: str) -> None:
    with pytest.raises(DriftlineError) as raised:
        refusing(REFUSAL | {"code": code}).call(show_daemon)
    assert (type(raised.value), raised.value.message) == (DriftlineError, "no")


@pytest.mark.parametrize(
    "wrong", [{"exit_code": 0}, {"exit_code": "0"}, {"detail": 5}, {"hint": ["x"]}, {"facts": {"hint": "x"}}]
)
def test_a_refusal_of_another_shape_is_not_one_of_driftline(wrong: dict[str, Any]) -> None:
    with pytest.raises(NotDriftline):
        refusing(REFUSAL | wrong).call(show_daemon)


def test_a_token_for_this_host_does_not_go_through_a_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as proxy, socket.create_server(("127.0.0.1", 0)) as gone:
        monkeypatch.setenv("HTTP_PROXY", f"http://127.0.0.1:{proxy.getsockname()[1]}")
        port = gone.getsockname()[1]
        gone.close()
        proxy.setblocking(False)
        remote = Remote.at(f"http://127.0.0.1:{port}", token="drift_secret")
        remote.http.timeout = 0.5
        with remote.http, pytest.raises(ServerUnreachable):
            remote.call(show_daemon)
        with pytest.raises(BlockingIOError):
            proxy.accept()


def saying(*answers: Any) -> Remote:
    """One after the other, as JSON or as bytes."""
    left = iter(answers)

    def answer(_request: httpx2.Request) -> httpx2.Response:
        told = next(left)
        return (
            httpx2.Response(200, content=told) if isinstance(told, bytes) else httpx2.Response(200, json=told)
        )

    return Remote("http://it", httpx2.Client(base_url="http://it", transport=httpx2.MockTransport(answer)))


BEGUN: dict[str, Any] = {"address": "https://i", "code": "C", "handle": "h", "interval": 5.0, "seconds": 60.0}


@pytest.mark.parametrize("name", BEGUN)
@pytest.mark.parametrize("value", [None, [], True])
def test_a_login_that_lacks_a_field_is_not_one_of_driftline(name: str, value: Any) -> None:
    if (name, value) == ("address", None):
        assert begin(saying({**BEGUN, name: value})) is None  # the server has no issuer
        return
    without = {key: one for key, one in BEGUN.items() if key != name}
    answers: list[Any] = [{**BEGUN, name: value}, without, [], "x"]
    for answer in answers:
        with pytest.raises(NotDriftline):
            begin(saying(answer))


@pytest.mark.parametrize("interval", [0, -5, 0.0])
def test_a_server_is_not_asked_again_without_a_pause(interval: float) -> None:
    paused: list[float] = []
    login = DeviceLogin("https://i", "C", "h", interval, 60.0)
    remote = saying({"token": None, "interval": interval}, {"token": "login_x", "interval": None})
    assert wait(remote, login, paused.append) == "login_x"
    assert paused == [1.0, 1.0]


def test_a_login_that_never_ends_is_given_up() -> None:
    login = DeviceLogin("https://i", "C", "h", 600.0, 1e12)
    with pytest.raises(LoginRefused, match="expired"):
        wait(saying(*[{"token": None, "interval": 600.0}] * 7), login, lambda _: None)


def test_what_is_not_json_is_not_a_login() -> None:
    with pytest.raises(NotDriftline):
        begin(saying(b"<html>"))


@pytest.mark.parametrize("status", [200, 409])
def test_what_is_nested_without_end_is_not_of_driftline(status: int) -> None:
    def answer(_request: httpx2.Request) -> httpx2.Response:
        return httpx2.Response(status, content=b"[" * 100_000)

    remote = Remote("http://it", httpx2.Client(base_url="http://it", transport=httpx2.MockTransport(answer)))
    for ask in (lambda: remote.call(show_daemon), lambda: begin(remote)):
        with pytest.raises(NotDriftline):
            ask()


def test_a_date_of_no_zone_is_not_the_time() -> None:
    def answer(_request: httpx2.Request) -> httpx2.Response:
        date = {"Date": "Tue, 01 Dec 2026 16:00:00 -0000"}
        return httpx2.Response(200, headers=date, json={"pid": None, "data_dir": "/d"})

    remote = Remote("http://it", httpx2.Client(base_url="http://it", transport=httpx2.MockTransport(answer)))
    remote.call(show_daemon)
    assert abs(remote.now - datetime.now(UTC)) < timedelta(minutes=1)


def test_an_open_request_without_a_number_is_told_as_it_came() -> None:
    with pytest.raises(RequestPending):
        refusing(REFUSAL | {"code": "RequestPending", "exit_code": 7}).call(show_daemon)


def test_an_answer_that_has_no_end_is_not_read_to_its_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client, "MOST_BYTES", 2**20)
    read = 0

    def endless() -> Iterator[bytes]:
        nonlocal read
        while True:
            read += 65536
            yield b"x" * 65536

    def answer(_request: httpx2.Request) -> httpx2.Response:
        return httpx2.Response(200, content=endless())

    remote = Remote("http://it", httpx2.Client(base_url="http://it", transport=httpx2.MockTransport(answer)))
    with pytest.raises(ServerUnreachable, match="more than 1 MiB"):
        remote.call(show_daemon)
    assert read <= 2**20 + 65536
