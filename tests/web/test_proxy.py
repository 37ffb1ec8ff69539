"""Behind nginx, with the site that Driftline prints; and who may say which client a request is from."""

import asyncio
import re
import shutil
import ssl
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx2
import pytest
from cli_world import World, until
from web_process import answers, free_port, serving
from web_world import Served

from runner.model.settings.web import WebSettings
from runner.web.serve import _server

NGINX = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin")
needs_nginx = pytest.mark.skipif(NGINX is None, reason="nginx is not installed (Debian: nginx-light)")
MAIN = """\
daemon off; pid {folder}/pid; error_log {folder}/error.log;
events {{}}
http {{
    access_log off;
    client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy; fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi; scgi_temp_path {folder}/scgi;
    include {folder}/site.conf;
}}
"""
WEB = """\
web:
  public_url: https://driftline.example.com
  proxies: [127.0.0.1]
  access: [{{role: admin, subjects: ["token:ci"]}}]
"""


@contextmanager
def nginx(folder: Path, site: str, upstream: int) -> Iterator[int]:
    """The printed site with the ports and the certificate of a test."""
    folder.mkdir()
    port = free_port()
    subject = ("-subj", "/CN=driftline.example.com", "-days", "2")
    files = ("-keyout", folder / "key.pem", "-out", folder / "cert.pem")
    subprocess.run(
        ("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", *subject, *files),
        check=True,
        capture_output=True,
    )
    for old, new in (
        ("127.0.0.1:8470", f"127.0.0.1:{upstream}"),
        ("listen 443", f"listen 127.0.0.1:{port}"),
        ("listen 80", f"listen 127.0.0.1:{free_port()}"),
        ("/etc/ssl/driftline/fullchain.pem", str(folder / "cert.pem")),
        ("/etc/ssl/driftline/privkey.pem", str(folder / "key.pem")),
    ):
        assert old in site
        site = site.replace(old, new)
    (folder / "site.conf").write_text(site)
    (folder / "nginx.conf").write_text(MAIN.format(folder=folder))
    assert NGINX is not None
    process = subprocess.Popen(
        [NGINX, "-p", str(folder), "-c", str(folder / "nginx.conf")], stderr=subprocess.DEVNULL
    )
    try:
        yield port
    finally:
        process.terminate()
        process.wait()


def test_nginx_lets_go_of_an_idle_connection_before_the_server_closes_it(tmp_path: Path) -> None:
    site = World(tmp_path).run("service", "nginx").stdout
    (seconds,) = re.findall(r"keepalive_timeout (\d+)s;", site)
    assert int(seconds) < _server(object(), WebSettings()).config.timeout_keep_alive


@needs_nginx
def test_behind_nginx_it_answers_and_streams_without_waiting(tmp_path: Path) -> None:
    world = World(tmp_path, more=WEB.format())
    world.stack("app")
    world.run("source", "sync")
    token = Served(world).token("ci")
    site = world.run("service", "nginx").stdout
    with serving(world) as process, nginx(tmp_path / "nginx", site, process.port) as port:
        trust = ssl.create_default_context(cafile=str(tmp_path / "nginx/cert.pem"))
        trust.check_hostname = False  # it has the name in an old field only
        client = httpx2.Client(
            base_url=f"https://127.0.0.1:{port}",
            headers={"Host": "driftline.example.com", "Authorization": f"Bearer {token}"},
            verify=trust,
            timeout=20,
        )

        def up() -> bool:
            try:
                return client.get("/healthz").status_code == 200
            except httpx2.HTTPError:
                return False

        until(up)
        assert client.get("/api/v1/status").status_code == 200
        assert client.get("/metrics").status_code == 403
        with client.stream("GET", "/api/v1/events") as stream:
            assert stream.status_code == 200
            world.run("pause", "app", "--reason", "moving")
            assert any("app" in line for line in stream.iter_lines() if line.startswith("data:"))
        client.close()


def client_of(settings: WebSettings, peer: str) -> tuple[str, str]:
    """The address and the scheme that the application sees."""
    seen: list[Any] = []

    async def application(scope: Any, _receive: Any, _send: Any) -> None:
        seen.append(scope)

    config = _server(application, settings).config
    config.load()
    scope = {
        "type": "http",
        "scheme": "http",
        "client": (peer, 1),
        "headers": [(b"x-forwarded-for", b"192.0.2.7"), (b"x-forwarded-proto", b"https")],
    }
    loaded: Any = config.loaded_app
    asyncio.run(loaded(scope, None, None))
    return seen[0]["client"][0], seen[0]["scheme"]


def test_a_proxy_that_is_named_may_say_who_the_client_is() -> None:
    assert client_of(WebSettings(proxies=("10.0.0.0/8",)), "10.1.2.3") == ("192.0.2.7", "https")


def test_nobody_else_may_not_even_from_loopback(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FORWARDED_ALLOW_IPS", "*")
    assert client_of(WebSettings(), "127.0.0.1") == ("127.0.0.1", "http")
    assert client_of(WebSettings(proxies=("10.0.0.0/8",)), "127.0.0.1") == ("127.0.0.1", "http")


def test_a_proxy_that_is_no_address_is_refused(tmp_path: Path) -> None:
    world = World(tmp_path, more="web: {proxies: [nginx.example.com]}")
    assert "expected an address or a network" in world.run("status", expect=78).output


@needs_nginx
def test_with_a_certificate_of_its_own_it_speaks_https(tmp_path: Path) -> None:
    subprocess.run(
        ("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=localhost", "-days", "2",
         "-keyout", tmp_path / "key.pem", "-out", tmp_path / "cert.pem"),
        check=True, capture_output=True,
    )  # fmt: skip
    world = World(tmp_path, more=f"web: {{tls: {{cert: {tmp_path}/cert.pem, key: {tmp_path}/key.pem}}}}")
    world.run("db", "migrate")
    with serving(world) as process:
        url = f"https://127.0.0.1:{process.port}/healthz"
        assert httpx2.get(url, verify=False).status_code == 200
        assert not answers(f"http://127.0.0.1:{process.port}")
