"""GitLab obeys lines such as `/close`, also those that a hostile title or path brings into a comment."""

import re
from collections.abc import Iterator

import pytest
from fake_gitlab import FakeGitLab
from forge_opening import opened
from forge_server import served
from forge_world import HEAD

from runner.model.forge.marker import marker
from runner.model.forge.text import IssueText

MARK = marker("request")
HOSTILE = "text\n/close\n  /approve @ana\r\n/label ~x\na/b"


@pytest.fixture
def fake() -> Iterator[FakeGitLab]:
    one = FakeGitLab()
    with served(one):
        yield one


def obeyed(body: str) -> list[str]:
    return re.findall(r"(?m)^\s*/\w+", body)


def test_no_comment_and_no_issue_has_a_line_that_gitlab_obeys(fake: FakeGitLab) -> None:
    forge = opened(fake)
    for body in ("first", HOSTILE):
        forge.save_comment(1, MARK, body)
        forge.save_commit_comment(HEAD, MARK, body)
    number = forge.open_issue(IssueText(MARK, "Drift", HOSTILE, ("drift",)))
    forge.update_issue(number, IssueText(MARK, "Drift", f"more\n{HOSTILE}", ("drift",)))
    forge.close_issue(number, HOSTILE)
    bodies = [one.body for found in fake.world.writings.values() for one in found]
    assert [obeyed(body) for body in (*bodies, fake.world.issue(number).body)] == [[]] * 4


def test_a_disarmed_comment_is_written_once(fake: FakeGitLab) -> None:
    for _ in range(2):
        opened(fake).save_comment(1, MARK, HOSTILE)
    assert len(fake.writes) == 1
