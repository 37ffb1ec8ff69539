"""Answers of an issuer that are odd, large, or about what this server does not know."""

from pathlib import Path
from typing import Any

import httpx2
import pytest
from cli_world import World
from fastapi.testclient import TestClient
from test_id_tokens import CLIENT, DESCRIPTION, KEY, NONCE, OTHER, URL, token
from web_world import Served, access

from runner.errors import LoginRefused
from runner.model.settings.web import OidcSettings
from runner.web.application import application
from runner.web.oidc import issuer as room
from runner.web.oidc.issuer import Issuer

PUBLIC = KEY.as_dict(private=False)
DEVICE = "/api/v1/login/device"
BEGUN = {"device_code": "d", "user_code": "U", "verification_uri": f"{URL}/go", "expires_in": 60}
OF_NO_KIND = [
    None,
    "a key",
    {"kty": "EC", "crv": "of tomorrow", "x": "AA", "y": "AA", "kid": "new"},
    {"kty": "OKP", "crv": "of tomorrow", "x": "AA", "kid": "new"},
    {**PUBLIC, "kid": ["one"]},
]


def issuer(**answers: Any) -> Issuer:
    """By the last part of the path."""

    def answer(request: httpx2.Request) -> httpx2.Response:
        found = answers.get(
            request.url.path.rpartition("/")[2],
            DESCRIPTION
            | {"device_authorization_endpoint": f"{URL}/device", "authorization_endpoint": f"{URL}/auth"},
        )
        return found if isinstance(found, httpx2.Response) else httpx2.Response(200, json=found)

    return Issuer(OidcSettings(issuer=URL, client_id=CLIENT), httpx2.MockTransport(answer))


@pytest.mark.parametrize("odd", OF_NO_KIND, ids=["nothing", "text", "curve", "pair", "name"])
def test_a_key_of_no_known_kind_keeps_nobody_out(odd: Any) -> None:
    assert issuer(keys={"keys": [odd, PUBLIC]}).claims(token(), NONCE)["sub"] == "ana"


@pytest.mark.parametrize("keys", ["abc", None, {}, 5, [1]])
def test_a_list_of_keys_that_is_none_is_refused(keys: Any) -> None:
    with pytest.raises(LoginRefused):
        issuer(keys={"keys": keys}).claims(token(), NONCE)


class TakenByAnother(dict[str, Any]):
    """Another login, at the same moment, is always a little faster."""

    def pop(self, key: str, *default: Any) -> Any:
        del self[key]
        return super().pop(key, *default)


def test_logins_at_the_same_moment_after_a_change_of_keys_are_each_answered() -> None:
    keys = {"keys": [PUBLIC]}
    asked = issuer(keys=keys)
    asked.claims(token(), NONCE)
    asked._kept = TakenByAnother(asked._kept)
    keys["keys"].append(OTHER.as_dict(private=False))
    assert asked.claims(token(OTHER, kid="two"), NONCE)["sub"] == "ana"


def test_an_answer_without_end_is_not_read_to_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(room, "MOST_BYTES", 2**20)
    with pytest.raises(LoginRefused, match="more than 1 MiB"):
        issuer(keys={"keys": [PUBLIC], "more": "x" * 2**20}).claims(token(), NONCE)


def test_an_answer_that_never_comes_to_its_end_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(room, "TOTAL_SECONDS", -1.0)
    with pytest.raises(LoginRefused, match="takes longer"):
        issuer(keys={"keys": [PUBLIC]}).claims(token(), NONCE)


def test_an_answer_nested_without_end_is_refused() -> None:
    with pytest.raises(LoginRefused, match="cannot be used"):
        issuer(keys=httpx2.Response(200, text="[" * 100_000)).claims(token(), NONCE)


@pytest.fixture
def served(tmp_path: Path) -> Served:
    return Served(World(tmp_path, more=access("ci")))


def client(served: Served, **answers: Any) -> TestClient:
    web = application(served.world.app)
    web.state.issuer = issuer(**answers)
    return TestClient(web, base_url="http://localhost", raise_server_exceptions=False)


@pytest.mark.parametrize(
    "odd",
    [
        {"device_code": None},
        {"user_code": ["U"]},
        {"verification_uri": 7},
        {"expires_in": "soon"},
        {"expires_in": None},
        {"interval": "nan"},
        {"interval": []},
    ],
    ids=str,
)
def test_a_login_by_code_that_the_issuer_begins_oddly_is_refused(served: Served, odd: dict[str, Any]) -> None:
    assert client(served, device=BEGUN | odd).post(DEVICE).json()["code"] == "LoginRefused"


def test_an_issuer_may_send_no_interval_and_the_older_name_of_the_address(served: Served) -> None:
    older = {**BEGUN, "verification_uri": None, "verification_url": f"{URL}/older", "interval": None}
    told = client(served, device=older).post(DEVICE).json()
    assert (told["address"], told["interval"]) == (f"{URL}/older", 5.0)


def test_an_error_that_is_no_text_refuses_the_login(served: Served) -> None:
    http = client(served, device=BEGUN, token=httpx2.Response(400, json={"error": ["odd"]}))
    handle = http.post(DEVICE).json()["handle"]
    assert http.post(f"{DEVICE}/token", json={"handle": handle}).json()["code"] == "LoginRefused"


@pytest.mark.parametrize(
    "back", ["/stacks?q=" + "a" * 4000, "/?" + '"' * 848, "/?" + "é" * 424], ids=["long", "quotes", "letters"]
)
def test_a_long_way_back_keeps_nobody_from_logging_in(served: Served, back: str) -> None:
    http = client(served)
    answer = http.get("/login/oidc", params={"next": back}, follow_redirects=False)
    assert answer.status_code == 303
    assert len("__Host-" + answer.headers["set-cookie"].partition(";")[0]) <= 4096  # or a browser drops it
