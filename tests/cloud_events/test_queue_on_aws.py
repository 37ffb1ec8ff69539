"""The queue on a real interface (moto): made by our own template, filled by EventBridge, read under the printed policy."""

import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from threading import Event
from typing import Any

import pytest
from aws_world import ACCOUNT, READ, REGION, Aws
from click.testing import CliRunner
from created import create
from event_world import URL, Installed, envelope, installed, record

from runner.aws.change_queue import REASON, SqsQueue
from runner.aws.cloud import Cloud
from runner.aws.events_setup import PATTERN, cloudformation, terraform
from runner.aws.permissions import of_account
from runner.cli.main import main
from runner.daemon.cloud_events import CloudEvents, extending
from runner.errors import AwsDenied, AwsGone
from runner.model.aws.policy import policy_document
from runner.model.cloud_events.queue import Message, QueueAddress
from runner.model.settings.server import Settings
from runner.service.cycle.cloud_events import Listener

WITH_QUEUE = replace(READ, events=(URL,))
DEAD = f"{URL}-dead-letters"


@dataclass(frozen=True)
class Made:
    """What `aws events setup --print` prints, created. A client takes as long to make as ten calls."""

    aws: Aws
    inside: Callable[[str], Any]


@pytest.fixture
def made(aws: Aws) -> Made:
    inside = cache(aws.inside)
    create(inside, cloudformation())
    return Made(aws, inside)


@pytest.fixture
def queue(made: Made) -> Iterator[SqsQueue]:
    with closing(Cloud([WITH_QUEUE])) as cloud:
        yield SqsQueue(cloud, QueueAddress.parse(URL))


@pytest.fixture
def here(tmp_path: Path) -> Iterator[Installed]:
    with installed(tmp_path) as found:
        yield found


def listener(here: Installed, queue: SqsQueue) -> Listener:
    return Listener(
        here.store, here.clock, Settings(Path("data")), queue, lambda messages: extending(queue, messages)
    )


def happens(made: Made, detail: dict[str, Any]) -> None:
    """CloudTrail tells EventBridge."""
    entry = {
        "Source": "aws.sqs",
        "DetailType": "AWS API Call via CloudTrail",
        "Detail": json.dumps(detail),
    }
    made.inside("events").put_events(Entries=[entry])


def left(made: Made, url: str) -> list[dict[str, Any]]:
    found = made.inside("sqs").receive_message(
        QueueUrl=url, MaxNumberOfMessages=10, MessageAttributeNames=["All"], VisibilityTimeout=0
    )
    return list(found.get("Messages", ()))


def test_a_change_comes_from_eventbridge_to_the_check_of_its_stack(
    made: Made, queue: SqsQueue, here: Installed
) -> None:
    happens(made, record())
    assert listener(here, queue).take_some() == 1
    assert left(made, URL) == []
    assert here.turn() == ["app"]


def test_the_rule_leaves_failed_calls_out(made: Made) -> None:
    happens(made, record(errorCode="AccessDenied"))
    assert left(made, URL) == []


def test_the_printed_template_has_a_rule_a_queue_and_a_policy_for_eventbridge_alone(made: Made) -> None:
    rule = made.inside("events").describe_rule(Name="driftline-events")
    assert json.loads(rule["EventPattern"]) == PATTERN
    attributes = made.inside("sqs").get_queue_attributes(QueueUrl=URL, AttributeNames=["All"])["Attributes"]
    (statement,) = json.loads(attributes["Policy"])["Statement"]
    assert statement["Principal"] == {"Service": "events.amazonaws.com"}
    assert statement["Condition"] == {"ArnEquals": {"aws:SourceArn": rule["Arn"]}}
    assert json.loads(attributes["RedrivePolicy"])["deadLetterTargetArn"].endswith("-dead-letters")


def test_poison_is_found_in_the_dead_letter_queue_with_its_reason(
    made: Made, queue: SqsQueue, here: Installed
) -> None:
    made.inside("sqs").send_message(QueueUrl=URL, MessageBody="<xml/>")
    listener(here, queue).take_some()
    assert left(made, URL) == []
    (dead,) = left(made, DEAD)
    assert dead["Body"] == "<xml/>"
    assert dead["MessageAttributes"][REASON]["StringValue"] == "it is not JSON"


def test_a_message_is_kept_out_of_sight_for_as_long_as_it_is_worked_on(made: Made, queue: SqsQueue) -> None:
    made.inside("sqs").send_message(QueueUrl=URL, MessageBody=envelope(record()))
    messages = queue.receive()
    kept = Event()
    keep = queue.keep
    queue.keep = lambda of: (keep(of), kept.set())  # type: ignore[method-assign, func-returns-value, assignment]
    with extending(queue, messages, every=0.01):
        assert kept.wait(10)
    queue.delete(messages)
    assert left(made, URL) == []


Work = Callable[[SqsQueue, Sequence[Message]], object]
# What each action is for. The policy of a role counts for calls; the messages were received before.
ACTIONS: dict[str, Work] = {
    "sqs:ReceiveMessage": lambda queue, _: queue.receive(),
    "sqs:ChangeMessageVisibility": lambda queue, messages: queue.keep(messages),
    "sqs:GetQueueAttributes": lambda queue, messages: queue.bury(messages[0], "poison"),
    "sqs:SendMessage": lambda queue, messages: queue.bury(messages[0], "poison"),
    "sqs:DeleteMessage": lambda queue, messages: queue.delete(messages),
}


def test_the_printed_policy_is_enough_and_one_action_less_is_not(made: Made, queue: SqsQueue) -> None:
    for _ in range(2):
        made.inside("sqs").send_message(QueueUrl=URL, MessageBody="x")
    messages = queue.receive()
    made.inside("sqs").send_message(QueueUrl=URL, MessageBody="x")  # so that no call waits for one
    document = policy_document(of_account(WITH_QUEUE))
    made.aws.role(without(document, ""))
    for action, work in ACTIONS.items():
        made.aws.allow(without(document, action))
        with made.aws.enforcing(), pytest.raises(AwsDenied, match=action):
            work(queue, messages)
    made.aws.allow(without(document, ""))
    with made.aws.enforcing():
        for work in ACTIONS.values():
            work(queue, messages)


# AWS checks these for batches too, moto asks for a name that IAM does not have:
# https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-api-permissions-reference.html
BATCHES = {one: f"{one}Batch" for one in ("sqs:DeleteMessage", "sqs:ChangeMessageVisibility")}


def without(document: dict[str, Any], action: str) -> dict[str, Any]:
    """The policy as moto asks for it, without this action."""
    kept = [
        {**one, "Action": [form for other in one["Action"] if other != action for form in _forms(other)]}
        for one in document["Statement"]
    ]
    return {**document, "Statement": [one for one in kept if one["Action"]]}


def _forms(action: str) -> set[str]:
    return {action, BATCHES.get(action, action)}


def test_a_queue_that_is_gone_is_told_and_read_again_once_it_is_back(
    made: Made, queue: SqsQueue, here: Installed
) -> None:
    made.inside("sqs").delete_queue(QueueUrl=URL)
    with pytest.raises(AwsGone) as gone:
        listener(here, queue).take_some()
    listener(here, queue).note_failure(gone.value)
    with here.store.reading() as reader:
        assert "ReceiveMessage" in reader.queue_states()[0].problem
    made.inside("sqs").create_queue(QueueName="driftline-events")
    happens(made, record())
    made.inside("sqs").send_message(QueueUrl=URL, MessageBody=envelope(record()))
    listener(here, queue).take_some()
    with here.store.reading() as reader:
        assert reader.queue_states()[0].problem == ""


def test_the_thread_of_the_daemon_reads_and_wakes_it(made: Made, queue: SqsQueue, here: Installed) -> None:
    woken = Event()
    events = CloudEvents(here.store, here.clock, lambda _what, work: work(), woken.set)
    events.turn_to([queue], Settings(Path("data")))
    happens(made, record())
    assert woken.wait(30)
    events.close()
    assert here.turn() == ["app"]


def test_the_commands_print_what_was_created_here() -> None:
    run = CliRunner().invoke
    assert run(main, ["aws", "events", "setup", "--print"]).stdout == cloudformation()
    assert run(main, ["aws", "events", "setup", "--print", "--as", "terraform"]).stdout == terraform()
    refused = run(main, ["aws", "events", "setup"])
    assert refused.exit_code == 64
    assert "creates nothing" in refused.stderr


def test_queues_of_the_account_are_in_its_policy_and_no_other_resource() -> None:
    granted = {one.action: one.resources for one in of_account(WITH_QUEUE) if one.action.startswith("sqs:")}
    own = f"arn:aws:sqs:{REGION}:{ACCOUNT}:driftline-events"
    assert granted["sqs:DeleteMessage"] == (own,)
    assert granted["sqs:SendMessage"] == (f"{own}-dead-letters",)
    assert not [one for one in of_account(READ) if one.action.startswith("sqs:")]
