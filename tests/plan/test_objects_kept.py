"""The worker's side of the index of what stacks manage: read only when it may have changed, and without secrets."""

from dataclasses import replace
from types import SimpleNamespace
from typing import Any, cast

import pytest
from test_outputs_kept import JOB

from runner.errors import EngineFailed
from runner.model.execution.job import Job
from runner.model.inventory.state_object import KnownState, SeenObjects, StateObject
from runner.ports.engine import Execution
from runner.ports.worker import WorkerPorts
from runner.service.execution import objects
from runner.service.execution.known_secrets import Known
from runner.service.execution.objects import keep_objects

QUEUE = StateObject(
    "aws_sqs_queue.jobs", "aws_sqs_queue", "arn:aws:sqs:r:1:jobs", ("https://sqs/jobs", "jobs")
)
SEEN = SeenObjects("l", 4, (QUEUE,))
ASKED = replace(JOB, known_state=KnownState("l", 3))


@pytest.fixture(autouse=True)
def secrets(monkeypatch: pytest.MonkeyPatch) -> set[str]:
    """Those that earlier plans of the stack have marked."""
    found: set[str] = set()
    monkeypatch.setattr(objects, "known", lambda _job, _ports: Known(frozenset(found), frozenset()))
    return found


def keep(job: Job, serial: int | None = 4, answer: Any = SEEN) -> SeenObjects | None:
    def read(_: Execution) -> Any:
        if isinstance(answer, Exception):
            raise answer
        return answer

    ports = cast("WorkerPorts", SimpleNamespace(engine=SimpleNamespace(objects=read)))
    return keep_objects(job, ports, cast("Execution", SimpleNamespace()), "l", serial)


def test_a_state_that_was_written_since_is_read() -> None:
    assert keep(ASKED) == SEEN


def test_the_state_after_an_apply_is_read() -> None:
    assert keep(ASKED, serial=None) == SEEN


def test_a_state_that_is_on_record_is_not_read_again() -> None:
    assert keep(ASKED, serial=3) is None


def test_without_an_account_in_the_configuration_no_state_is_read() -> None:
    assert keep(JOB) is None


@pytest.mark.parametrize("answer", [None, EngineFailed("no"), OSError()])
def test_a_state_that_cannot_be_read_leaves_the_record_as_it_is(answer: Any) -> None:
    assert keep(ASKED, answer=answer) is None


def test_a_known_secret_does_not_become_a_record(secrets: set[str]) -> None:
    secrets.update({"jobs", QUEUE.arn})
    kept = keep(ASKED)
    assert kept is not None
    assert kept.objects == (replace(QUEUE, arn="", ids=("https://sqs/jobs",)),)
