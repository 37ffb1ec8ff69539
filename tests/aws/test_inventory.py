"""Listing an account that is moto: what there is, in pages, whose it is, and what could not be listed."""

import json
from collections.abc import Iterator
from dataclasses import replace

import pytest
from aws_world import ACCOUNT, READ, REGION, Aws

from runner.aws.cloud import Cloud
from runner.aws.inventory import EVERYTHING, AwsInventory
from runner.aws.listers.table import LISTERS
from runner.aws.permissions import of_account
from runner.errors import AwsAccountUnknown, AwsThrottled, CredentialsFailed
from runner.model.aws.place import Place
from runner.model.aws.policy import policy_document
from runner.model.inventory.coverage import Gap
from runner.model.inventory.left_out import Reason, left_out
from runner.model.inventory.resource import GLOBAL, CloudResource

HERE, ONCE = Place(ACCOUNT, REGION), Place(ACCOUNT, GLOBAL)
LISTED = replace(READ, inventory=True)
# Few, since moto takes a second to begin each service.
ROWS = tuple(
    one
    for one in LISTERS
    if one.type.startswith(
        (
            "aws_vpc",
            "aws_subnet",
            "aws_security",
            "aws_network",
            "aws_route_t",
            "aws_sqs",
            "aws_sns_topic",
            "aws_iam",
            "aws_s3",
            "aws_kms",
            "aws_cloudwatch_log",
            "aws_dynamodb",
        )
    )
)


@pytest.fixture
def inventory(aws: Aws) -> Iterator[AwsInventory]:
    aws.role(policy_document(of_account(LISTED)))
    cloud = Cloud([LISTED])
    yield AwsInventory(cloud, ROWS)
    cloud.close()


def resources(inventory: AwsInventory, place: Place = HERE) -> dict[tuple[str, str], CloudResource]:
    listed = (one for one in inventory.resources(place) if isinstance(one, CloudResource))
    return {(one.type, one.name): one for one in listed}


def test_the_places_of_an_account_are_its_regions_and_what_it_has_once(inventory: AwsInventory) -> None:
    assert inventory.places() == (HERE, Place(ACCOUNT, "us-east-1"), ONCE)
    assert inventory.places(ACCOUNT, REGION) == (HERE,)
    assert AwsInventory(Cloud([READ])).places() == ()
    with pytest.raises(AwsAccountUnknown):
        inventory.places("999999999999")


def test_a_resource_has_what_terraform_imports_it_by_its_age_and_its_tags(
    aws: Aws, inventory: AwsInventory
) -> None:
    url = aws.inside("sqs").create_queue(QueueName="jobs")["QueueUrl"]
    vpc = aws.inside("ec2").create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    group = aws.inside("ec2").create_security_group(GroupName="web", Description="x", VpcId=vpc)["GroupId"]
    aws.inside("logs").create_log_group(logGroupName="/app")
    key = aws.inside("kms").create_key(Tags=[{"TagKey": "team", "TagValue": "data"}])["KeyMetadata"]
    found = resources(inventory)
    assert found["aws_sqs_queue", "jobs"].import_id == url
    assert found["aws_sqs_queue", "jobs"].arn == f"arn:aws:sqs:{REGION}:{ACCOUNT}:jobs"
    assert found["aws_security_group", "web"].import_id == group
    assert found["aws_cloudwatch_log_group", "/app"].created_at is not None
    assert found["aws_kms_key", key["KeyId"]].arn == key["Arn"]


def test_buckets_and_roles_are_listed_once_for_all_regions(aws: Aws, inventory: AwsInventory) -> None:
    aws.inside("s3").create_bucket(
        Bucket="acme-logs", CreateBucketConfiguration={"LocationConstraint": REGION}
    )
    found = resources(inventory, ONCE)
    assert found["aws_s3_bucket", "acme-logs"].arn == "arn:aws:s3:::acme-logs"
    assert found["aws_iam_role", "driftline-reads"].place.account == ACCOUNT
    assert ("aws_s3_bucket", "acme-logs") not in resources(inventory)


def test_a_list_of_many_pages_is_read_to_its_end(aws: Aws, inventory: AwsInventory) -> None:
    logs = aws.inside("logs")
    for number in range(120):
        logs.create_log_group(logGroupName=f"/app/{number}")
    assert sum(kind == "aws_cloudwatch_log_group" for kind, _ in resources(inventory)) == 120


def test_what_is_made_with_a_vpc_is_left_out(aws: Aws, inventory: AwsInventory) -> None:
    vpc = aws.inside("ec2").create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    found = resources(inventory)
    parts = [one for (kind, _), one in found.items() if kind in {"aws_network_acl", "aws_route_table"}]
    assert {one.owner for one in parts} == {Reason.VPC_DEFAULT}
    assert not found["aws_vpc", vpc].owner
    assert {one.owner for (kind, _), one in found.items() if kind == "aws_subnet"} == {Reason.VPC_DEFAULT}


def test_service_linked_roles_and_policies_of_aws_are_left_out(aws: Aws, inventory: AwsInventory) -> None:
    aws.inside("iam").create_service_linked_role(AWSServiceName="ecs.amazonaws.com")
    owners = {one.owner for (kind, _), one in resources(inventory, ONCE).items() if kind == "aws_iam_role"}
    assert Reason.SERVICE_LINKED in owners


def test_a_tag_that_only_the_tagging_api_tells_names_the_owner(aws: Aws, inventory: AwsInventory) -> None:
    tags = {"aws:cloudformation:stack-name": "web"}
    aws.inside("sqs").create_queue(QueueName="of-web", tags=tags)
    why = left_out(resources(inventory)["aws_sqs_queue", "of-web"], lambda _: False)
    assert why is not None
    assert (why.reason, why.of) == (Reason.CLOUDFORMATION, "web")


def test_a_missing_permission_is_a_gap_and_everything_else_is_listed(
    aws: Aws, inventory: AwsInventory
) -> None:
    aws.inside("sqs").create_queue(QueueName="jobs")
    aws.inside("sns").create_topic(Name="news")
    document = policy_document(of_account(LISTED))
    for statement in document["Statement"]:
        statement["Action"] = [one for one in statement["Action"] if one != "sqs:ListQueues"]
    list(inventory.resources(HERE))  # the role is assumed before anything is enforced
    aws.allow(document)
    with aws.enforcing():
        listed = list(inventory.resources(HERE))
    gaps = {one.action: one for one in listed if isinstance(one, Gap) and one.action}
    assert gaps["sqs:ListQueues"].what == "aws_sqs_queue"
    types = {one.type for one in listed if isinstance(one, CloudResource)}
    assert "aws_sns_topic" in types
    assert "aws_sqs_queue" not in types


class Throttling(Cloud):
    """Throttles after the first page."""

    def pages(
        self, place: Place, service: str, operation: str, **parameters: object
    ) -> Iterator[dict[str, object]]:
        if service != "dynamodb":
            yield from super().pages(place, service, operation, **parameters)
            return
        yield {"TableNames": ["first"]}
        raise AwsThrottled(action="dynamodb:ListTables", place=place)


@pytest.mark.usefixtures("inventory")
def test_a_list_that_is_cut_off_keeps_what_it_had_and_says_so() -> None:
    listed = list(AwsInventory(Throttling([LISTED]), ROWS).resources(HERE))
    assert [
        one.name for one in listed if isinstance(one, CloudResource) and one.type == "aws_dynamodb_table"
    ] == ["first"]
    (gap,) = (one for one in listed if isinstance(one, Gap) and "dynamodb" in one.what)
    assert "throttles" in gap.reason
    assert not gap.action


def test_every_permission_is_one_that_the_policy_grants() -> None:
    size = len(json.dumps(policy_document(of_account(LISTED)), separators=(",", ":")))
    assert size < 6144, "a managed policy must not be longer"


class Shut(Cloud):
    """Nobody gets in."""

    def pages(
        self, place: Place, service: str, operation: str, **parameters: object
    ) -> Iterator[dict[str, object]]:
        raise CredentialsFailed(role="driftline-reads", problem="AccessDenied")
        yield {}


def test_an_account_that_nobody_gets_into_is_one_gap() -> None:
    (gap,) = AwsInventory(Shut([LISTED])).resources(HERE)
    assert isinstance(gap, Gap)
    assert (gap.what, gap.action) == (EVERYTHING, "")


class Strange(Cloud):
    """Answers with something else than a list."""

    def pages(
        self, place: Place, service: str, operation: str, **parameters: object
    ) -> Iterator[dict[str, object]]:
        yield {"StreamNames": ["first"], "DBInstances": [{"Engine": 3}]}


def test_an_answer_of_an_unknown_form_is_a_gap_and_no_empty_list() -> None:
    rows = tuple(one for one in LISTERS if one.type in {"aws_rds_cluster_instance", "aws_kinesis_stream"})
    listed = list(AwsInventory(Strange([LISTED]), rows).resources(HERE))
    assert [one.name for one in listed if isinstance(one, CloudResource)] == ["first"]
    assert [one.what for one in listed if isinstance(one, Gap)] == ["aws_rds_cluster_instance"]


def test_apis_and_stacks_of_cloudformation_are_listed(aws: Aws) -> None:
    api = aws.inside("apigateway").create_rest_api(name="orders", tags={"team": "data"})["id"]
    other = aws.inside("apigatewayv2").create_api(Name="events", ProtocolType="HTTP")["ApiId"]
    template = json.dumps({"Resources": {"Jobs": {"Type": "AWS::SQS::Queue"}}})
    stack = aws.inside("cloudformation").create_stack(StackName="web", TemplateBody=template)["StackId"]
    aws.role(policy_document(of_account(LISTED)))
    rows = tuple(
        one
        for one in LISTERS
        if one.type.startswith(("aws_api_gateway", "aws_apigatewayv2", "aws_cloudformation"))
    )
    found = resources(AwsInventory(Cloud([LISTED]), rows))
    assert found["aws_api_gateway_rest_api", "orders"].import_id == api
    assert found["aws_api_gateway_rest_api", "orders"].created_at is not None
    assert found["aws_api_gateway_rest_api", "orders"].tags == {"team": "data"}
    assert found["aws_apigatewayv2_api", "events"].arn == f"arn:aws:apigateway:{REGION}::/apis/{other}"
    made = found["aws_cloudformation_stack", "web"]
    assert (made.arn, made.owner, made.of) == (stack, Reason.CLOUDFORMATION, "web")
