"""The web server as a process: where it listens, what it refuses, how it ends."""

import os
import signal
import socket
import sys
import time
from pathlib import Path

import httpx2
import pytest
from cli_world import World
from web_process import over_socket, serving
from web_world import Served, access

import runner.web
from runner.datadir.daemon_lock import running_web
from runner.errors import ExtraMissing
from runner.host.listening import listener
from runner.sandbox.serving import NICE


@pytest.fixture
def world(tmp_path: Path) -> World:
    made = World(tmp_path, more=access("ci"))
    made.run("db", "migrate")
    return made


def test_it_answers_on_its_address_and_on_the_socket_of_the_data_directory(world: World) -> None:
    with serving(world) as process:
        assert process.get("/healthz").json() == {"status": "ok"}
        path = world.root / "data/web.sock"
        assert path.stat().st_mode & 0o777 == 0o660
        with over_socket(path) as local:
            assert local.get("/healthz").status_code == 200


@pytest.mark.parametrize("path", ["/healthz", "/readyz"])
def test_a_supervisor_may_ask_for_the_head_alone(world: World, path: str) -> None:
    with serving(world) as process:
        answer = httpx2.head(f"http://127.0.0.1:{process.port}{path}")
    assert (answer.status_code, answer.content) == (200, b"")


def test_a_second_one_for_the_same_data_is_refused_with_the_first_ones_pid(world: World) -> None:
    with serving(world) as process:
        _, said = world.start("web").ends(75)
        assert f"another web server (pid {running_web(world.root / 'data')})" in said
        assert process.get("/healthz").status_code == 200


def test_a_certificate_that_cannot_be_read_is_refused_by_its_name(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    more = f"web: {{tls: {{cert: {tmp_path}/nowhere.pem, key: {tmp_path}/key.pem}}}}"
    world = World(tmp_path, more=more)
    world.run("db", "migrate")
    world.run("web", "--listen", "127.0.0.1:0", expect=78)
    assert f"web.tls: {tmp_path}/nowhere.pem" in capfd.readouterr().err


def test_an_address_that_is_in_use_is_refused_with_the_process_that_has_it(world: World) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        _, said = world.start("web", "--listen", f"127.0.0.1:{port}").ends(1)
        assert f"127.0.0.1:{port} is in use by " in said
        assert f"(pid {os.getpid()})" in said


def test_nobody_listens_on_a_port_that_is_free() -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        assert listener(unused.getsockname()[1]) is None


def test_an_address_that_is_none_is_refused(world: World) -> None:
    assert "cannot listen on 'nowhere'" in world.start("web", "--listen", "nowhere").ends(78)[1]
    for unclear in ("localhost", "127.0.0.1:99999"):
        _, said = world.start("web", "--listen", unclear).ends(78)
        assert f"cannot listen on '{unclear}': expected an address and a port, such as 127.0.0.1:8470" in said


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_ends_within_seconds_although_a_client_never_lets_go(world: World, number: int) -> None:
    with serving(world) as process, socket.create_connection(("127.0.0.1", process.port)) as slow:
        slow.sendall(b"POST /api/v1/tokens HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\n\r\n{")
        process.get("/healthz")
        began = time.monotonic()
        process.started.signal(number)
        process.started.ends(0)
        assert time.monotonic() - began < 20


def test_a_socket_that_was_left_behind_keeps_nothing_from_starting(world: World) -> None:
    with serving(world) as process:
        process.started.process.kill()
        process.started.process.join()
    assert (world.root / "data/web.sock").exists()
    with serving(world) as process:
        assert process.get("/healthz").status_code == 200


def test_without_the_extra_it_says_how_to_get_it(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "runner.web.serve", raising=False)
    monkeypatch.delattr(runner.web, "serve", raising=False)
    monkeypatch.setitem(sys.modules, "uvicorn", None)
    refused = world.run("web", "--read-only", expect=ExtraMissing.exit_code)
    assert "pip install 'driftline[web]'" in refused.output


def test_a_read_only_server_shows_and_changes_nothing(world: World) -> None:
    world.stack("app")
    world.run("source", "sync")
    token = Served(world).token("ci")
    with serving(world, "--read-only") as process:
        headers = {"Authorization": f"Bearer {token}"}
        assert process.get("/api/v1/status", headers=headers).status_code == 200
        url = f"http://127.0.0.1:{process.port}/api/v1/locks/app"
        refused = httpx2.put(url, json={"reason": "moving"}, headers=headers)
        assert (refused.status_code, refused.json()["code"]) == (403, "ServedReadOnly")
    assert world.json("lock", "list") == []


def test_it_is_ready_without_a_daemon(world: World) -> None:
    ready = Served(world).client(None).get("/readyz")
    assert ready.json() == {"status": "ok", "database": "ok", "daemon": False}


def test_it_is_not_ready_once_its_database_was_moved_away(world: World) -> None:
    served = Served(world)
    client = served.client(None)
    assert client.get("/readyz").status_code == 200
    (world.root / "data").rename(world.root / "moved")
    assert client.get("/readyz").status_code == 503
    assert client.get("/healthz").status_code == 200


def test_it_stands_behind_the_daemon_and_the_runs(world: World) -> None:
    with serving(world):
        pid = running_web(world.root / "data")
        assert pid is not None
        assert os.getpriority(os.PRIO_PROCESS, pid) == os.getpriority(os.PRIO_PROCESS, 0) + NICE
        assert os.sched_getscheduler(pid) == os.SCHED_BATCH
        session = Path(f"/proc/{pid}/autogroup")
        # Niceness counts inside of a session only, where the kernel has this.
        assert not session.exists() or session.read_text().endswith(f"nice {NICE}\n")


def test_its_log_holds_no_token_of_a_request_whatever_becomes_of_it(world: World) -> None:
    secret = "dl_" + "s3cr3t" * 8
    headers = {"Authorization": f"Bearer {secret}"}
    with serving(world) as process:
        for path in (f"/?token={secret}", f"/login?token={secret}", f"/api/v1/stacks?access_token={secret}"):
            assert process.get(path).status_code in {303, 400, 401, 200}
            process.get(path, headers=headers)
        assert process.get(f"/api/v1/{secret}").status_code == 404
        # A token counts in its header alone: an address is kept in histories and in the logs of proxies.
        assert process.get("/api/v1/stacks", headers=headers).status_code == 401
        process.started.signal(signal.SIGTERM)
        process.started.ends(0)
        assert "s3cr3t" not in process.started.err
