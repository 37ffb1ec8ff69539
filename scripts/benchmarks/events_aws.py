"""From a change that AWS reports to the check of its stack, by a running daemon, with moto's SQS and EventBridge."""

import json
import os
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from unittest import mock

from created import create
from moto_process import moto

from benchmarks.daemon import running
from benchmarks.figure import Figure, Sample, at_most, exactly
from benchmarks.installation import Installation
from benchmarks.size import Size
from runner.aws.events_setup import NAME, cloudformation
from runner.model.drift.report import ReportStatus
from runner.model.inventory.state_object import SeenObjects, StateObject
from runner.model.run.life import Kind, Run
from runner.ports.records.runs import RunFilter

ACCOUNT, REGION = "123456789012", "eu-west-1"  # moto's account
JOBS = f"arn:aws:sqs:{REGION}:{ACCOUNT}:jobs"
BURST = 500
PATIENCE = 60.0
DEBOUNCED = 31.0  # the time between checks for this reason


def measure(size: Size, folder: Path) -> Iterator[Figure]:
    with moto() as aws, mock.patch.dict(os.environ, {**aws.environment, "AWS_DEFAULT_REGION": REGION}):
        yield from _measured(size, folder)


def _measured(size: Size, folder: Path) -> Iterator[Figure]:
    begun, filed, checks = list[float](), list[float](), list[int]()
    burst = BURST if size.warms_up else 20
    for turn in range(size.part(12)):
        start, report = _change_by_hand(_applied(folder / str(turn)), f"by hand {turn}")
        begun.append(start)
        filed.append(report)
    installation = _applied(folder / "burst")
    _happens([_record(f"burst-{number}") for number in range(burst)])
    with running(installation.root):
        _until(lambda: _begun(installation), "no check began")
        _until(lambda: _received(installation, burst), "not every event was received")
        time.sleep(DEBOUNCED if size.warms_up else 1)
        checks.append(len(_checks(installation)))
    installation.app.store.close()
    yield at_most(
        2, "events-aws: from an event in EventBridge to the start of its check", "s", Sample(tuple(begun))
    )
    yield at_most(
        5, "events-aws: from a change to its filed report, one probe included", "s", Sample(tuple(filed))
    )
    yield exactly(
        1, f"events-aws: checks after a burst of {burst} events of one stack", Sample(tuple(checks))
    )


def _change_by_hand(installation: Installation, value: str) -> tuple[float, float]:
    """Seconds until its check has begun, and until its report is filed."""
    with running(installation.root):
        _until(lambda: _reads(installation), "the daemon reads no queue")
        started = time.perf_counter()
        _change(installation, value)
        _happens([_record(value)])
        _until(lambda: _begun(installation), "no check began")
        begun = time.perf_counter() - started
        _until(lambda: _filed(installation), "no report was filed")
        filed = time.perf_counter() - started
    installation.app.store.close()
    return begun, filed


def _applied(root: Path) -> Installation:
    """One stack, applied, that manages the queue `jobs`; its cloud is a file that its code reads."""
    import boto3

    # A queue of its own: moto answers the last request of a daemon that has ended, and hides what it has answered.
    queue = f"{NAME}-{root.name}"
    create(boto3.client, cloudformation().replace(NAME, queue))
    url = f"https://sqs.{REGION}.amazonaws.com/{ACCOUNT}/{queue}"
    aws = [{"account": ACCOUNT, "regions": [REGION], "events": [url]}]
    more = f"aws: {json.dumps(aws)}\nexecutor: {{visible: [{root}/cloud]}}\n"
    installation = Installation(root, more=more)
    (root / "cloud").mkdir()
    _change(installation, "as applied")
    code = f'resource "terraform_data" "it" {{\n  input = file("{root}/cloud/value")\n}}\n'
    installation.repository.commit({"web/main.tf": code, "web/stack.yaml": "name: web\n"})
    installation.apply()
    with installation.app.store.writing() as writer:
        known = writer.known_state("web")
        jobs = StateObject("aws_sqs_queue.jobs", "aws_sqs_queue", JOBS, ("jobs",))
        writer.save_objects("web", SeenObjects(known.lineage, known.serial or 0, (jobs,)))
        writer.schedule_check("web", datetime(2040, 1, 1, tzinfo=UTC))
    return installation


def _change(installation: Installation, value: str) -> None:
    (installation.root / "cloud" / "value").write_text(value)


def _record(ident: str) -> dict[str, Any]:
    return {
        "eventID": ident,
        "eventTime": f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}",
        "eventSource": "sqs.amazonaws.com",
        "eventName": "SetQueueAttributes",
        "awsRegion": REGION,
        "recipientAccountId": ACCOUNT,
        "userIdentity": {"type": "IAMUser", "userName": "ana", "accountId": ACCOUNT},
        "requestParameters": {"queueName": "jobs"},
        "resources": [{"ARN": JOBS}],
    }


def _happens(records: list[dict[str, Any]]) -> None:
    import boto3

    events = boto3.client("events")
    for start in range(0, len(records), 10):
        entries = [
            {"Source": "aws.sqs", "DetailType": "AWS API Call via CloudTrail", "Detail": json.dumps(one)}
            for one in records[start : start + 10]
        ]
        events.put_events(Entries=entries)


def _until(found: Callable[[], Any], why: str) -> Any:
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        if answer := found():
            return answer
        time.sleep(0.02)
    raise RuntimeError(f"{why} within {PATIENCE:g} s")


def _reads(installation: Installation) -> bool:
    with installation.app.store.reading() as reader:
        return any(not one.problem for one in reader.queue_states())


def _checks(installation: Installation) -> list[Run]:
    with installation.app.store.reading() as reader:
        return reader.runs(RunFilter(stack="web", kind=Kind.DRIFT))


def _begun(installation: Installation) -> bool:
    return any(run.state.value != "queued" for run in _checks(installation))


def _filed(installation: Installation) -> bool:
    with installation.app.store.reading() as reader:
        return any(one.status is ReportStatus.OPEN for one in reader.reports())


def _received(installation: Installation, count: int) -> bool:
    with installation.app.store.reading() as reader:
        found = reader.cloud_events(
            [JOBS], datetime(2000, 1, 1, tzinfo=UTC), datetime(2040, 1, 1, tzinfo=UTC)
        )
    return len(found) >= count
