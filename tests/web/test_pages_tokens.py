from pathlib import Path

from cli_world import World
from page_world import Browser
from web_world import Served, access


def test_the_secret_of_a_new_token_is_shown_once_and_works(tmp_path: Path) -> None:
    world = World(tmp_path, more=access("ci"))
    browser = Browser(world)
    text = browser.post("/tokens", {"name": "deploy", "expires": "30d"}).text
    secret = text.partition('value="drift_')[2].partition('"')[0]
    assert secret
    assert f"drift_{secret}" not in browser.get("/tokens")
    assert Served(world).client(f"drift_{secret}").get("/api/v1/tokens").status_code == 403


def test_a_token_is_revoked_after_a_question(tmp_path: Path) -> None:
    world = World(tmp_path, more=access("ci"))
    browser = Browser(world)
    browser.post("/tokens", {"name": "deploy", "expires": ""})
    assert "Revoke the token deploy?" in browser.get("/tokens?revoke=deploy")
    assert "Revoked the token deploy." in browser.after("/tokens/revoke", {"name": "deploy"})
    assert "revoked" in browser.get("/tokens")


def test_a_name_that_is_taken_is_said_on_the_page(tmp_path: Path) -> None:
    assert "ci" in Browser(World(tmp_path, more=access("ci"))).after("/tokens", {"name": "ci"})


def test_tokens_are_for_admins_and_others_are_not_shown_the_way(tmp_path: Path) -> None:
    browser = Browser(World(tmp_path, more=access("ci", "owner")))
    assert "You may not do that" in browser.get("/tokens", 403)
    assert 'href="/tokens"' not in browser.get("/")
