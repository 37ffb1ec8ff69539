"""Which pull requests are examined again."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from runner.model.preview.heads import PullHead
from runner.model.preview.outlook import outlook
from runner.model.preview.pull_request import Hold, PullRequest, PullState

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
HEAD = PullHead(3, "refs/pull/3/head", "a" * 40, own=True)
SEEN = PullRequest(
    "infra", 3, HEAD.ref, HEAD.revision, True, PullState.OPEN, NOON, NOON, base="b" * 40, judged_with="digest"
)


def examined(known: PullRequest, *, minutes: float = 1, base: str = SEEN.base) -> bool:
    now = NOON + timedelta(minutes=minutes)
    found = outlook(
        "infra", [HEAD], [known], base=base, judged_with="digest", forks="never", most=20, now=now
    )
    return bool(found.examined)


def test_one_that_is_as_it_was_is_not_examined() -> None:
    assert not examined(SEEN, minutes=1000)
    assert examined(SEEN, base="c" * 40)


@pytest.mark.parametrize(
    ("failures", "minutes", "again"),
    [(1, 0.9, False), (1, 1, True), (2, 1.9, False), (2, 2, True), (9, 9.9, False), (9, 10, True)],
)
def test_one_that_failed_is_tried_again_soon_and_then_less_and_less(
    failures: int,
    minutes: float,
    again: bool,  # noqa: FBT001
) -> None:
    failed = replace(SEEN, hold=Hold.FAILED, reason="too large", failures=failures)
    assert examined(failed, minutes=minutes) is again


def test_one_that_failed_is_tried_again_at_once_on_another_base() -> None:
    assert examined(replace(SEEN, hold=Hold.FAILED), base="c" * 40)
