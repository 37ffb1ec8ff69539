"""How many requests one caller has at a time."""

import threading
from dataclasses import replace
from pathlib import Path

import httpx2
import pytest
from asked_daemon import AskedDaemon
from cli_world import World
from live import live
from web_world import Served

from runner.errors import TooManyAtOnce
from runner.web.identity import caller as identity
from runner.web.identity import turns
from runner.web.identity.turns import Turns

CONFIG = """\
web:
  access: [{role: admin, subjects: ["token:ci", "token:ana"], stacks: ["**"]}]
"""


def test_the_slow_requests_of_one_keep_nobody_else_waiting(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    served = Served(World(tmp_path, more=CONFIG))
    slow, another = served.token("ci"), served.token("ana")
    begun, goes_on, daemon = threading.Event(), threading.Event(), AskedDaemon()

    def wait(*_: object) -> None:
        begun.set()
        goes_on.wait(30)
        daemon.look(served.world.app)

    monkeypatch.setattr(turns, "MOST", 1)
    monkeypatch.setattr(identity, "DaemonProcess", lambda: replace(daemon.process(), pause=wait))
    with live(served.world.app) as address, httpx2.Client(base_url=address, timeout=60) as client:

        def status(token: str, path: str = "/api/v1/status") -> httpx2.Response:
            login = {"Authorization": f"Bearer {token}", "Accept": "text/html"}
            return client.get(path, headers=login)

        def sync() -> None:
            httpx2.post(
                f"{address}/api/v1/syncs", json={}, headers={"Authorization": f"Bearer {slow}"}, timeout=60
            )

        asking = threading.Thread(target=sync)
        asking.start()
        assert begun.wait(30)
        refused = status(slow)
        assert (refused.status_code, refused.json()["code"]) == (429, "TooManyAtOnce")
        assert refused.headers["retry-after"] == "1"
        page = status(slow, "/stacks")
        assert (page.status_code, page.headers["retry-after"]) == (429, "1")
        assert status(another).status_code == 200
        goes_on.set()
        asking.join()
        assert status(slow).status_code == 200


def test_a_request_counts_once_however_often_it_is_asked_who_sent_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(turns, "MOST", 1)
    taken, scope, other = Turns(), dict[str, object](), dict[str, object]()
    for _ in range(2):
        taken.take(scope, "ana")
    with pytest.raises(TooManyAtOnce):
        taken.take(other, "ana")
    for _ in range(2):
        taken.leave(scope)
    taken.take(other, "ana")
