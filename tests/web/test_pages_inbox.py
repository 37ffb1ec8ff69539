from pathlib import Path

from cli_world import planned
from page_world import Browser
from web_world import access


def test_the_inbox_leads_to_the_plan_that_waits(tmp_path: Path) -> None:
    text = Browser(planned(tmp_path, config=access("ci"))).get("/inbox")
    assert "1 thing waits for you" in text
    assert 'href="/runs/run-1"' in text
    assert "Review" in text
    assert "Ana Author" in text


def test_the_inbox_says_why_a_plan_waits_for_somebody_else(tmp_path: Path) -> None:
    text = Browser(planned(tmp_path, config=access("ci", "viewer"))).get("/inbox")
    assert "Nothing waits for you" in text
    assert "you need the role approver for app" in text


def test_a_subject_of_a_commit_cannot_write_into_the_page(tmp_path: Path) -> None:
    world = planned(tmp_path, config=access("ci"))
    world.commit({"app/main.tf": 'resource "terraform_data" "b" {}\n'}, "<script>alert(1)</script>")
    world.run("plan", "app")
    text = Browser(world).get("/inbox")
    assert "<script>alert" not in text
    assert "&lt;script&gt;alert(1)" in text


def test_the_inbox_as_json_is_that_of_the_api(tmp_path: Path) -> None:
    browser = Browser(planned(tmp_path, config=access("ci")))
    assert browser.json("/inbox.json") == browser.json("/api/v1/inbox")
