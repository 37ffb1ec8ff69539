"""The sandbox of the web server, seen from inside."""

import gc
import json
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import httpx2
import pytest
from cli_world import World, applied
from leased import POOLS
from web_process import serving
from web_world import Served, access

from runner.app import App
from runner.datadir.broker_problem import BrokerProblems
from runner.datadir.daemon_lock import only_daemon
from runner.datadir.refused_reload import RefusedReloads
from runner.errors import BadConfig, DatabaseRefused
from runner.host.clock import SystemClock
from runner.model.settings.web import OidcSettings
from runner.model.work.offers import BrokerProblem
from runner.sandbox import landlock
from runner.sandbox.serving import environment
from runner.store import journal_mode
from runner.web.wall import _ports

pytestmark = pytest.mark.skipif(
    landlock.abi() < landlock.TCP_SINCE, reason="Landlock of this kernel is too old"
)

# Confines itself as `driftline web` does, tries each of these, and says what came of it.
INSIDE = """
import os, socket, subprocess, sys
from pathlib import Path
from runner.app import App
from runner.sandbox import serving
from runner.web.wall import _prepare, wall_of
app = App.that_serves(Path(sys.argv[1]), read_only=False)
_prepare(app)
wall = wall_of(app)
serving.confine(serving.Wall(wall.read, wall.write, tuple(map(int, sys.argv[2].split()))))
data = app.settings.data_dir
for tried in sys.argv[3:]:
    try:
        print(eval(tried))
    except OSError as error:
        print(type(error).__name__, error.errno)
"""


REFUSED, NO_SOCKET = "PermissionError 13", "OSError 97"


class Inside:
    def __init__(self, world: World) -> None:
        self.world = world

    def tries(self, *expressions: str, ports: str = "") -> list[str]:
        argv = [sys.executable, "-c", INSIDE, str(self.world.config), ports, *expressions]
        done = subprocess.run(argv, capture_output=True, text=True, check=False, timeout=60)
        assert done.returncode == 0, done.stderr
        return done.stdout.splitlines()


@pytest.fixture
def inside(tmp_path: Path) -> Inside:
    return Inside(applied(tmp_path, config=access("ci", "owner")))


@pytest.fixture
def listening() -> Iterator[int]:
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


def test_it_reads_no_other_file(inside: Inside) -> None:
    secret = inside.world.root / "secret"
    secret.write_text("s3cr3t")
    tried = inside.tries(f"Path({str(secret)!r}).read_text()", "Path(sys.argv[1]).read_text()")
    assert tried == [REFUSED, REFUSED]


def test_it_reads_nothing_of_the_runs_in_the_data_directory(inside: Inside) -> None:
    data = inside.world.root / "data"
    folders = [data / name for name in ("trees", "mirrors", "workspaces")]
    files = [next(one for one in folder.rglob("*") if one.is_file()) for folder in folders]
    tried = inside.tries(*(f"Path({str(one)!r}).read_bytes()" for one in (data / "keys/fingerprint", *files)))
    assert tried == [REFUSED] * 4


def test_it_writes_nothing_but_records_reports_and_claims(inside: Inside) -> None:
    *refused, written = inside.tries(
        "(data / 'new').write_text('x')",
        "(data / 'checkpoints.jsonl').open('a')",
        "(data / 'driftline.db').unlink()",
        "(data / 'keys/web').open('r+')",
        "[one.unlink() for one in (data / 'artifacts').rglob('*') if one.is_file()]",
        "(data / 'reports/new').write_text('x')",
    )
    assert refused == [REFUSED] * 5
    assert written == "1"


def test_a_daemon_that_starts_for_the_first_time_later_is_seen(inside: Inside) -> None:
    assert inside.tries("(data / 'daemon.lock').read_text()") == [""]


def test_it_starts_no_program(inside: Inside) -> None:
    tried = inside.tries("os.execv('/bin/true', ['true'])", "subprocess.run(['terraform', 'version'])")
    assert tried == ["PermissionError 1"] * 2


def test_it_connects_nowhere(inside: Inside, listening: int) -> None:
    assert inside.tries(f"socket.create_connection(('127.0.0.1', {listening}))") == [NO_SOCKET]


def test_it_connects_to_the_port_of_the_issuer_only(inside: Inside, listening: int) -> None:
    with socket.create_server(("127.0.0.1", 0)) as issuer:
        port = issuer.getsockname()[1]
        connect = "socket.create_connection(('127.0.0.1', {})).getpeername()[1]"
        tried = inside.tries(connect.format(port), connect.format(listening), ports=str(port))
    assert tried == [str(port), REFUSED]


@pytest.mark.parametrize(
    ("issuer", "ports"),
    [
        ("https://login.example.com/realms/main", (443,)),
        ("https://login.example.com:8443", (8443,)),
        ("http://127.0.0.1:9000", (9000,)),
        (None, ()),
    ],
)
def test_the_port_of_the_issuer_is_in_its_address(issuer: str | None, ports: tuple[int, ...]) -> None:
    assert _ports(OidcSettings(issuer, "driftline") if issuer else None) == ports


def test_it_opens_no_other_socket(inside: Inside) -> None:
    tried = inside.tries(
        "socket.create_server(('127.0.0.1', 0))", "socket.socket(socket.AF_UNIX)", ports="443"
    )
    assert tried == [REFUSED, NO_SOCKET]


def test_it_signals_no_other_process(inside: Inside) -> None:
    assert inside.tries("os.kill(os.getppid(), 0)") == ["PermissionError 1"]


LARGE = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 40000) SELECT hex(randomblob(100)) AS x FROM n ORDER BY x"


def test_it_sorts_more_than_the_cache_of_a_connection_holds(inside: Inside) -> None:
    assert inside.tries(f"len(app.store._connections.connection().execute('{LARGE}').fetchone()[0])") == [
        "200"
    ]


def test_confined_it_serves_reads_and_writes(inside: Inside) -> None:
    token = Served(inside.world).token("ci")
    headers = {"Authorization": f"Bearer {token}"}
    with serving(inside.world) as process:
        assert "web.confined" in process.started.err
        url = f"http://127.0.0.1:{process.port}/api/v1"
        assert httpx2.get(f"{url}/status", headers=headers).status_code == 200
        assert httpx2.get(f"{url}/stacks/app", headers=headers).json()["name"] == "app"
        taken = httpx2.put(f"{url}/locks/app", json={"reason": "moving"}, headers=headers)
        assert taken.status_code == 200, taken.text
        assert httpx2.get(f"http://127.0.0.1:{process.port}/readyz").status_code == 200
    assert inside.world.json("lock", "list")[0]["reason"] == "moving"


def test_confined_it_goes_on_whatever_others_do_with_the_database(
    inside: Inside, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A command of a newer Python, one of an older Python, and the last one beside it that closes the database."""
    headers = {"Authorization": f"Bearer {Served(inside.world).token('ci')}"}
    with serving(inside.world) as process:
        for may in (True, False):
            monkeypatch.setattr(journal_mode, "has_wal_fix", lambda _, may=may: may)
            with suppress(DatabaseRefused), inside.world.app.store.reading() as reader:
                assert reader.stacks()
            gc.collect()
        url = f"http://127.0.0.1:{process.port}"
        taken = httpx2.put(f"{url}/api/v1/locks/app", json={"reason": "moving"}, headers=headers)
        assert taken.status_code == 200, taken.text
        assert httpx2.get(f"{url}/readyz").status_code == 200


def test_confined_it_shows_a_reload_that_the_daemon_refuses_later(inside: Inside) -> None:
    headers = {"Authorization": f"Bearer {Served(inside.world).token('ci')}"}
    data_dir = inside.world.root / "data"
    with serving(inside.world) as process, only_daemon(data_dir):
        with pytest.raises(BadConfig), RefusedReloads(data_dir).noted(SystemClock()):
            raise BadConfig("the configuration has 1 problem:\n  /etc/d.yaml:5:13: odd")
        url = f"http://127.0.0.1:{process.port}/api/v1/status"
        needs = httpx2.get(url, headers=headers).json()["needs"]
    assert ["/etc/d.yaml:5:13: odd" in need["text"] for need in needs if need["why"] == "reload"] == [True]


def test_confined_it_shows_a_broker_that_the_daemon_cannot_reach_later(inside: Inside) -> None:
    world = inside.world
    world.more += "\n" + POOLS
    world.configured()
    headers = {"Authorization": f"Bearer {Served(world).token('ci')}"}
    data_dir = world.root / "data"
    with serving(world) as process, only_daemon(data_dir):
        BrokerProblems(data_dir).note(BrokerProblem(world.app.clock.now(), "it is away"))
        needs = httpx2.get(f"http://127.0.0.1:{process.port}/api/v1/status", headers=headers).json()["needs"]
    assert ["it is away" in need["text"] for need in needs if need["why"] == "broker"] == [True]


# Secrets


def configured(tmp_path: Path, more: str) -> Path:
    path = tmp_path / "driftline.yaml"
    path.write_text(f"version: 1\ndata_dir: {tmp_path}/data\n{more}")
    return path


SOURCES = """\
sources: [{name: infra, url: "https://git.example.com/infra.git", auth: {token: "${env:GIT_TOKEN}"}}]
engines: {registry_tokens: {registry.example.com: "${file:/nowhere/token}"}}
web: {listen: "127.0.0.1:0", public_url: "${env:PUBLIC_URL}"}
"""


def test_it_looks_up_no_secret_that_only_git_or_terraform_needs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PUBLIC_URL", "https://drift.example.com")
    monkeypatch.setenv("GIT_TOKEN", "s3cr3t")
    app = App.that_serves(configured(tmp_path, SOURCES), read_only=False)
    assert "s3cr3t" not in repr(app.settings)
    assert app.settings.web.public_url == "https://drift.example.com"


def test_the_daemon_hands_it_the_variables_that_it_needs_and_no_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PUBLIC_URL", "https://drift.example.com")
    monkeypatch.setenv("GIT_TOKEN", "s3cr3t")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "s3cr3t")
    (tmp_path / "token").write_text("s3cr3t")
    config = configured(tmp_path, SOURCES.replace("/nowhere/token", str(tmp_path / "token")))
    kept: Any = App.from_config(config)._web()
    assert kept.env["PUBLIC_URL"] == "https://drift.example.com"
    assert "s3cr3t" not in json.dumps(kept.env)


def test_the_environment_is_a_list() -> None:
    assert environment({"PATH": "/bin", "AWS_PROFILE": "prod", "NAMED": "x"}, frozenset({"NAMED"})) == {
        "PATH": "/bin",
        "NAMED": "x",
    }
    assert "AWS_PROFILE" not in environment(os.environ | {"AWS_PROFILE": "prod"})
