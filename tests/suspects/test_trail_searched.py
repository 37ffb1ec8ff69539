"""Where calls are looked up: files of the trail in S3 (moto), and the event history (recorded shapes)."""

import gzip
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from aws_world import ACCOUNT, READ, REGION, Aws
from botocore.stub import Stubber
from labelled_drifts import at, record

from runner.aws import trail as trail_room
from runner.aws.cloud import Cloud
from runner.aws.trail import CloudTrail
from runner.model.attribution.judge import Window
from runner.model.attribution.subject import Drifted, Subject
from runner.model.aws.place import Place

BUCKET = "acme-trails"
FILES = replace(READ, trail=f"s3://{BUCKET}")
HERE = Place(ACCOUNT, REGION)
WINDOW = Window(at("20:00:00"), at("22:05:00"))
ARN = f"arn:aws:rds:{REGION}:{ACCOUNT}:db:orders"
ORDERS = Subject(
    "aws_db_instance.orders",
    "aws_db_instance",
    gone=False,
    names=(("arn", ARN), ("identifier", "orders")),
    attributes=(Drifted("backup_retention_period"),),
    account=ACCOUNT,
    region=REGION,
)


def call(number: int = 0, name: str = "orders") -> dict[str, Any]:
    request = {"dBInstanceIdentifier": name, "backupRetentionPeriod": 1}
    return record(
        {"by": "ops-bot", "at": "21:58:00", "call": "rds ModifyDBInstance", "request": request}, number
    )


def key(delivered: str, region: str = REGION, day: str = "2026/11/30") -> str:
    name = f"{ACCOUNT}_CloudTrail_{region}_{delivered}Z_x.json.gz"
    return f"AWSLogs/{ACCOUNT}/CloudTrail/{region}/{day}/{name}"


@pytest.fixture
def bucket(aws: Aws, monkeypatch: pytest.MonkeyPatch) -> Any:
    s3 = aws.inside("s3")
    s3.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": REGION})
    return s3


def put(s3: Any, name: str, *records: Any, body: bytes | None = None) -> None:
    packed = gzip.compress(json.dumps({"Records": records}).encode()) if body is None else body
    s3.put_object(Bucket=BUCKET, Key=name, Body=packed)


def test_files_of_the_days_are_read_and_only_calls_about_the_drift_are_kept(bucket: Any) -> None:
    put(bucket, key("20261130T2203"), call(1), call(2, "others"), {"odd": True}, "odd")
    put(bucket, key("20261130T2210"), call(3))
    put(bucket, key("20261201T0010", day="2026/12/01"), call(4))  # delivered too late to be of that time
    put(bucket, key("20261130T1200"), call(5))  # before
    put(bucket, key("20261130T2203", region="us-east-1"), call(6))
    answer = CloudTrail(Cloud([FILES])).look([ORDERS], WINDOW)
    assert [one.id for one in answer.events] == ["event-1", "event-3"]
    assert (answer.searched, answer.problems) == ((f"files of the trail of {HERE}",), ())


def test_a_damaged_file_is_left_out_and_said(bucket: Any) -> None:
    put(bucket, key("20261130T2203"), body=b"not gzip")
    put(bucket, key("20261130T2204"), body=gzip.compress(b"not json"))
    put(bucket, key("20261130T2205"), body=gzip.compress(b"{}" * 10)[:-4])
    put(bucket, key("20261130T2206"), call(1))
    answer = CloudTrail(Cloud([FILES])).look([ORDERS], WINDOW)
    assert len(answer.events) == 1
    assert answer.problems == ("a file of the trail cannot be read, and was left out",)


def test_a_file_with_an_impossible_date_in_its_name_is_read(bucket: Any) -> None:
    put(bucket, key("99999999T9999"), call(1))
    answer = CloudTrail(Cloud([FILES])).look([ORDERS], WINDOW)
    assert [one.id for one in answer.events] == ["event-1"]


def test_a_file_that_unpacks_to_more_than_its_limit_is_left_out(
    bucket: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(trail_room, "LARGEST", 1000)
    put(bucket, key("20261130T2203"), body=gzip.compress(b" " * 100_000))
    answer = CloudTrail(Cloud([FILES])).look([ORDERS], WINDOW)
    assert answer.problems == ("a file of the trail cannot be read, and was left out",)


def test_more_files_than_are_read_at_once_are_said(bucket: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trail_room, "MOST_FILES", 1)
    put(bucket, key("20261130T2203"), call(1))
    put(bucket, key("20261130T2204"), call(2))
    answer = CloudTrail(Cloud([FILES])).look([ORDERS], WINDOW)
    assert len(answer.events) == 1
    assert "more files than are read at once" in answer.problems[0]


@contextmanager
def history(cloud: Cloud, *answers: tuple[str, str, list[dict[str, Any]]]) -> Iterator[None]:
    """What LookupEvents answers, in this order: which attribute, its value, the records."""
    with Stubber(cloud.client(HERE, "cloudtrail")) as stub:
        for attribute, value, records in answers:
            asked = {
                "LookupAttributes": [{"AttributeKey": attribute, "AttributeValue": value}],
                "StartTime": datetime(2026, 11, 30, 19, 59, 30, tzinfo=UTC),
                "EndTime": datetime(2026, 11, 30, 22, 5, 30, tzinfo=UTC),
            }
            events = [{"EventId": one["eventID"], "CloudTrailEvent": json.dumps(one)} for one in records]
            stub.add_response("lookup_events", {"Events": events}, asked)
        yield
        stub.assert_no_pending_responses()


def test_without_files_the_event_history_is_asked_by_the_names_of_the_resource() -> None:
    cloud = Cloud([READ])
    with history(cloud, ("ResourceName", "orders", [call(1), call(2, "others")]), ("ResourceName", ARN, [])):
        answer = CloudTrail(cloud).look([ORDERS], WINDOW)
    assert [one.id for one in answer.events] == ["event-1"]
    assert answer.searched == (f"event history of {HERE}",)


def test_where_no_name_is_recorded_the_calls_that_would_explain_it_are_looked_up() -> None:
    cloud = Cloud([READ])
    answers: tuple[tuple[str, str, list[dict[str, Any]]], ...] = (
        ("ResourceName", "orders", []),
        ("ResourceName", ARN, []),
        ("EventName", "ModifyDBInstance", [call(1, "others"), call(2)]),
    )
    with history(cloud, *answers):
        answer = CloudTrail(cloud).look([ORDERS], WINDOW)
    assert [one.id for one in answer.events] == ["event-2"]


def test_a_name_is_looked_up_once_for_several_resources() -> None:
    cloud, same = Cloud([READ]), replace(ORDERS, address="aws_db_instance.again")
    with history(cloud, ("ResourceName", "orders", [call(1)]), ("ResourceName", ARN, [])):
        CloudTrail(cloud).look([ORDERS, same], WINDOW)


def test_lookups_end_at_their_limit_and_that_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trail_room, "MOST_LOOKUPS", 1)
    cloud = Cloud([READ])
    with history(cloud, ("ResourceName", "orders", [])):
        answer = CloudTrail(cloud).look([ORDERS], WINDOW)
    assert answer.problems == (f"the event history of {HERE} was not searched for everything",)


def test_files_that_may_not_be_read_are_a_problem_and_the_event_history_is_asked_instead(aws: Aws) -> None:
    cloud = Cloud([FILES])  # no such bucket
    with history(cloud, ("ResourceName", "orders", [call(1)]), ("ResourceName", ARN, [])):
        answer = CloudTrail(cloud).look([ORDERS], WINDOW)
    assert len(answer.events) == 1
    assert "NoSuchBucket" in answer.problems[0]


def test_a_missing_permission_is_a_problem_and_no_error() -> None:
    cloud = Cloud([READ])
    with Stubber(cloud.client(HERE, "cloudtrail")) as stub:
        stub.add_client_error(
            "lookup_events", "AccessDeniedException", "not authorized to perform: cloudtrail:LookupEvents"
        )
        answer = CloudTrail(cloud).look([ORDERS], WINDOW)
    assert answer.events == ()
    assert "may not use cloudtrail:LookupEvents" in answer.problems[0]


@pytest.mark.parametrize(
    ("subject", "says"),
    [
        (replace(ORDERS, account="999988887777"), "999988887777 is not read in eu-west-1"),
        (replace(ORDERS, region="ap-south-1"), "is not read in ap-south-1"),
    ],
)
def test_a_place_that_is_not_configured_is_said_and_not_asked(subject: Subject, says: str) -> None:
    assert says in CloudTrail(Cloud([READ])).look([subject], WINDOW).problems[0]


def test_calls_of_global_services_are_looked_up_where_they_are_recorded() -> None:
    role = Subject("aws_iam_role.app", "aws_iam_role", gone=True, names=(("name", "app"),), account=ACCOUNT)
    cloud = Cloud([READ])
    with Stubber(cloud.client(Place(ACCOUNT, "us-east-1"), "cloudtrail")) as stub:
        for _ in ("the name", "DeleteRole"):
            stub.add_response("lookup_events", {"Events": []})
        answer = CloudTrail(cloud).look([role], WINDOW)
    assert answer.searched == (f"event history of account {ACCOUNT}, us-east-1",)
