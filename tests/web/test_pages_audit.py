import json
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from cli_world import World, planned
from page_world import Browser
from web_world import access

from runner.api.audit import export_audit
from runner.api.caller import Caller
from runner.view.audit import AuditRows
from runner.web.pages import audit as pages


@pytest.fixture
def world(tmp_path: Path) -> World:
    made = planned(tmp_path, config=access("ci"))
    made.run("lock", "take", "app", "-m", "<script>moving</script>")
    return made


def test_the_log_is_narrowed_down_by_what_it_is_about(world: World) -> None:
    browser = Browser(world)
    assert "<code>run.queue" in browser.get("/audit?about=run-1")
    assert "<code>lock.take" not in browser.get("/audit?about=run-1")
    assert "<code>lock.take" in browser.get("/audit?about=app")


def test_a_reason_cannot_write_into_the_page(world: World) -> None:
    text = Browser(world).get("/audit")
    assert "&lt;script&gt;moving" in text
    assert "<script>moving" not in text


def test_a_time_that_is_none_is_said_on_a_page(world: World) -> None:
    assert "soon" in Browser(world).get("/audit?since=soon", 400)


def test_the_chain_is_verified_and_an_edited_entry_found(world: World) -> None:
    browser = Browser(world)
    assert "chain intact" in browser.get("/audit/verify")
    path = world.root / "data" / "driftline.db"
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("DROP TRIGGER audit_is_not_edited")
        connection.execute("UPDATE audit SET actor = 'kim' WHERE seq = 2")
    assert "not as it was written" in browser.get("/audit/verify")


def test_the_export_is_the_whole_log(world: World) -> None:
    lines = Browser(world).get("/audit.jsonl").splitlines()
    assert [json.loads(line)["seq"] for line in lines] == list(range(1, len(lines) + 1))


def test_whoever_is_no_admin_may_look_and_not_export(tmp_path: Path) -> None:
    browser = Browser(planned(tmp_path, config=access("ci", "viewer")))
    assert "Verify" not in browser.get("/audit")
    browser.get("/audit.jsonl", 403)
    browser.get("/audit/verify", 403)


def test_the_export_is_bounded_by_times_as_the_list_is(world: World) -> None:
    browser = Browser(world)
    everything = browser.get("/audit.jsonl").splitlines()
    middle = json.loads(everything[2])["at"]
    later = browser.get(f"/audit.jsonl?since={middle}").splitlines()
    assert 0 < len(later) < len(everything)
    assert browser.get("/audit.jsonl?until=2020-01-01") == ""
    assert "/audit.jsonl?since=7d" in browser.get("/audit?since=7d")


def test_an_export_has_one_page_in_memory(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[int] = []
    original = export_audit.perform

    def noted(caller: Caller, **given: Any) -> AuditRows:
        asked.append(given["limit"])
        return original(caller, **given)

    monkeypatch.setattr(pages, "EXPORTED_AT_ONCE", 2)
    monkeypatch.setattr(pages, "export_audit", noted)
    lines = Browser(world).get("/audit.jsonl").splitlines()
    assert len(asked) > len(lines) / 2
    assert set(asked) == {2}


def test_one_answer_of_the_api_has_so_many_entries_at_most(world: World) -> None:
    browser = Browser(world)
    assert len(browser.json("/api/v1/audit/export?limit=2")) == 2
    assert "at most 5000 entries" in browser.get("/api/v1/audit/export?limit=5001", 400)
