"""Which listed objects a stack manages: neither reports what is managed, nor hides what is not."""

from datetime import UTC, datetime

import pytest

from runner.model.aws.place import Place
from runner.model.inventory.managed import Managed, ManagedObject
from runner.model.inventory.resource import GLOBAL, CloudResource

HERE = Place("111122223333", "eu-west-1")
ARN = "arn:aws:lambda:eu-west-1:111122223333:function:api"


def listed(
    kind: str = "aws_lambda_function", name: str = "api", arn: str = ARN, place: Place = HERE
) -> CloudResource:
    return CloudResource(place, kind, name, arn, name, datetime(2026, 1, 1, tzinfo=UTC))


def managed(kind: str = "aws_lambda_function", arn: str = ARN, *ids: str) -> Managed:
    return Managed.of([ManagedObject("app", f"{kind}.x", kind, arn, ids or ("api",))])


def test_an_object_is_recognised_by_its_arn() -> None:
    owner = managed().owner(listed(name="another"))
    assert owner is not None
    assert owner.stack == "app"


@pytest.mark.parametrize(
    "resource",
    [
        listed(arn=ARN.replace("eu-west-1", "us-east-1"), place=Place("111122223333", "us-east-1")),
        listed(arn=ARN.replace("1111", "4444"), place=Place("444422223333", "eu-west-1")),
        listed("aws_sqs_queue", arn=""),
    ],
    ids=["in another region", "in another account", "of another type"],
)
def test_an_object_of_the_same_name_is_another_one(resource: CloudResource) -> None:
    assert managed().owner(resource) is None


def test_an_object_without_an_arn_is_recognised_by_its_id() -> None:
    assert managed("aws_nat_gateway", "", "nat-1").owner(
        listed("aws_nat_gateway", "nat-1", "arn:aws:ec2:eu-west-1:111122223333:natgateway/nat-1")
    )


def test_an_arn_in_the_place_of_an_id_is_recognised() -> None:
    assert managed("aws_ecs_service", "", ARN).owner(listed("aws_ecs_service", "main/api"))


@pytest.mark.parametrize(
    ("in_state", "listed_as"),
    [
        ("aws_alb", "aws_lb"),
        ("aws_default_vpc", "aws_vpc"),
        ("aws_default_security_group", "aws_security_group"),
    ],
)
def test_a_type_that_stands_for_another_one_is_the_same_object(in_state: str, listed_as: str) -> None:
    assert managed(in_state, "", "id-1").owner(listed(listed_as, "id-1", ""))


@pytest.mark.parametrize("about", ["aws_cloudwatch_event_target", "aws_lambda_permission"])
def test_what_is_about_an_object_does_not_manage_it(about: str) -> None:
    assert managed(about).owner(listed()) is None


def test_a_route_table_that_was_replaced_as_the_main_one_belongs_to_its_vpc() -> None:
    table = listed("aws_route_table", "rtb-0123456789abcdef0", "")
    kept = managed("aws_main_route_table_association", "", "rtbassoc-0a", "rtb-0123456789abcdef0")
    assert kept.owner(table)


def test_a_type_that_no_row_lists_is_recognised_by_its_arn_alone() -> None:
    rule = "arn:aws:elasticloadbalancing:eu-west-1:111122223333:listener-rule/app/x/1"
    one = listed("elasticloadbalancing:listener-rule", "1", rule)
    assert managed("aws_lb_listener_rule", rule, "1").owner(one)


def test_an_id_that_no_two_objects_have_is_recognised_without_its_type() -> None:
    volume = listed("aws_ebs_volume", "vol-0123456789abcdef0", "")
    assert managed("aws_instance", "", "i-0a", "vol-0123456789abcdef0").owner(volume)


@pytest.mark.parametrize(("left", "right"), [(":*", ""), ("", ":*")])
def test_a_log_group_is_recognised_by_either_form_of_its_arn(left: str, right: str) -> None:
    arn = "arn:aws:logs:eu-west-1:111122223333:log-group:/app"
    assert managed("aws_cloudwatch_log_group", arn + left, "x").owner(
        listed("aws_cloudwatch_log_group", "/app", arn + right)
    )


def test_what_an_account_has_once_is_recognised_by_its_name_in_every_region() -> None:
    bucket = listed("aws_s3_bucket", "logs", "", Place("111122223333", GLOBAL))
    assert managed("aws_s3_bucket", "arn:aws:s3:::logs", "logs").owner(bucket)
