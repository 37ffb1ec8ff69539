"""Who did it, as people see it: on the terminal, in JSON, in the issue and in a message."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hostile import TEXTS
from rendered import rendered

from runner.cli.screen.report import report_screen
from runner.model.changes.changes import Action, AttributeChange
from runner.model.drift.report import DriftClass, DriftReport, Finding, ReportStatus
from runner.model.drift.report_text import report_markdown
from runner.model.drift.suspicion_text import headline
from runner.model.events.feed import FeedEvent, ReportExplained
from runner.model.events.text import sentence
from runner.model.forge.drift_issue import OpenIssue, UpdateIssue, steps
from runner.model.forge.text import IssueAtForge
from runner.model.notify.form import written
from runner.model.notify.message import message_of
from runner.model.settings.forge import DriftIssues
from runner.model.suspects.actor import Actor, Kind
from runner.model.suspects.suspect import Suspect, Suspicion
from runner.view.document import document
from runner.view.report import report_page

SEEN = datetime(2026, 11, 30, 22, 5, tzinfo=UTC)
FINDING = Finding(
    "aws_db_instance.orders",
    Action.UPDATE,
    DriftClass.DRIFT,
    (
        AttributeChange("backup_retention_period", 1, 14),
        AttributeChange("password", "x", "y", sensitive=True),
    ),
)
WHO = Suspect(
    address="aws_db_instance.orders",
    attributes=("backup_retention_period",),
    actor=Actor(Kind.USER, "ops-bot", "111122223333"),
    at=datetime(2026, 11, 30, 21, 58, tzinfo=UTC),
    event="ModifyDBInstance",
    event_id="e-1",
    service="rds",
    account="111122223333",
    region="eu-west-1",
    ip="203.0.113.9",
    agent="aws-cli/2.17.0",
    tool="console",
    request="r-1",
    confidence=93,
    reasons=("the call names it", "ModifyDBInstance set backup_retention_period to the value that was found"),
)
CAUSE = Suspicion(
    report=3,
    fingerprint="cd" * 32,
    since=SEEN - timedelta(hours=4),
    until=SEEN,
    suspects=(WHO,),
    unexplained=("aws_s3_bucket.raw",),
    searched=("files of the trail of account 111122223333, eu-west-1",),
    looks=1,
    looked_at=SEEN,
    next_look=SEEN + timedelta(minutes=6),
)
REPORT = DriftReport(
    3, "app", ReportStatus.OPEN, "ab" * 20, "cd" * 32, SEEN, SEEN, 1, (FINDING,), suspicion=CAUSE
)


def screen(report: DriftReport) -> str:
    lines = report_screen(report_page(report), SEEN, full=False)
    return "\n".join(str(getattr(line, "text", line)) for line in lines)


def issue_of(report: DriftReport, there: tuple[IssueAtForge, ...] = ()) -> list[object]:
    return list(steps("infra", (report,), there, DriftIssues(("drift",), 2, ()), 65_536, lambda _stack: ()))


def test_the_sentence_has_what_who_with_what_when_and_how_sure() -> None:
    assert headline(REPORT) == (
        "aws_db_instance.orders: backup_retention_period 14 -> 1 by ops-bot via console, 2026-11-30 21:58 UTC, 93 %; "
        "nobody found for aws_s3_bucket.raw"
    )


def test_a_weak_suspect_is_named_as_a_possibility() -> None:
    weak = replace(CAUSE, suspects=(replace(WHO, confidence=39),), unexplained=())
    assert "perhaps by ops-bot" in headline(replace(REPORT, suspicion=weak))


def test_a_secret_value_is_not_repeated() -> None:
    secret = replace(CAUSE, suspects=(replace(WHO, attributes=("password",)),), unexplained=())
    assert headline(replace(REPORT, suspicion=secret)).startswith(
        "aws_db_instance.orders: password by ops-bot"
    )


def test_the_terminal_shows_suspects_with_reasons_and_what_was_searched() -> None:
    text = screen(REPORT)
    for part in (
        "by ops-bot via console",
        "from 203.0.113.9",
        "set backup_retention_period",
        "nobody found",
        "searched: files",
    ):
        assert part in text
    assert "Who did it" not in screen(replace(REPORT, suspicion=None))


def test_json_has_every_fact_of_a_suspect() -> None:
    plain = json.loads(json.dumps(document(report_page(REPORT))))["cause"]
    (one,) = plain["suspects"]
    assert (one["name"], one["kind"], one["confidence"], one["ip"], one["event"], one["request"]) == (
        "ops-bot", "user", 93, "203.0.113.9", "ModifyDBInstance", "r-1",
    )  # fmt: skip
    assert (plain["nobody"], plain["final"]) == (["aws_s3_bucket.raw"], False)


def test_the_issue_gets_the_suspects_and_does_not_change_when_it_is_looked_up_again() -> None:
    (opened,) = issue_of(REPORT)
    assert isinstance(opened, OpenIssue)
    assert "by ops-bot via console" in opened.text.body
    there = (IssueAtForge(7, opened.text.marker, opened.text.title, opened.text.body, ""),)
    again = replace(CAUSE, looks=2, next_look=None, looked_at=SEEN + timedelta(hours=1))
    assert issue_of(replace(REPORT, suspicion=again), there) == []
    (updated,) = issue_of(replace(REPORT, suspicion=replace(CAUSE, suspects=())), there) or [None]
    assert isinstance(updated, UpdateIssue)


def test_the_message_says_who() -> None:
    event = FeedEvent(9, SEEN, "drift.explain", "dr-3", ReportExplained(3, "app", "f", headline(REPORT)))
    assert sentence(event).startswith(
        "cause of the drift of app: aws_db_instance.orders: backup_retention_period 14 -> 1"
    )
    message = message_of(event, "https://drift.example.com")
    assert (message.conversation, message.title) == ("dr-3", "app: drift (dr-3)")
    assert message.told[0].link == "https://drift.example.com/drift/dr-3"


@pytest.mark.parametrize("text", TEXTS)
def test_what_a_stranger_chose_is_only_code_in_markdown_and_harmless_in_messages(text: str) -> None:
    evil = replace(WHO, actor=replace(WHO.actor, name=text), agent=text, ip=text, tool=text, reasons=(text,))
    report = replace(REPORT, suspicion=replace(CAUSE, suspects=(evil,), problems=(text,)))
    (opened,) = issue_of(report)
    assert isinstance(opened, OpenIssue)
    for markdown in (
        report_markdown(report).split("## Who did it")[1],
        opened.text.body.split("### Who did it")[1],
    ):
        page = rendered(markdown)
        assert (page.html, page.links, page.special, page.headings) == ((), (), [], 0)
    assert rendered(written(headline(report), "markdown")).links == ()
