"""What a queue hands out: a record of CloudTrail in an envelope, or poison with a reason."""

import json
from typing import Any

import pytest
from event_world import JOBS, envelope, record

from runner.model.cloud_events.message import LARGEST, Poison, read_message
from runner.model.cloud_events.queue import QueueAddress
from runner.model.suspects.event import TrailEvent


def test_a_change_is_read_with_everything_that_names_something() -> None:
    event = read_message(envelope(record()))
    assert isinstance(event, TrailEvent)
    assert (event.name, event.arns, event.actor.name) == ("SetQueueAttributes", (JOBS,), "ana")


@pytest.mark.parametrize("more", [{"readOnly": True}, {"errorCode": "AccessDenied"}])
def test_what_changed_nothing_is_left_out(more: dict[str, Any]) -> None:
    assert read_message(envelope(record(**more))) is None


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ("<xml/>", "it is not JSON"),
        ("[" * 100_000, "it is not JSON"),
        ("[]", "it is not an event of EventBridge"),
        (
            json.dumps({"detail-type": "EC2 Instance State-change Notification"}),
            "the rule has another pattern",
        ),
        (
            json.dumps({"detail-type": "AWS API Call via CloudTrail", "detail": []}),
            "its detail has no eventID",
        ),
        (envelope({**record(), "eventName": 7}), "its detail has no eventName"),
        (envelope({**record(), "eventTime": "yesterday"}), "its eventTime is not a time"),
        ("x" * (LARGEST + 1), "it has more than 256 KiB"),
    ],
)
def test_what_is_no_change_is_poison(body: str, reason: str) -> None:
    found = read_message(body)
    assert isinstance(found, Poison)
    assert reason in found.reason


@pytest.mark.parametrize(
    "url",
    [
        "http://sqs.eu-west-1.amazonaws.com/111122223333/q",
        "https://sqs.eu-west-1.amazonaws.com/111122223333/q.fifo",
        "https://sqs.eu-west-1.amazonaws.com.evil.example/111122223333/q",
        "https://sqs.eu-west-1.amazonaws.com/1111/q",
        "arn:aws:sqs:eu-west-1:111122223333:q",
        "",
    ],
)
def test_what_is_no_standard_queue_is_refused(url: str) -> None:
    with pytest.raises(ValueError, match="expected the URL of a standard queue"):
        QueueAddress.parse(url)


@pytest.mark.parametrize("ending", ["", ".cn"])
def test_the_url_of_a_queue_says_where_it_is(ending: str) -> None:
    region = "cn-north-1" if ending else "us-gov-west-1"
    found = QueueAddress.parse(f"https://sqs.{region}.amazonaws.com{ending}/111122223333/driftline")
    assert (found.account, found.region, found.name) == ("111122223333", region, "driftline")
