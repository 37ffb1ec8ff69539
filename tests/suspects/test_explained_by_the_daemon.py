"""From a report to its suspects, through the daemon's own parts and a trail in S3 (moto)."""

import gzip
import json
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from aws_world import ACCOUNT, READ, REGION, Aws
from click.testing import CliRunner
from labelled_drifts import record
from records_world import Records

from runner.cli.main import main
from runner.daemon.suspects import explain_once, suspects_look
from runner.model.changes.changes import Action, AttributeChange
from runner.model.drift.report import DriftClass, Finding

BUCKET = "acme-trails"
DRIFT = Finding(
    "aws_sqs_queue.jobs",
    Action.UPDATE,
    DriftClass.DRIFT,
    (AttributeChange("visibility_timeout_seconds", 5, 30),),
    type="aws_sqs_queue",
    names=(
        ("arn", f"arn:aws:sqs:{REGION}:{ACCOUNT}:jobs"),
        ("url", f"https://sqs.{REGION}.amazonaws.com/{ACCOUNT}/jobs"),
    ),
)


@pytest.fixture
def records(tmp_path: Path) -> Records:
    world = Records(tmp_path)
    with world.control.store.writing() as writer:
        writer.open_report("prod/rds", "a" * 40, "f" * 64, (DRIFT,), confirmed=True)
    config = tmp_path / "driftline.yaml"
    account = {
        "account": ACCOUNT,
        "regions": [REGION],
        "read_role": READ.read_role,
        "trail": f"s3://{BUCKET}",
    }
    config.write_text(f"{config.read_text()}aws: {json.dumps([account])}\n")
    world.restart()
    return world


def trail(aws: Aws, records: Records) -> None:
    at = records.clock.at - timedelta(minutes=9)
    request = {"queueUrl": DRIFT.names[1][1], "attributes": {"VisibilityTimeout": "5"}}
    call: dict[str, Any] = record(
        {"by": "ana", "at": "00:00:00", "call": "sqs SetQueueAttributes", "request": request}
    )
    body = gzip.compress(json.dumps({"Records": [call | {"eventTime": f"{at:%Y-%m-%dT%H:%M:%SZ}"}]}).encode())
    s3 = aws.inside("s3")
    s3.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": REGION})
    name = f"{ACCOUNT}_CloudTrail_{REGION}_{at:%Y%m%dT%H%M}Z_x.json.gz"
    s3.put_object(Bucket=BUCKET, Key=f"AWSLogs/{ACCOUNT}/CloudTrail/{REGION}/{at:%Y/%m/%d}/{name}", Body=body)


def test_a_pass_of_the_daemon_finds_who_did_it_and_the_command_shows_it(aws: Aws, records: Records) -> None:
    trail(aws, records)
    problems: list[str] = []
    explain_once(records.app.parts, problems.append)
    assert problems == []
    config = str(records.root / "driftline.yaml")
    shown = CliRunner().invoke(main, ["-c", config, "drift", "show", "dr-1"])
    assert shown.exit_code == 0, shown.output
    assert "visibility_timeout_seconds 30 -> 5 by ana via console" in " ".join(shown.stdout.split())
    answered = CliRunner().invoke(main, ["-c", config, "drift", "show", "dr-1", "-o", "json"])
    (suspect,) = json.loads(answered.stdout)["cause"]["suspects"]
    assert (suspect["name"], suspect["confidence"], suspect["event"]) == ("ana", 93, "SetQueueAttributes")


def test_without_an_account_nothing_is_looked_up(records: Records) -> None:
    assert suspects_look(records.app.parts).keys() == {"suspects"}
    assert suspects_look(replace(records.app.parts, trail=None)) == {}
