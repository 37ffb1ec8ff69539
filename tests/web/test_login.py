import json
from base64 import urlsafe_b64encode
from pathlib import Path

import httpx2
import pytest
from browser_world import Browser
from cli_world import World
from web_world import Served, access, pass_time

STATUS = "/api/v1/status"


@pytest.fixture
def served(tmp_path: Path) -> Served:
    return Served(World(tmp_path, more=access("ci")))


def test_a_token_logs_a_browser_in(served: Served) -> None:
    browser = Browser(served)
    assert browser.http.get(STATUS).status_code == 401
    answer = browser.log_in(served.token("ci"), next="/stacks?q=a")
    assert answer.status_code == 303
    assert answer.headers["location"] == "/stacks?q=a"
    assert browser.http.get(STATUS).status_code == 200


def test_a_wrong_token_begins_no_session(served: Served) -> None:
    browser = Browser(served)
    answer = browser.log_in("drift_guess")
    assert answer.status_code == 401
    assert "not valid" in answer.text
    assert browser.http.get(STATUS).status_code == 401


def test_a_link_of_the_command_line_logs_in_once(served: Served) -> None:
    served.token("ci")
    link = served.world.run("token", "link", "--url", "http://localhost/").stdout.strip()
    address, code = link.split("#code=")
    assert address == "http://localhost/login"
    assert Browser(served).log_in(code).status_code == 303
    assert Browser(served).log_in(code).status_code == 401


def test_a_session_ends_at_the_server_when_somebody_logs_out(served: Served) -> None:
    browser = Browser(served)
    browser.log_in(served.token("ci"))
    kept = browser.http.cookies["driftline"]
    csrf = _session_csrf(browser)
    assert browser.http.post("/logout", data={"csrf": csrf}).status_code == 303
    browser.plant("driftline", kept)
    assert browser.http.get(STATUS).status_code == 401


def test_a_session_ends_with_the_token_that_it_began_with(served: Served) -> None:
    browser = Browser(served)
    browser.log_in(served.token("ci"))
    served.world.run("token", "revoke", "ci")
    assert browser.http.get(STATUS).status_code == 401


def test_a_session_expires_at_the_server(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    browser = Browser(served)
    browser.log_in(served.token("ci"))
    assert browser.http.get(STATUS).status_code == 200
    pass_time(monkeypatch, hours=12)
    assert browser.http.get(STATUS).status_code == 401


def test_a_login_begins_a_new_session_whatever_cookie_was_planted(served: Served) -> None:
    victim, attacker = Browser(served), Browser(served)
    token = served.token("ci")
    attacker.log_in(token)
    planted = attacker.http.cookies["driftline"]
    victim.plant("driftline", planted)
    csrf = _session_csrf(victim)
    answer = victim.http.post("/login", data={"secret": token, "csrf": csrf})
    assert planted not in answer.headers["set-cookie"]
    assert attacker.http.get(STATUS).status_code == 401


@pytest.mark.parametrize(
    "elsewhere",
    [
        "//evil.example",
        "https://evil.example/",
        "/\\evil.example",
        "/\t/evil.example",
        "javascript:x",
        "stacks",
    ],
)
def test_nobody_is_sent_to_another_site_after_the_login(served: Served, elsewhere: str) -> None:
    answer = Browser(served).log_in(served.token("ci"), next=elsewhere)
    assert answer.headers["location"] == "/"


def test_a_request_with_a_cookie_needs_the_token_of_a_page(served: Served) -> None:
    browser = Browser(served)
    browser.log_in(served.token("ci"))
    path, body = "/api/v1/locks/app", {"reason": "x"}
    refused = browser.http.put(path, json=body)
    assert (refused.status_code, refused.json()["code"]) == (403, "ForgedRequest")
    csrf = {"X-CSRF-Token": _session_csrf(browser)}
    foreign = browser.http.put(path, json=body, headers={**csrf, "Sec-Fetch-Site": "cross-site"})
    assert foreign.json()["code"] == "ForgedRequest"
    assert browser.http.put(path, json=body, headers=csrf).json()["code"] == "StackNotFound"


def test_the_login_form_itself_cannot_be_sent_by_another_site(served: Served) -> None:
    secret = served.token("ci")
    assert Browser(served).http.post("/login", data={"secret": secret}).status_code == 403
    other = Browser(served).csrf()
    mine = Browser(served)
    mine.csrf()
    assert mine.http.post("/login", data={"secret": secret, "csrf": other}).status_code == 403


def test_cookies_are_out_of_reach_of_scripts_and_other_sites(served: Served) -> None:
    given = Browser(served).log_in(served.token("ci")).headers.get_list("set-cookie")[0]
    assert "HttpOnly" in given
    assert "SameSite=lax" in given
    assert "Secure" not in given


def test_over_tls_a_cookie_never_leaves_it(served: Served) -> None:
    given = Browser(served, "https://127.0.0.1").log_in(served.token("ci")).headers.get_list("set-cookie")[0]
    assert given.startswith("__Host-driftline=")
    assert "; Secure" in given


def revoked(browser: Browser) -> httpx2.Response:
    """The answer to a form, whose message the next page shows."""
    form = {"name": "ci", "csrf": browser.csrf("/tokens?revoke=ci")}
    return browser.http.post("/tokens/revoke", data=form)


def test_the_message_of_a_form_never_leaves_tls_either(served: Served) -> None:
    browser = Browser(served, "https://127.0.0.1")
    browser.log_in(served.token("ci"))
    given = revoked(browser).headers["set-cookie"]
    assert given.startswith("__Host-driftline-said=")
    assert "; Secure" in given
    assert "HttpOnly" in given


def test_a_message_that_was_not_signed_here_is_not_shown(served: Served) -> None:
    browser = Browser(served)
    browser.log_in(served.token("ci"))
    ours = browser.http.cookies["driftline"]
    said = {"tone": "fail", "text": "Send your token to evil.example", "hint": ""}
    browser.plant("driftline-said", urlsafe_b64encode(json.dumps(said).encode()).decode())
    browser.http.cookies.set("driftline", ours)
    page = browser.http.get("/tokens")
    assert page.status_code == 200
    assert "evil.example" not in page.text


def test_a_cookie_that_was_not_signed_here_is_worth_nothing(served: Served) -> None:
    browser = Browser(served)
    browser.log_in(served.token("ci"))
    secret, _, signature = browser.http.cookies["driftline"].rpartition(".")
    browser.plant("driftline", f"{secret}A.{signature}")
    assert browser.http.get(STATUS).status_code == 401


def test_a_page_sends_who_is_not_logged_in_to_the_login_page_and_back(served: Served) -> None:
    browser = Browser(served)
    answer = browser.http.get("/", headers={"Accept": "text/html"})
    assert (answer.status_code, answer.headers["location"]) == (303, "/login")
    part = browser.http.get("/", headers={"HX-Request": "true"})
    assert (part.status_code, part.headers["hx-redirect"]) == (401, "/login")


def test_a_password_that_another_site_put_into_an_address_ends_no_session(served: Served) -> None:
    browser = Browser(served)
    browser.log_in(served.token("ci"))
    forged = browser.http.post("/logout", headers={"Authorization": "Basic eDp5"})
    assert forged.status_code == 403
    assert browser.http.get(STATUS).status_code == 200


def _session_csrf(browser: Browser) -> str:
    """As a page of the dashboard has it."""
    from types import SimpleNamespace

    from fastapi import Request

    from runner.web.identity.csrf import csrf_of

    cookies = "; ".join(f"{name}={value}" for name, value in browser.http.cookies.items())
    scope = {
        "type": "http",
        "scheme": "http",
        "path": "/",
        "query_string": b"",
        "server": ("localhost", 80),
        "headers": [(b"cookie", cookies.encode()), (b"host", b"localhost")],
        "app": SimpleNamespace(state=SimpleNamespace(app=browser.served.world.app)),
    }
    return csrf_of(Request(scope))
