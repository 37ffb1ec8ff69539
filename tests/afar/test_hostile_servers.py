"""A server, or something in between, that answers what no Driftline does."""

import socket
from typing import Any

import httpx2
import pytest

from runner.api.status import show_daemon
from runner.errors import DriftlineError, NotDriftline, ServerUnreachable
from runner.remote.client import Remote

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
