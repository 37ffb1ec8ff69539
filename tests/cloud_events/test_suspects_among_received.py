"""Who caused a drift is looked for among the changes that AWS has reported, before anybody is asked."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path

import pytest
from event_world import ACCOUNT, JOBS, REGION, Installed, installed, record
from store_world import NOON

from runner.model.attribution.judge import Window
from runner.model.attribution.subject import Drifted, Subject
from runner.model.suspects.parameters import mark_of
from runner.ports.trail import TrailAnswer
from runner.service.drift.received import SEARCHED, ReceivedFirst

WINDOW = Window(NOON - timedelta(hours=1), NOON + timedelta(minutes=5))
DELAY = Drifted("delay_seconds", mark_of(9))  # which the call set
QUEUE = Subject(
    "aws_sqs_queue.jobs", "aws_sqs_queue", False, (("arn", JOBS), ("name", "jobs")), (DELAY,), ACCOUNT, REGION
)
OTHER = Subject("aws_sqs_queue.x", "aws_sqs_queue", False, (("name", "x"),), (), ACCOUNT, REGION)


@dataclass
class Behind:
    asked: list[str] = field(default_factory=list)

    def look(self, subjects: Sequence[Subject], window: Window) -> TrailAnswer:
        self.asked += [one.address for one in subjects]
        return TrailAnswer((), ("the event history",))


@pytest.fixture
def here(tmp_path: Path) -> Iterator[Installed]:
    with installed(tmp_path) as found:
        yield found


def test_what_was_reported_needs_no_call(here: Installed) -> None:
    here.hears(record())
    behind = Behind()
    answer = ReceivedFirst(here.store, behind).look([QUEUE], WINDOW)
    assert [one.id for one in answer.events] == ["e-1"]
    assert answer.searched == (SEARCHED,)
    assert behind.asked == []


def test_only_what_was_not_reported_is_looked_up(here: Installed) -> None:
    here.hears(record())
    behind = Behind()
    answer = ReceivedFirst(here.store, behind).look([QUEUE, OTHER], WINDOW)
    assert behind.asked == [OTHER.address]
    assert answer.searched == (SEARCHED, "the event history")


def test_a_reported_call_that_explains_little_does_not_hide_who_did_it(here: Installed) -> None:
    here.hears(record())
    behind = Behind()
    other = replace(QUEUE, attributes=(Drifted("visibility_timeout_seconds", mark_of(5)),))
    answer = ReceivedFirst(here.store, behind).look([other], WINDOW)
    assert behind.asked == [QUEUE.address]
    assert answer.searched == (SEARCHED, "the event history")


def test_a_change_of_another_time_explains_nothing(here: Installed) -> None:
    here.hears(record(NOON - timedelta(hours=9)))
    behind = Behind()
    ReceivedFirst(here.store, behind).look([QUEUE], WINDOW)
    assert behind.asked == [QUEUE.address]
