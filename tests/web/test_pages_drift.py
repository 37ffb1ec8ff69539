import re
from datetime import UTC, datetime
from pathlib import Path

import pytest
from cli_world import World, applied
from page_world import Browser
from web_world import access

from runner.model.suspects.actor import Actor, Kind
from runner.model.suspects.suspect import Suspect, Suspicion


@pytest.fixture
def world(tmp_path: Path) -> World:
    """`app` has drifted: dr-1."""
    made = applied(tmp_path, config=access("ci"))
    made.cloud.write_text("<script>changed by hand</script>\n")
    made.run("drift", "check", "app", expect=2)
    return made


def test_drift_that_needs_somebody_is_listed_with_its_class(world: World) -> None:
    text = Browser(world).get("/drift")
    assert 'href="/drift/dr-1"' in text
    assert "1 changed" in text
    assert "Needs somebody <b>1</b>" in text


def test_a_report_shows_what_moved_and_a_value_cannot_write_into_the_page(world: World) -> None:
    text = Browser(world).get("/drift/dr-1")
    assert "terraform_data.it" in text
    assert "&lt;script&gt;changed by hand" in text
    assert "<script>changed" not in text


def test_a_report_says_what_a_heal_would_do(world: World) -> None:
    text = Browser(world).get("/drift/dr-1")
    assert "What a heal would do" in text
    assert "Waits for a person" in text


def test_a_report_says_who_did_it_and_a_user_agent_cannot_write_into_the_page(world: World) -> None:
    browser = Browser(world)
    assert "Who did it" not in browser.get("/drift/dr-1")
    at = datetime(2026, 11, 30, 21, 58, tzinfo=UTC)
    who = Suspect(
        "terraform_data.it", ("input",), Actor(Kind.USER, "<b>ops-bot"), at, "Modify", "e", "rds", "1", "eu-west-1", "203.0.113.9",
        "<script>agent", "console", "r", 93, ("the call names it",),
    )  # fmt: skip
    with world.app.store.writing() as writer:
        mark = writer.report(1).fingerprint
        cause = Suspicion(1, mark, at, at, (who,), ("terraform_data.other",), ("the event history",))
        writer.save_suspicion(cause, tell=False)
    text = browser.get("/drift/dr-1")
    for part in (
        "Who did it",
        "93 %",
        "&lt;b&gt;ops-bot",
        "&lt;script&gt;agent",
        "nobody found",
        "searched: the event history",
    ):
        assert part in text
    assert "<b>ops-bot" not in text


def test_a_form_acknowledges_it_for_a_while(world: World) -> None:
    browser = Browser(world)
    said = browser.after("/drift/dr-1/acknowledge", {"until": "2w", "reason": "known, ticket 12"})
    assert "You acknowledged dr-1 of app." in said
    assert "known, ticket 12" in said
    assert "No drift needs anybody." in browser.get("/drift")
    assert "dr-1" in browser.get("/drift?show=acknowledged")


def test_an_end_that_is_no_time_is_said_on_the_page(world: World) -> None:
    assert "soon" in Browser(world).after("/drift/dr-1/acknowledge", {"until": "soon", "reason": "known"})


def test_a_heal_leads_to_the_run_that_has_to_be_approved(world: World) -> None:
    answer = Browser(world).post("/drift/dr-1/heal", {})
    assert answer.status_code == 303
    assert re.fullmatch(r"/runs/run-\d+", answer.headers["location"])
    assert world.json("run", "list")[0]["report"] == "dr-1"


def test_whoever_may_only_look_is_offered_nothing_and_refused(tmp_path: Path) -> None:
    world = applied(tmp_path, config=access("ci", "viewer"))
    world.cloud.write_text("changed\n")
    world.run("drift", "check", "app", expect=2)
    browser = Browser(world)
    text = browser.get("/drift/dr-1")
    assert "Plan a heal" not in text
    assert "<textarea" not in text
    assert "needs the role approver" in browser.after("/drift/dr-1/heal", {})


def test_drift_of_a_stack_that_one_may_not_see_is_not_there(tmp_path: Path) -> None:
    world = applied(tmp_path, config=access("ci", "viewer", "elsewhere/**"))
    world.cloud.write_text("changed\n")
    world.run("drift", "check", "app", expect=2)
    browser = Browser(world)
    assert "dr-1" not in browser.get("/drift")
    assert "dr-1" not in browser.get("/drift.atom")
    browser.get("/drift/dr-1", 404)


@pytest.mark.parametrize("name", ["1", "dr-", "dr-x", "dr-9", "run-1", "dr-1x", "dr-" + "9" * 40])
def test_a_name_that_is_no_report_is_not_found(world: World, name: str) -> None:
    Browser(world).get(f"/drift/{name}", 404)
