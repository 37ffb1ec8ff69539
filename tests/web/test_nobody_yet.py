"""Somebody who is known and may do nothing yet, or no longer: they are told what to do about it."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx2
import pytest
from browser_world import Browser
from cli_world import World
from click.testing import CliRunner
from live import live
from web_world import BO, Served, access, logged_in, pass_time

from runner.cli.main import main

ME, STATUS = "/api/v1/me", "/api/v1/status"


@pytest.fixture
def served(tmp_path: Path) -> Served:
    served = Served(World(tmp_path, more=access("ci", "operator", "dev/**")))
    served.world.run("db", "migrate")
    return served


def problem(answer: httpx2.Response) -> tuple[int, str, str, str]:
    told = answer.json()
    return answer.status_code, told["code"], told["detail"], told["hint"]


def test_without_any_role_one_learns_which_subject_to_bind(served: Served) -> None:
    logged_in(served.world, "login_a")
    answer = served.client("login_a").get(ME)
    assert answer.status_code == 200
    assert answer.json() == {
        "name": BO.name,
        "known_by": "oidc",
        "subjects": list(BO.subjects),
        "roles": [],
        "binding": '{role: viewer, subjects: ["oidc:user:bo@example.com"]}',
    }


def test_without_any_role_nothing_else_is_answered(served: Served) -> None:
    logged_in(served.world, "login_a")
    told = problem(served.client("login_a").get(STATUS))
    assert told == (
        403,
        "RoleMissing",
        "bo@example.com needs the role viewer for any stack",
        'whoever runs Driftline can add this to web.access:   - {role: viewer, subjects: ["oidc:user:bo@example.com"]}',
    )


def test_a_missing_role_names_the_binding_for_that_stack(served: Served) -> None:
    client = served.client(served.token("ci"))
    refused = client.put("/api/v1/locks/dev/web", json={"reason": "x"}).json()
    assert refused["detail"] == "ci needs the role owner for dev/web"
    assert refused["hint"].endswith('{role: owner, subjects: ["token:ci"], stacks: ["dev/web"]}')
    shown = Browser(served)
    shown.log_in(served.token("other"))
    page = shown.http.get("/", headers={"Accept": "text/html"})
    assert page.status_code == 403
    assert '<code class="command">- {role: viewer, subjects: [&#34;token:other&#34;]}</code>' in page.text


def test_an_expired_token_is_told_as_expired(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    made = served.world.json("token", "create", "ci", "--expires", "1h")
    pass_time(monkeypatch, hours=2)
    status, code, detail, hint = problem(served.client(made["secret"]).get(STATUS))
    assert (status, code) == (401, "LoginEnded")
    assert detail.startswith("the token (ci) expired at 20")
    assert hint.endswith("driftline token create ci")


def test_a_revoked_token_is_told_as_revoked(served: Served) -> None:
    client = served.client(served.token("ci"))
    served.world.run("token", "revoke", "ci")
    assert "the token (ci) was revoked at 20" in problem(client.get(STATUS))[2]


def expire(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    pass_time(monkeypatch, hours=13)
    logged_in(world, "login_b")  # which removes old ones


def end(world: World, _monkeypatch: pytest.MonkeyPatch) -> None:
    world.run("session", "end", BO.name)


@pytest.mark.parametrize(("over", "said"), [(expire, "expired"), (end, "was ended")])
def test_a_login_that_is_over_is_told_as_such(
    served: Served, monkeypatch: pytest.MonkeyPatch, over: Callable[..., Any], said: str
) -> None:
    logged_in(served.world, "login_a")
    over(served.world, monkeypatch)
    status, code, detail, hint = problem(served.client("login_a").get(ME))
    assert (status, code, hint) == (401, "LoginEnded", "driftline login URL")
    assert detail.startswith(f"the login {said} at 20")


def test_a_wrong_token_is_told_nothing_of_the_kind(served: Served) -> None:
    assert problem(served.client("login_wrong").get(ME))[1] == "NotLoggedIn"


def test_the_login_page_says_that_a_session_has_ended(served: Served) -> None:
    browser = Browser(served)
    browser.log_in(served.token("ci"))
    served.world.run("token", "revoke", "ci")
    assert browser.http.get("/").status_code == 303
    page = browser.http.get("/login").text
    assert "The token (ci) was revoked at" in page
    assert "Log in again." in page


def test_who_logs_out_of_a_login_that_is_over_is_logged_out(served: Served) -> None:
    logged_in(served.world, "login_a")
    served.world.run("session", "end", BO.name)
    assert served.client("login_a").post("/api/v1/logout").status_code == 204


def test_the_command_line_says_how_to_log_in_again(tmp_path: Path) -> None:
    world = World(tmp_path, more=access("ci"))
    logged_in(world, "login_a")
    world.run("session", "end", BO.name)
    with live(world.app) as url:
        shown = CliRunner().invoke(main, ["--server", url, "whoami"], env={"DRIFTLINE_TOKEN": "login_a"})
    assert shown.exit_code == 6
    assert f"hint: driftline login {url}" in shown.output


def test_the_command_line_says_which_subject_has_to_be_bound(tmp_path: Path) -> None:
    world = World(tmp_path, more=access("ci"))
    logged_in(world, "login_a")
    with live(world.app) as url:
        shown = CliRunner().invoke(main, ["--server", url, "whoami"], env={"DRIFTLINE_TOKEN": "login_a"})
    assert shown.exit_code == 0
    assert '- {role: viewer, subjects: ["oidc:user:bo@example.com"]}' in shown.output
