"""Who is logged in, and ending it."""

from pathlib import Path

from browser_world import Browser
from cli_world import World
from web_world import BO, Served, access, logged_in

ME, SESSIONS = "/api/v1/me", "/api/v1/sessions"


def begun(tmp_path: Path, role: str = "admin") -> tuple[World, Served, str]:
    bos = ', {role: viewer, subjects: ["oidc:user:bo@example.com"]}]}'
    world = World(tmp_path, more=access("ci", role).removesuffix("]}") + bos)
    served = Served(world)
    return world, served, served.token("ci")


def test_every_session_of_a_person_ends_at_once(tmp_path: Path) -> None:
    world, served, secret = begun(tmp_path)
    for one in ("login_a", "login_b"):
        logged_in(world, one)
    assert served.client("login_a").get(ME).json()["name"] == BO.name
    assert world.run("session", "end", BO.name).stderr.strip() == "Ended 2 sessions of bo@example.com."
    assert {served.client(one).get(ME).status_code for one in ("login_a", "login_b")} == {401}
    (row,) = [row for row in world.json("audit", "log") if row["action"] == "session.end"]
    assert (row["subject"], row["detail"]) == (BO.name, {"sessions": 2})
    assert served.client(secret).get(ME).status_code == 200


def test_sessions_are_listed_with_the_groups_of_their_login(tmp_path: Path) -> None:
    world, served, secret = begun(tmp_path)
    logged_in(world, "login_a")
    (row,) = served.client(secret).get(SESSIONS).json()
    assert (row["name"], row["known_by"], row["subjects"]) == (BO.name, "oidc", list(BO.subjects))
    assert "oidc:group:sre" in world.run("session", "list").stdout


def test_a_session_that_ended_with_its_token_is_not_listed(tmp_path: Path) -> None:
    world, served, secret = begun(tmp_path)
    Browser(served).log_in(secret)
    assert [row["name"] for row in world.json("session", "list")] == ["ci"]
    world.run("token", "revoke", "ci")
    assert world.json("session", "list") == []


def test_only_an_admin_ends_sessions(tmp_path: Path) -> None:
    world, served, secret = begun(tmp_path, "owner")
    logged_in(world, "login_a")
    client = served.client(secret)
    answers = [client.get(SESSIONS), client.delete(f"{SESSIONS}/{BO.name}")]
    assert {answer.json()["code"] for answer in answers} == {"RoleMissing"}


def test_who_is_not_logged_in_has_no_session_to_end(tmp_path: Path) -> None:
    world, _served, _secret = begun(tmp_path)
    assert "driftline session list" in world.run("session", "end", "bo", expect=None).stderr


def test_the_page_of_tokens_ends_sessions(tmp_path: Path) -> None:
    world, served, secret = begun(tmp_path)
    logged_in(world, "login_a")
    browser = Browser(served)
    browser.log_in(secret)
    page = browser.http.get("/tokens").text
    assert "bo@example.com" in page
    form = {"name": BO.name, "csrf": browser.csrf("/tokens")}
    assert browser.http.post("/tokens/sessions/end", data=form).status_code == 303
    assert "Ended 1 session of bo@example.com." in browser.http.get("/tokens").text
