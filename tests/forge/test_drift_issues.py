"""Issues about drift: opened when it is confirmed, changed with it, closed when it is resolved."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import NoReturn, cast

import pytest
from hostile import texts
from hypothesis import given
from kept_world import KeptWorld, at_forge
from rendered import rendered

from runner.errors import GitFailed
from runner.model.changes.changes import MASK, Action, AttributeChange
from runner.model.drift.report import Acknowledgement, DriftClass, DriftReport, Finding, ReportStatus
from runner.model.forge.drift_issue import CloseIssue, OpenIssue, Step, UpdateIssue, steps
from runner.model.forge.marker import marker
from runner.model.forge.text import IssueAtForge
from runner.model.settings.forge import DriftIssues
from runner.ports.git import Git

SEEN = datetime(2026, 11, 21, 1, 2, tzinfo=UTC)
FINDING = Finding(
    "aws_a.b",
    Action.UPDATE,
    DriftClass.DRIFT,
    (AttributeChange("tags.env", "prod", "dev"), AttributeChange("key", MASK, MASK, sensitive=True)),
)
REPORT = DriftReport(3, "app", ReportStatus.OPEN, "ab" * 20, "cd" * 32, SEEN, SEEN, 1, (FINDING,))
KNOWN = replace(
    REPORT,
    status=ReportStatus.ACKNOWLEDGED,
    acknowledgement=Acknowledgement("ana", "fixed by hand", SEEN, SEEN + timedelta(days=9)),
)
RULES = DriftIssues(("drift", "infra"), 2, ("ana",))
LIMIT = 65_536


def decided(
    *reports: DriftReport, there: tuple[IssueAtForge, ...] = (), rules: DriftIssues = RULES
) -> list[Step]:
    return list(steps("infra", reports, there, rules, LIMIT, lambda stack: (f"owner-of-{stack}",)))


def issue(report: DriftReport, number: int = 50) -> IssueAtForge:
    """As it stands at the forge once it was opened."""
    (opened,) = decided(replace(report, status=ReportStatus.OPEN))
    assert isinstance(opened, OpenIssue)
    text = opened.text
    return IssueAtForge(number, text.marker, text.title, text.body.replace("\n", "\r\n").rstrip(), "")


def other(stack: str, later: int = 1) -> DriftReport:
    return replace(REPORT, id=later + 3, stack=stack, first_seen=SEEN + timedelta(hours=later))


def test_confirmed_drift_opens_an_issue_with_all_that_people_need() -> None:
    (step,) = decided(REPORT)
    assert isinstance(step, OpenIssue)
    text = step.text
    assert (text.title, text.labels, text.assignees) == ("Drift in `app`", ("drift", "infra"), ("ana",))
    assert '| `tags.env` | `"prod"` | `"dev"` |' in text.body
    assert '`driftline drift ack dr-3 -m "..."`' in text.body
    assert "`driftline drift heal dr-3`" in text.body


THERE = (issue(REPORT),)


@pytest.mark.parametrize(
    ("report", "there", "expected"),
    [
        (REPORT, (), [OpenIssue]),
        (replace(REPORT, confirmed=False), (), []),
        (replace(REPORT, status=ReportStatus.RESOLVED), (), []),
        (KNOWN, (), []),
        (REPORT, THERE, []),
        (replace(REPORT, seen=9, last_seen=SEEN + timedelta(days=1)), THERE, []),
        (
            replace(REPORT, fingerprint="ee" * 32, findings=(replace(FINDING, address="aws_a.c"),)),
            THERE,
            [UpdateIssue],
        ),
        (KNOWN, THERE, [UpdateIssue]),
        (replace(REPORT, status=ReportStatus.RESOLVED), THERE, [CloseIssue]),
        (None, THERE, [CloseIssue]),
    ],
)
def test_the_state_of_a_report_decides(
    report: DriftReport | None,
    there: tuple[IssueAtForge, ...],
    expected: list[type],
) -> None:
    found = decided(*([report] if report else []), there=there)
    assert list(map(type, found)) == expected


def test_stacks_beyond_the_maximum_share_one_issue() -> None:
    found = decided(REPORT, other("b"), other("c", 2), other("d", 3))
    opened = [step.text for step in found if isinstance(step, OpenIssue)]
    assert [one.title for one in opened] == ["Drift in `app`", "Drift in `b`", "Drift in 2 more stacks"]
    assert "| `c` | 2026-11-21 03:02 UTC | `driftline drift show dr-5` |" in opened[-1].body


def test_the_owners_of_a_stack_are_assigned_where_codeowners_says_who() -> None:
    rules = DriftIssues(max_open=1, assignees="codeowners")
    found = decided(REPORT, other("b"), rules=rules)
    opened = [step.text.assignees for step in found if isinstance(step, OpenIssue)]
    assert opened == [("owner-of-app",), ()]


def test_issues_that_are_open_stay_when_an_older_drift_appears() -> None:
    there = (issue(other("b")), issue(other("c", 2), 51))
    found = decided(REPORT, other("b"), other("c", 2), there=there)
    assert [step.text.title for step in found if isinstance(step, OpenIssue)] == ["Drift in 1 more stack"]
    assert len(found) == 1


def test_issues_of_other_sources_and_of_people_are_left_alone() -> None:
    foreign = IssueAtForge(60, marker("drift", "infra2", "app"), "x", "y", "")
    request = IssueAtForge(61, marker("request", "infra"), "x", "y", "")
    assert decided(there=(foreign, request)) == []


def test_findings_beyond_the_limit_are_counted() -> None:
    many = replace(REPORT, findings=tuple(replace(FINDING, address=f"aws_a.b[{n}]") for n in range(900)))
    (step,) = steps("infra", [many], (), RULES, 10_000, lambda _: ())
    assert isinstance(step, OpenIssue)
    assert len(step.text.body.encode()) < 10_000
    assert "more: `driftline drift show dr-3`" in step.text.body


@given(texts, texts, texts, texts)
def test_nothing_from_the_cloud_becomes_markup(stack: str, address: str, value: str, reason: str) -> None:
    finding = Finding(
        address, Action.UPDATE, DriftClass.DRIFT, (AttributeChange(value, value, reason),), reason
    )
    report = replace(REPORT, stack=stack, findings=(finding,))
    by = Acknowledgement(value, reason, SEEN, SEEN)
    known = replace(report, status=ReportStatus.ACKNOWLEDGED, acknowledgement=by)
    (opened,) = decided(report)
    assert isinstance(opened, OpenIssue)
    there = IssueAtForge(5, opened.text.marker, "", "", "")
    for step in (opened, *decided(known, there=(there,))):
        assert isinstance(step, OpenIssue | UpdateIssue)
        found = rendered(step.text.body)
        assert (found.html, found.links, found.headings, found.special) == ((), (), 1, [])


@pytest.fixture
def kept(tmp_path: Path) -> Iterator[KeptWorld]:
    with at_forge(tmp_path, more="drift_issues: {}") as one:
        yield one


def test_drift_gets_an_issue_that_is_closed_with_it(kept: KeptWorld) -> None:
    kept.world.cloud.write_text("by hand\n")
    kept.world.run("drift", "check", "app", expect=2)
    kept.look()
    (opened,) = kept.fake.world.issues
    assert (opened.title, opened.is_open, opened.labels) == ("Drift in `app`", True, ["drift"])
    kept.world.cloud.write_text("hello\n")
    kept.world.run("drift", "check", "app")
    kept.look()
    assert [one.is_open for one in kept.fake.world.issues] == [False]
    assert kept.problems == []


def test_an_issue_is_assigned_to_the_owners_in_the_branch(tmp_path: Path) -> None:
    with at_forge(tmp_path, more="drift_issues: {assignees: codeowners}") as kept:
        kept.world.commit({".github/CODEOWNERS": "* @bo\n/app/ @ana @ghost @acme/ops\n"})
        kept.world.once()
        kept.world.cloud.write_text("by hand\n")
        kept.world.run("drift", "check", "app", expect=2)
        kept.look()
        assert [one.assignees for one in kept.fake.world.issues] == [["ana"]]
        assert kept.problems == []


class BrokenGit:
    def tree(self, *_: object) -> NoReturn:
        raise GitFailed(command="ls-tree", source="infra", problem="corrupt")


def test_an_issue_is_opened_where_git_fails_to_say_who_owns_it(tmp_path: Path) -> None:
    with at_forge(tmp_path, more="drift_issues: {assignees: codeowners}") as kept:
        kept.world.once()
        kept.world.cloud.write_text("by hand\n")
        kept.world.run("drift", "check", "app", expect=2)
        one = kept.kept()
        one.at = replace(one.at, git=cast(Git, BrokenGit()))
        one.look()
        assert [one.assignees for one in kept.fake.world.issues] == [[]]
        assert len(kept.problems) == 1
