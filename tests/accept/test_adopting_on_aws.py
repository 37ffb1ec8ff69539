"""The way from an account full of things that nobody manages to code, with the real AWS provider against moto."""

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from provider.mirror import install

sys.path += [str(Path(__file__).parents[1] / room) for room in ("cli", "probe")]

from cli_world import World
from moto_process import LOGIN, Moto, moto

from runner.aws.listers.table import listers

ADOPTED = (
    "aws_cloudwatch_log_group",
    "aws_iam_role",
    "aws_s3_bucket",
    "aws_sqs_queue",
    "aws_vpc",
    "aws_subnet",
)
REGION, OWN = "eu-west-1", "123456789012"
MAIN = """\
terraform {
  required_providers {
    aws = { source = "hashicorp/aws" }
  }
}
provider "aws" {
  s3_use_path_style = true
}
resource "aws_cloudwatch_log_group" "app" {
  name = "/app/managed"
}
"""
CONFIG = """\
aws: [{{account: "{account}", regions: [{region}], inventory: true}}]
engines:
  plugin_mirror: {mirror}
  env: [AWS_ENDPOINT_URL, AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY]
"""
TRUST = {
    "Version": "2012-10-17",
    "Statement": [
        {"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}
    ],
}


@pytest.fixture
def cloud(monkeypatch: pytest.MonkeyPatch) -> Iterator[Moto]:
    with moto() as served:
        for name, value in {**LOGIN, "AWS_ENDPOINT_URL": served.url}.items():
            monkeypatch.setenv(name, value)
        yield served


def by_hand(cloud: Moto) -> None:
    """One of each type that is adopted below, and something of another tool."""

    def client(service: str) -> Any:
        return cloud.client(service, REGION)

    client("logs").create_log_group(logGroupName="/app/by-hand")
    client("iam").create_role(RoleName="by-hand", AssumeRolePolicyDocument=json.dumps(TRUST))
    client("s3").create_bucket(
        Bucket="acme-by-hand", CreateBucketConfiguration={"LocationConstraint": REGION}
    )
    vpc = client("ec2").create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    client("ec2").create_subnet(VpcId=vpc, CidrBlock="10.0.1.0/24")
    client("dynamodb").create_table(
        TableName="by-hand",
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )
    client("ssm").put_parameter(Name="/app/by-hand", Value="v", Type="String")
    # moto's default of 1 MiB is more than version 5.100 of the provider lets anybody write.
    client("sqs").create_queue(QueueName="by-hand", Attributes={"MaximumMessageSize": "262144"})
    client("sqs").create_queue(QueueName="of-web", tags={"aws:cloudformation:stack-name": "web"})


def test_what_is_adopted_here_is_what_accounts_are_listed_for() -> None:
    assert set(ADOPTED) <= set(listers())


@pytest.mark.aws
@pytest.mark.long
@pytest.mark.thorough(
    of="tests/accept/test_adopting_resources.py::test_resources_are_imported_by_a_patch_that_a_plan_has_proved"
)
def test_what_nobody_manages_is_found_and_adopted(tmp_path: Path, cloud: Moto) -> None:
    mirror = install(tmp_path / "mirror", with_aws=True)
    world = World(tmp_path, more=CONFIG.format(account=OWN, region=REGION, mirror=mirror))
    stack = f"name: app\naws: {{region: {REGION}}}\n"
    world.commit({"app/stack.yaml": stack, "app/main.tf": MAIN})
    world.applied("app")
    by_hand(cloud)
    page = world.json("drift", "coverage", "--now", "--limit", "5000")  # moto has hundreds of images
    unmanaged = {one["type"]: one["arn"] for one in page["resources"]}
    assert page["managed"] == 1
    assert "/app/managed" not in {one["name"] for one in page["resources"]}
    assert "of-web" not in {one["name"] for one in page["resources"]}
    assert "cloudformation" in {one["reason"] for one in page["reasons"]}

    adopted = world.run("drift", "adopt", *(unmanaged[one] for one in ADOPTED), "--stack", "app")
    assert "is refused with this value" in adopted.stderr
    for kind in ADOPTED:
        assert f'+resource "{kind}"' in adopted.stdout

    secret = world.run("drift", "adopt", unmanaged["aws_ssm_parameter"], "--stack", "app", expect=3)
    assert "set it by hand" in secret.stderr
    assert "the change is discarded" in secret.stderr
