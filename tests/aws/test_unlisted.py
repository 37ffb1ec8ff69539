"""What no row lists: told by the Resource Groups Tagging API and by AWS Config, once, and only where it is."""

import json
from typing import Any

import pytest

from runner.aws.listers.lister import Around, resource_of
from runner.aws.listers.table import LISTERS
from runner.aws.listers.unlisted import LISTED, Unlisted, kind_of
from runner.model.aws.place import Place
from runner.model.inventory.resource import GLOBAL, Arn, CloudResource

HERE = Place("111122223333", "eu-west-1")
OWNED = [{"Key": "aws:cloudformation:stack-name", "Value": "web"}, {"Key": "team", "Value": "data"}]


def arn(service: str, resource: str, region: str = "eu-west-1") -> str:
    return f"arn:aws:{service}:{region}:111122223333:{resource}"


def tagged(unlisted: Unlisted, *arns: str, tags: Any = ()) -> list[CloudResource]:
    return list(
        unlisted.tagged(
            {"ResourceTagMappingList": [{"ResourceARN": one, "Tags": list(tags)} for one in arns]}
        )
    )


def configured(unlisted: Unlisted, **fields: Any) -> list[CloudResource]:
    return list(unlisted.configured({"Results": [json.dumps(fields)]}))


def test_a_kind_that_no_row_lists_is_told_by_its_arn() -> None:
    (one,) = tagged(Unlisted(HERE, {}), arn("glue", "job/nightly"))
    assert (one.type, one.name, one.import_id) == ("glue:job", "nightly", "")


@pytest.mark.parametrize(
    "listed",
    [
        arn("sqs", "jobs"),
        arn("rds", "db:main"),
        arn("apigateway", "/restapis/a/stages/b"),
        "arn:aws:s3:::logs",
    ],
)
def test_a_kind_that_a_row_lists_is_left_to_the_row(listed: str) -> None:
    assert tagged(Unlisted(HERE, {}), listed) == []


def test_what_is_elsewhere_is_not_here() -> None:
    assert tagged(Unlisted(HERE, {}), arn("glue", "job/x", "us-east-1"), "no arn") == []
    assert len(tagged(Unlisted(Place(HERE.account, GLOBAL), {}), arn("glue", "job/x", "us-east-1"))) == 1


def test_tags_that_name_an_owner_are_kept_for_what_the_rows_list() -> None:
    unlisted = Unlisted(HERE, {})
    tagged(unlisted, arn("logs", "log-group:/app"), tags=OWNED)
    group = CloudResource(HERE, "aws_cloudwatch_log_group", "/app", arn("logs", "log-group:/app:*"), "/app")
    assert unlisted.with_tags(group).tags == {"aws:cloudformation:stack-name": "web"}


def test_tags_of_buckets_are_kept_for_the_list_of_all_regions() -> None:
    buckets: dict[str, Any] = {}
    tagged(Unlisted(HERE, buckets), "arn:aws:s3:::logs", tags=OWNED)
    once = Unlisted(Place(HERE.account, GLOBAL), buckets)
    bucket = CloudResource(HERE, "aws_s3_bucket", "logs", "arn:aws:s3:::logs", "logs")
    assert "aws:cloudformation:stack-name" in once.with_tags(bucket).tags


def test_config_tells_an_age_and_nothing_twice() -> None:
    unlisted = Unlisted(HERE, {})
    job = arn("glue", "job/nightly")
    fields = {"arn": job, "resourceType": "AWS::Glue::Job", "resourceName": "nightly"}
    (one,) = configured(unlisted, **fields, resourceCreationTime="2026-03-01T00:00:00Z")
    assert one.created_at is not None
    assert tagged(unlisted, job) == []


@pytest.mark.parametrize("kind", ["AWS::Config::ResourceCompliance", "AWS::SSM::ManagedInstanceInventory"])
def test_what_config_records_of_nothing_that_anybody_made_is_left_out(kind: str) -> None:
    assert configured(Unlisted(HERE, {}), arn=arn("ssm", "managed-instance/x"), resourceType=kind) == []


def test_every_arn_that_a_row_makes_is_of_a_listed_kind() -> None:
    for one in LISTERS:
        if not one.arn.startswith("arn:"):
            continue
        item = "x" if "@" in one.name else {}
        made = resource_of(one, item, Around(HERE, parent="p")).arn
        read = Arn.read(made.replace("//", "/x/") + "x")
        assert read is not None
        assert kind_of(read) in LISTED, one.type
