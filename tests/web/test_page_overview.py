from pathlib import Path

from cli_world import World, planned
from page_world import Browser
from web_world import Served, access, refused_reload

from runner.datadir.daemon_lock import only_daemon


def test_the_overview_says_what_needs_somebody_and_links_there(tmp_path: Path) -> None:
    text = Browser(planned(tmp_path, config=access("ci"))).get("/")
    assert "1 thing needs you" in text
    assert 'href="/runs/run-1"' in text
    assert "Review" in text


def test_the_overview_of_an_empty_installation_is_a_page(tmp_path: Path) -> None:
    assert "Welcome to Driftline" in Browser(World(tmp_path, more=access("ci"))).get("/")


def test_a_page_that_does_not_exist_is_said_on_a_page(tmp_path: Path) -> None:
    answer = Served(World(tmp_path)).client(None).get("/nowhere", headers={"accept": "text/html"})
    assert answer.status_code == 404
    assert "Not found" in answer.text
    assert "<html" in answer.text


def test_the_overview_shows_a_refused_reload_with_its_place_until_one_succeeds(tmp_path: Path) -> None:
    world = World(tmp_path, more=access("ci"))
    browser = Browser(world)
    with only_daemon(world.app.settings.data_dir):
        refused = refused_reload(world)
        text = browser.get("/")
        assert "Configuration not loaded" in text
        assert "/etc/d.yaml:5:13: &lt;b&gt;odd&lt;/b&gt;" in text
        assert "driftline config validate &amp;&amp; systemctl reload driftline" in text
        assert "/etc/d.yaml:5:13" in browser.get("/inbox")
        with refused.noted(world.app.clock):
            pass
        assert "Configuration not loaded" not in browser.get("/")


def test_a_refused_reload_is_no_business_of_those_who_see_a_part(tmp_path: Path) -> None:
    world = World(tmp_path, more=access("ci", "viewer", "team/*"))
    browser = Browser(world)
    with only_daemon(world.app.settings.data_dir):
        refused_reload(world)
        assert "/etc/d.yaml" not in browser.get("/")
