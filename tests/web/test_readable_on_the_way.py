"""Without TLS, other hosts connect only where the operator says that the network is trusted."""

import socket
from pathlib import Path

import pytest
from cli_world import World
from web_process import serving

from runner.model.settings.web import WebSettings, is_readable_on_the_way

OPEN = "0.0.0.0:0"


@pytest.mark.parametrize(
    ("listen", "public", "expected"),
    [
        ("0.0.0.0:8470", None, True),
        ("[::]:8470", None, True),
        ("drift.example.com:8470", "http://drift.example.com", True),
        ("0.0.0.0:8470", "https://drift.example.com", False),
        ("127.0.0.1:8470", None, False),
        ("[::1]:8470", None, False),
        ("localhost:8470", None, False),
    ],
)
def test_an_address_is_open_if_neither_loopback_nor_tls_protects_it(
    listen: str, public: str | None, *, expected: bool
) -> None:
    assert is_readable_on_the_way(WebSettings(public_url=public), listen) is expected


def test_a_configuration_that_listens_in_the_open_is_refused_with_its_place(tmp_path: Path) -> None:
    world = World(tmp_path, more="web: {listen: 0.0.0.0:8470}")
    said = world.run("config", "validate", expect=78).output
    assert "driftline.yaml:7:15: web.listen: logins and tokens could be read on the way" in said
    assert "web.insecure_http: true" in said
    world.more = "web: {listen: 0.0.0.0:8470, insecure_http: true}"
    world.configured()
    world.run("config", "validate")


@pytest.mark.parametrize(
    ("issuer", "problem"),
    [
        ("http://login.example.com", "could log in as anybody"),
        ("login.example.com", "expected an https address"),
        ("http://127.0.0.1:8080", None),
        ("https://login.example.com", None),
    ],
)
def test_an_issuer_whose_keys_others_could_replace_is_refused(
    tmp_path: Path, issuer: str, problem: str | None
) -> None:
    web = f"oidc: {{issuer: '{issuer}', client_id: driftline}}"
    world = World(tmp_path, more=f"web: {{{web}}}")
    said = world.run("config", "validate", expect=78 if problem else 0)
    assert (problem or "is valid") in said.output


def test_in_a_network_that_is_trusted_the_issuer_needs_no_tls(tmp_path: Path) -> None:
    web = "insecure_http: true, oidc: {issuer: 'http://login.example.com', client_id: driftline}"
    World(tmp_path, more=f"web: {{{web}}}").run("config", "validate")


def test_so_is_an_option_that_says_so(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    world = World(tmp_path)
    world.run("db", "migrate")
    world.run("web", "--listen", OPEN, expect=78)
    assert "logins and tokens could be read on the way" in capfd.readouterr().err


def test_warnings_of_the_http_library_have_the_form_of_the_log(tmp_path: Path) -> None:
    world = World(tmp_path)
    world.run("db", "migrate")
    with serving(world) as process:
        with socket.create_connection(("127.0.0.1", process.port)) as client:
            client.sendall(b"no http\r\n\r\n")
            assert client.recv(100).startswith(b"HTTP/1.1 400")
        process.started.says('level=warning event=uvicorn.error message="Invalid HTTP request received."')
