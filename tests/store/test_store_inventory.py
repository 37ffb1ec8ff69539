"""What the states of stacks have, found again by every name of it."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from store_world import discovered, opened, run_in

from runner.model.inventory.managed import ManagedObject
from runner.model.inventory.state_object import KnownState, SeenObjects, StateObject
from runner.model.run.life import State
from runner.ports.records.store import Writer

QUEUE = StateObject(
    "aws_sqs_queue.jobs", "aws_sqs_queue", "arn:aws:sqs:eu-west-1:1:jobs", ("https://sqs/1/jobs", "jobs")
)
ROLE = StateObject('aws_iam_role.app["x"]', "aws_iam_role", "arn:aws:iam::1:role/app", ("app",))


@pytest.fixture
def writer(tmp_path: Path) -> Iterator[Writer]:
    with opened(tmp_path) as store, store.writing() as writer:
        writer.save_discovered(discovered())
        yield writer


def seen(*objects: StateObject, serial: int = 3) -> SeenObjects:
    return SeenObjects("line", serial, objects)


@pytest.mark.parametrize("name", ["arn:aws:sqs:eu-west-1:1:jobs", "https://sqs/1/jobs", "jobs"])
def test_an_object_is_found_by_its_arn_its_id_and_its_name(writer: Writer, name: str) -> None:
    writer.save_objects("prod/vpc", seen(QUEUE, ROLE))
    assert writer.objects_called([name, "another"]) == [
        ManagedObject("prod/vpc", QUEUE.address, QUEUE.type, QUEUE.arn, QUEUE.ids)
    ]


def test_what_a_newer_state_does_not_have_is_not_managed(writer: Writer) -> None:
    writer.save_objects("prod/vpc", seen(QUEUE, ROLE))
    writer.save_objects("prod/vpc", seen(ROLE, serial=4))
    assert [one.address for one in writer.managed_objects()] == [ROLE.address]
    assert writer.objects_called(["jobs"]) == []
    assert writer.known_state("prod/vpc") == KnownState("line", 4)


def test_a_renamed_stack_keeps_its_objects(writer: Writer) -> None:
    writer.save_objects("prod/vpc", seen(QUEUE))
    writer.save_discovered(discovered("prod/net"))
    writer.take_over("prod/vpc", "prod/net", by="ana")
    assert [one.stack for one in writer.objects_called(["jobs"])] == ["prod/net"]


def test_an_applied_stack_whose_state_was_never_read_is_named(writer: Writer) -> None:
    assert writer.unread_states() == []
    writer.mark_applied(run_in(writer, State.APPLIED))
    assert writer.unread_states() == ["prod/vpc"]
    writer.save_objects("prod/vpc", seen())
    assert writer.unread_states() == []
