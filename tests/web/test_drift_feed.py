"""The Atom feed of drift: what is in it, and who may read it."""

from base64 import b64encode
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest
from cli_world import World, applied
from page_world import Browser
from web_world import Served, access

from runner.model.changes.changes import Action
from runner.model.drift.report import Acknowledgement, DriftClass, DriftReport, Finding, ReportStatus
from runner.view.report import ReportPage, report_page
from runner.web.dashboard.atom import atom
from runner.web.identity import turns

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
NAMES = {"a": "http://www.w3.org/2005/Atom"}
REPORT = DriftReport(
    id=3,
    stack="prod/vpc",
    status=ReportStatus.OPEN,
    revision="a" * 40,
    fingerprint="f" * 64,
    first_seen=NOON - timedelta(days=2),
    last_seen=NOON,
    seen=9,
    findings=(Finding('aws_vpc.main["<b>\x1b"]', Action.UPDATE, DriftClass.DRIFT),),
)


def feed(*reports: ReportPage) -> ET.Element:
    return ET.fromstring(atom(reports, "https://driftline.example.com", NOON))


def said(of: ET.Element, path: str) -> str:
    found = of.findtext(path, namespaces=NAMES)
    assert found is not None
    return found


def test_an_entry_says_what_moved_and_leads_to_its_page() -> None:
    entry = feed(report_page(REPORT)).find("a:entry", NAMES)
    assert entry is not None
    assert said(entry, "a:title") == "prod/vpc has drifted: 1 changed"
    assert said(entry, "a:summary") == '~ aws_vpc.main["<b>\\x1b"] (drift)'
    link = entry.find("a:link", NAMES)
    assert link is not None
    assert link.get("href") == "https://driftline.example.com/drift/dr-3"


def test_that_a_check_saw_it_again_is_no_news() -> None:
    assert said(feed(report_page(REPORT)), "a:entry/a:updated") == "2026-02-27T12:00:00Z"


def test_an_acknowledgement_is_news_of_the_same_entry() -> None:
    known = Acknowledgement("ana", "planned", NOON, NOON + timedelta(days=1))
    after = replace(REPORT, status=ReportStatus.ACKNOWLEDGED, acknowledgement=known)
    before, now = feed(report_page(REPORT)), feed(report_page(after))
    assert said(now, "a:entry/a:id") == said(before, "a:entry/a:id")
    assert said(now, "a:entry/a:updated") == "2026-03-01T12:00:00Z"
    assert "is acknowledged" in said(now, "a:entry/a:title")


def test_another_drift_of_the_stack_is_another_entry() -> None:
    other = report_page(replace(REPORT, fingerprint="0" * 64))
    assert said(feed(other), "a:entry/a:id") != said(feed(report_page(REPORT)), "a:entry/a:id")


def test_a_feed_without_drift_is_a_feed() -> None:
    assert said(feed(), "a:updated") == "2026-03-01T12:00:00Z"


@pytest.fixture
def world(tmp_path: Path) -> World:
    made = applied(tmp_path, config=access("ci"))
    made.cloud.write_text("changed by hand\n")
    made.run("drift", "check", "app", expect=2)
    return made


def basic(secret: str, user: str = "anybody") -> dict[str, str]:
    return {"Authorization": "Basic " + b64encode(f"{user}:{secret}".encode()).decode()}


def test_a_feed_reader_sends_a_token_as_its_password(world: World) -> None:
    served = Served(world)
    answer = served.client(None).get("/drift.atom", headers=basic(served.token("ci")))
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/atom+xml"
    assert said(ET.fromstring(answer.content), "a:entry/a:title") == "app has drifted: 1 changed"


def test_a_feed_reader_that_comes_again_and_again_keeps_no_turn(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    served = Served(world)
    monkeypatch.setattr(turns, "MOST", 1)
    secret = served.token("ci")
    http = served.client(None)
    assert [http.get("/drift.atom", headers=basic(secret)).status_code for _ in range(3)] == [200] * 3


@pytest.mark.parametrize(
    "header",
    [
        {},
        basic("drift_wrong"),
        {"Authorization": "Basic ?"},
        {b"Authorization": "Basic \xe9".encode("latin-1")},
        basic(""),
    ],
)
def test_without_one_it_is_asked_for(world: World, header: Any) -> None:
    answer = Served(world).client(None).get("/drift.atom", headers=header)
    assert answer.status_code == 401
    assert answer.headers["www-authenticate"].startswith("Basic ")


def test_a_password_is_worth_nothing_anywhere_else(world: World) -> None:
    served = Served(world)
    header = basic(served.token("ci"))
    assert served.client(None).get("/api/v1/status", headers=header).status_code == 401


def test_a_logged_in_browser_may_read_it_too(world: World) -> None:
    assert "<title>app has drifted" in Browser(world).get("/drift.atom")
