"""Login at a real issuer, with a browser and from the command line."""

import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx2
import pytest
from browser_world import Browser
from cli_world import World
from issuer_world import BASE, SECRET, Visitor, config, issuing
from web_world import Served

from runner.errors import LoginRefused
from runner.model.settings.web import OidcSettings
from runner.web.identity.guesses import MOST
from runner.web.oidc import pages
from runner.web.oidc.issuer import Issuer

ANA = '{role: admin, subjects: ["oidc:user:ana@example.com"]}'
SRE = '{role: viewer, subjects: ["oidc:group:sre"]}'
STATUS, ME, DEVICE = "/api/v1/status", "/api/v1/me", "/api/v1/login/device"


@pytest.fixture(scope="module")
def issuer() -> Iterator[str]:
    with issuing() as address:
        yield address


@pytest.fixture
def served(tmp_path: Path, issuer: str) -> Served:
    served = Served(World(tmp_path, more=config(issuer, ANA)))
    served.token("makes-the-database")
    return served


def log_in(browser: Browser, name: str = "ana") -> Any:
    begun = browser.http.get("/login/oidc", params={"next": "/stacks"})
    assert begun.status_code == 303
    return browser.http.get(Visitor(name).visit(begun.headers["location"]))


def test_the_issuer_says_who_somebody_is(served: Served) -> None:
    browser = Browser(served, BASE)
    assert "Log in with 127.0.0.1" in browser.http.get("/login").text
    answer = log_in(browser)
    assert (answer.status_code, answer.headers["location"]) == (303, "/stacks")
    me = browser.http.get(ME).json()
    assert (me["name"], me["known_by"]) == ("ana@example.com", "oidc")
    assert {"oidc:user:ana@example.com", "oidc:sub:ana", "oidc:group:sre"} == set(me["subjects"])


def test_a_group_of_the_issuer_has_the_roles_that_are_bound_to_it(tmp_path: Path, issuer: str) -> None:
    served = Served(World(tmp_path, more=config(issuer, SRE)))
    served.token("makes-the-database")
    browser = Browser(served, BASE)
    log_in(browser)
    assert browser.http.get(STATUS).status_code == 200


def test_a_mail_address_that_the_issuer_has_not_verified_is_nobodys(served: Served) -> None:
    browser = Browser(served, BASE)
    assert log_in(browser, "mallory").status_code == 303
    assert browser.http.get(STATUS).status_code == 403


def test_an_answer_that_belongs_to_another_browser_is_refused(served: Served) -> None:
    victim, attacker = Browser(served, BASE), Browser(served, BASE)
    begun = attacker.http.get("/login/oidc")
    callback = Visitor("mallory").visit(begun.headers["location"])
    assert victim.http.get(callback).json()["code"] == "LoginRefused"
    victim.http.get("/login/oidc")
    assert victim.http.get(callback).json()["code"] == "LoginRefused"


def test_a_login_that_was_begun_long_ago_is_refused_whatever_the_browser_keeps(
    served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    browser = Browser(served, BASE)
    callback = Visitor("ana").visit(browser.http.get("/login/oidc").headers["location"])
    kept, now = dict(browser.http.cookies), time.time()
    monkeypatch.setattr(time, "time", lambda: now + pages.SECONDS + 1)
    answer = browser.http.get(callback, headers={"Cookie": "; ".join(f"{k}={v}" for k, v in kept.items())})
    assert answer.json()["detail"].endswith("took more than ten minutes")


def test_answers_that_another_site_makes_a_browser_send_keep_nobody_from_logging_in(served: Served) -> None:
    browser = Browser(served, BASE)
    callback = Visitor("ana").visit(browser.http.get("/login/oidc").headers["location"])
    for _ in range(MOST + 1):
        told = browser.http.get(pages.CALLBACK, params={"state": "guessed", "code": "c"}).status_code
    assert told == 429
    assert browser.http.get(callback).status_code == 303


def test_an_answer_counts_once(served: Served) -> None:
    browser = Browser(served, BASE)
    callback = Visitor("ana").visit(browser.http.get("/login/oidc").headers["location"])
    assert browser.http.get(callback).status_code == 303
    assert browser.http.get(callback).status_code == 403


def test_the_command_line_logs_in_by_a_code_that_is_confirmed_elsewhere(served: Served) -> None:
    http = served.client(None)
    begun = http.post(DEVICE).json()
    waiting = http.post(f"{DEVICE}/token", json={"handle": begun["handle"]}).json()
    assert (waiting["token"], waiting["interval"]) == (None, 5)
    Visitor("ana").visit(begun["address"])
    token = http.post(f"{DEVICE}/token", json={"handle": begun["handle"]}).json()["token"]
    http.headers["Authorization"] = f"Bearer {token}"
    assert http.get(ME).json()["name"] == "ana@example.com"
    assert http.post("/api/v1/logout").status_code == 204
    assert http.get(ME).status_code == 401


def test_codes_that_were_not_begun_here_are_not_asked_about(served: Served) -> None:
    answer = served.client(None).post(f"{DEVICE}/token", json={"handle": "Zm9v.x"})
    assert answer.json()["code"] == "LoginRefused"


def test_the_clients_secret_is_shown_nowhere(served: Served) -> None:
    assert SECRET not in served.world.run("config", "show").output
    assert SECRET not in json.dumps(served.world.json("config", "show"))


def test_an_issuer_that_does_not_answer_is_not_asked_again_at_once() -> None:
    asked: list[str] = []

    def fail(request: httpx2.Request) -> httpx2.Response:
        asked.append(str(request.url))
        return httpx2.Response(503, text="down")

    issuer = Issuer(OidcSettings("https://issuer.example", "driftline"), httpx2.MockTransport(fail))
    for _ in range(3):
        with pytest.raises(LoginRefused, match="cannot be used"):
            issuer.described("token_endpoint")
    assert len(asked) == 1
