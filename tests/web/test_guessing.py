"""Guessing secrets, and names that other sites point at this server."""

import time
from itertools import count
from pathlib import Path

import httpx2
import pytest
from browser_world import Browser
from cli_world import World
from fastapi.testclient import TestClient
from web_world import Served, access

from runner.errors import TooManyGuesses
from runner.model.settings.web import OidcSettings, WebSettings
from runner.model.values.client_network import client_network
from runner.web.application import application
from runner.web.guard.hosts import known, known_names
from runner.web.identity.guesses import KEPT, MOST, MOST_OF_ALL, SECONDS, Guesses, keys_of
from runner.web.login import from_afar
from runner.web.oidc.issuer import Issuer
from runner.web.oidc.pages import CALLBACK

STATUS = "/api/v1/status"


@pytest.fixture
def served(tmp_path: Path) -> Served:
    return Served(World(tmp_path, more=access("ci")))


def test_wrong_tokens_are_refused_for_a_while_after_ten(served: Served) -> None:
    right, http = served.token("ci"), served.client(None)

    def ask(token: str) -> int:
        return http.get(STATUS, headers={"Authorization": f"Bearer {token}"}).status_code

    assert {ask(f"drift_{n}") for n in range(MOST - 1)} == {401}
    refused = http.get(STATUS, headers={"Authorization": "Bearer drift_x"})
    assert refused.status_code == 429
    assert 0 < int(refused.headers["retry-after"]) <= 60
    # Others behind the same address go on.
    assert ask(right) == 200


def test_the_addresses_of_one_network_guess_as_one(served: Served) -> None:
    web, numbers = application(served.world.app), count()

    def guess(address: str) -> int:
        http = TestClient(web, "http://127.0.0.1", client=(address, 50_000))
        token = f"drift_{next(numbers):06d}"
        return http.get(STATUS, headers={"Authorization": f"Bearer {token}"}).status_code

    assert {guess(f"2001:db8:0:1::{n}") for n in range(1, MOST)} == {401}
    assert guess("2001:db8:0:1:ffff::1") == 429
    assert guess("2001:db8:0:2::1") == 401


@pytest.mark.parametrize(
    ("address", "counts_as"),
    [
        ("192.0.2.1", "192.0.2.1"),
        ("::ffff:192.0.2.1", "192.0.2.1"),
        ("2001:db8:0:1:2:3:4:5", "2001:db8:0:1::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("this host", "this host"),
    ],
)
def test_a_client_counts_by_its_address_or_by_its_network_of_ipv6(address: str, counts_as: str) -> None:
    assert client_network(address) == counts_as


def test_the_login_form_takes_no_more_guesses_than_the_api(served: Served) -> None:
    browser, right = Browser(served), served.token("ci")
    for n in range(MOST):
        assert browser.log_in(f"once_{n}").status_code == 401
    assert browser.log_in("once_x").status_code == 429
    # Others behind the same address log in.
    assert browser.log_in(right).status_code == 303


def begun(served: Served) -> tuple[TestClient, str]:
    """A login by code that nobody confirms, and its handle."""
    answers = {
        "/.well-known/openid-configuration": {
            "issuer": "https://issuer.example",
            "device_authorization_endpoint": "https://issuer.example/device",
            "token_endpoint": "https://issuer.example/token",
        },
        "/device": {
            "device_code": "d:1",
            "user_code": "U",
            "verification_uri": "https://issuer.example",
            "expires_in": 60,
        },
    }

    def answer(request: httpx2.Request) -> httpx2.Response:
        if request.url.path in answers:
            return httpx2.Response(200, json=answers[request.url.path])
        return httpx2.Response(400, json={"error": "authorization_pending"})

    web = application(served.world.app)
    issuer = OidcSettings(issuer="https://issuer.example", client_id="it")
    web.state.issuer = Issuer(issuer, httpx2.MockTransport(answer))
    http = TestClient(web, base_url="http://localhost")
    return http, http.post("/api/v1/login/device").json()["handle"]


def test_a_login_by_code_is_polled_so_often_at_most(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(from_afar, "MOST_POLLS", 3)
    http, handle = begun(served)
    told = [http.post("/api/v1/login/device/token", json={"handle": handle}).status_code for _ in range(4)]
    assert told == [200, 200, 200, 429]


def test_a_handle_written_in_another_way_is_polled_no_more_often(
    served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(from_afar, "MOST_POLLS", 3)
    http, handle = begun(served)
    told = [
        http.post("/api/v1/login/device/token", json={"handle": handle + "!!!!" * n}).status_code
        for n in range(4)
    ]
    assert told == [200, 200, 200, 429]


def test_a_login_by_code_expires_by_itself(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    http, handle = begun(served)
    now = time.time()
    monkeypatch.setattr(time, "time", lambda: now + 61)
    refused = http.post("/api/v1/login/device/token", json={"handle": handle}).json()
    assert refused["detail"] == "the login failed: the code has expired"


def test_logins_by_code_are_bounded_also_while_the_issuer_is_down(served: Served) -> None:
    web = application(served.world.app)
    down = httpx2.MockTransport(lambda _request: httpx2.Response(503))
    web.state.issuer = Issuer(OidcSettings(issuer="https://issuer.example", client_id="it"), down)
    http = TestClient(web, base_url="http://localhost")
    told = [http.post("/api/v1/login/device").status_code for _ in range(MOST + 1)]
    assert told == [403] * MOST + [429]


def test_another_site_uses_up_no_logins_by_code(served: Served) -> None:
    http, _ = begun(served)
    told = {
        http.post("/api/v1/login/device", headers={"Sec-Fetch-Site": "cross-site"}).status_code
        for _ in range(MOST)
    }
    assert told == {403}
    assert http.post("/api/v1/login/device").status_code == 200


def test_failed_logins_are_on_record_without_the_guess_and_not_each_of_them(served: Served) -> None:
    http = served.client(None)
    for n in range(MOST):
        http.get(STATUS, headers={"Authorization": f"Bearer drift_canary-{n}"})
    entries = [one for one in served.world.json("audit", "log") if one["action"] == "login.failed"]
    assert len(entries) == 1
    assert "canary" not in str(entries)


def test_logins_and_logouts_are_on_record(served: Served) -> None:
    browser = Browser(served)
    browser.log_in(served.token("ci"))
    browser.http.post("/logout", data={"csrf": browser.csrf("/")})
    told = {one["action"]: one["actor"] for one in served.world.json("audit", "log")}
    assert told["login"] == "ci"
    assert told["logout"] == "ci"
    assert "token.create" in told


def test_guesses_from_many_addresses_take_no_more_memory() -> None:
    guesses = Guesses()
    for n in range(2 * KEPT):
        guesses.wrong(*keys_of(f"192.0.2.{n}", f"drift_{n:06d}"))
    assert len(guesses._wrong) == KEPT


def test_many_addresses_may_not_guess_one_token_together() -> None:
    guesses = Guesses()
    for n in range(MOST):
        guesses.wrong(*keys_of(f"192.0.2.{n}", "drift_abcdefg"))
    with pytest.raises(TooManyGuesses):
        guesses.refuse_more(*keys_of("198.51.100.1", "drift_abcdefz"))
    guesses.refuse_more(*keys_of("198.51.100.1", "drift_other00"))


def test_a_name_that_another_site_points_here_is_not_answered(served: Served) -> None:
    token = served.token("ci")
    answer = served.client(token).get(STATUS, headers={"Host": "rebound.evil.example"})
    assert (answer.status_code, answer.json()["code"]) == (421, "HostUnknown")


@pytest.mark.parametrize(
    ("host", "expected"),
    [
        ("localhost:8470", True),
        ("127.0.0.1:8470", True),
        ("[::1]:8470", True),
        ("drift.example.com", True),
        ("DRIFT.example.com.:443", True),
        ("inner:8470", True),
        ("evil.example", False),
        ("localhost.evil.example", False),
        ("drift.example.com@evil.example", False),
        ("", False),
        ("[", False),
    ],
)
def test_names_that_are_configured_and_all_addresses_are_known(host: str, *, expected: bool) -> None:
    names = known_names(
        WebSettings(listen="0.0.0.0:8470", public_url="https://drift.example.com/", hosts=("inner",))
    )
    assert known(host, names) is expected


def test_guesses_from_everywhere_are_bounded_together() -> None:
    guesses = Guesses()
    for n in range(MOST_OF_ALL):
        guesses.refuse_more(*keys_of(f"192.0.2.{n}", f"drift_{n:06d}"))
        guesses.wrong(*keys_of(f"192.0.2.{n}", f"drift_{n:06d}"))
    with pytest.raises(TooManyGuesses) as refused:
        guesses.refuse_more(*keys_of("198.51.100.1", "drift_another"))
    assert refused.value.facts["seconds"] > SECONDS


def test_answers_of_no_login_that_was_begun_are_refused_for_a_while(served: Served) -> None:
    web = application(served.world.app)
    web.state.issuer = Issuer(OidcSettings(issuer="https://issuer.example", client_id="it"))
    http = TestClient(web, base_url="http://localhost")
    told = [http.get(CALLBACK, params={"state": "guessed", "code": "c"}).status_code for _ in range(MOST + 1)]
    assert told == [403] * MOST + [429]
