"""Each action that listing needs, on moto: the policy is enough, and without one action its types are said to be missing."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from aws_world import ACCOUNT, READ, Aws
from moto.iam.access_control import IAMRequestBase
from test_aws_policy import without

from runner.aws.cloud import Cloud
from runner.aws.inventory import AwsInventory
from runner.aws.listers.lister import Lister
from runner.aws.listers.table import LISTERS, tried_calls
from runner.aws.permissions import of_account
from runner.model.aws.place import Place
from runner.model.aws.policy import policy_document
from runner.model.inventory.coverage import Gap
from runner.model.inventory.resource import GLOBAL, CloudResource

HOME = "us-east-1"
LISTED = replace(READ, regions=(HOME,), inventory=True)
POLICY = policy_document(of_account(LISTED))
# moto asks for these where IAM has another name.
MOTO_ASKS_FOR = {
    "apigateway:GET": {"apigateway:GetApis", "apigateway:GetRestApis"},
    "cloudwatch:DescribeAlarms": {"monitoring:DescribeAlarms"},
    "tag:GetResources": {"tagging:GetResources"},
}
WITHOUT_A_ROW = {"tag:GetResources": "resources by tag", "config:SelectResourceConfig": "AWS Config"}


def rows() -> dict[str, Lister]:
    """By action, a row that needs it."""
    return {call.permission: one for one in LISTERS for call in one.calls}


@pytest.fixture(scope="module")
def account(moto: Aws) -> Iterator[Cloud]:
    """Something that has to be listed first exists in it, for what is listed within that."""
    moto.reset()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AWS_ENDPOINT_URL", moto.url)
        patch.setenv("AWS_ACCESS_KEY_ID", "AKIADAEMON")
        patch.setenv("AWS_SECRET_ACCESS_KEY", "of-the-daemon")
        # moto signs paths of REST services in another way than botocore, and would refuse all of them.
        patch.setattr(IAMRequestBase, "check_signature", lambda _: None)
        moto.inside("ecs", region=HOME).create_cluster(clusterName="web")
        network: dict[str, Any] = {"subnetIds": []}
        moto.inside("eks", region=HOME).create_cluster(
            name="web", roleArn=str(READ.read_role), resourcesVpcConfig=network
        )
        moto.inside("kms", region=HOME).create_key()
        moto.role(POLICY)
        cloud = Cloud([LISTED])
        # The role is assumed before anything is enforced.
        cloud.call(Place(ACCOUNT, HOME), "sts", "get_caller_identity")
        yield cloud
        cloud.close()


@pytest.fixture(autouse=True)
def reached(moto: Aws, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", moto.url)


def listed(moto: Aws, account: Cloud, action: str, document: dict[str, Any]) -> list[Gap]:
    """The gaps in a list of one type that needs the action, as this policy allows it."""
    row = rows().get(action)
    place = Place(ACCOUNT, GLOBAL if row is not None and row.everywhere else HOME)
    for statement in document["Statement"]:
        more = [form for one in statement["Action"] for form in MOTO_ASKS_FOR.get(one, ())]
        statement["Action"] = [*statement["Action"], *more]
    moto.allow(document)
    inventory = AwsInventory(account, () if row is None else (row,))
    with moto.enforcing():
        answered = list(inventory.resources(place))
    assert all(isinstance(one, Gap | CloudResource) for one in answered)
    return [one for one in answered if isinstance(one, Gap)]


@pytest.mark.repeats
@pytest.mark.parametrize("action", sorted(tried_calls()))
def test_without_one_action_its_types_are_missing_and_the_action_is_named(
    moto: Aws, account: Cloud, action: str
) -> None:
    assert listed(moto, account, action, without(POLICY, "")) == []
    (gap,) = listed(moto, account, action, without(POLICY, action))
    row = rows().get(action)
    assert gap.what == (WITHOUT_A_ROW[action] if row is None else row.type)
    assert gap.action in {action, *MOTO_ASKS_FOR.get(action, ())}
    assert "may not use" in gap.reason


def test_every_action_of_a_list_is_tried_above() -> None:
    granted = {one.action for one in of_account(LISTED)} - {"cloudtrail:LookupEvents"}
    assert granted == set(rows()) | set(WITHOUT_A_ROW) == set(tried_calls())
