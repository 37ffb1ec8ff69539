"""The policy that `driftline aws policy` prints grants exactly what is used: moto enforces it."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from aws_world import ACCOUNT, READ, REGION, Aws
from click.testing import CliRunner, Result

from runner.aws.cloud import Cloud
from runner.aws.permissions import TABLE, of_account, of_daemon
from runner.cli.main import main
from runner.errors import AwsDenied
from runner.model.aws.place import Place
from runner.model.aws.policy import policy_document
from runner.model.settings.aws import AwsAccount

HERE = Place(ACCOUNT, REGION)
TRAIL = replace(READ, trail="s3://acme-trails")
KEY = f"arn:aws:kms:{REGION}:{ACCOUNT}:key/5f1c"
# Calls that moto checks, by the action that allows them. It implements no LookupEvents.
CALLS: dict[str, tuple[str, str, dict[str, Any]]] = {
    "s3:ListBucket": ("s3", "list_objects_v2", {"Bucket": "acme-trails"}),
    "s3:GetObject": (
        "s3",
        "get_object",
        {"Bucket": "acme-trails", "Key": f"AWSLogs/{ACCOUNT}/CloudTrail/{REGION}/2026/11/30/one.json.gz"},
    ),
}


def ran(tmp_path: Path, accounts: list[dict[str, Any]], *argv: str) -> Result:
    config = tmp_path / "driftline.yaml"
    config.write_text(json.dumps({"data_dir": str(tmp_path / "data"), "aws": accounts}))
    return CliRunner().invoke(main, ["-c", str(config), "aws", "policy", *argv])


def actions(document: dict[str, Any]) -> set[str]:
    return {action for statement in document["Statement"] for action in statement["Action"]}


def without(document: dict[str, Any], action: str) -> dict[str, Any]:
    kept = [
        {**statement, "Action": [one for one in statement["Action"] if one != action]}
        for statement in document["Statement"]
    ]
    return {**document, "Statement": [statement for statement in kept if statement["Action"]]}


def test_what_the_policy_grants_is_enough_and_one_action_less_is_not(aws: Aws) -> None:
    s3 = aws.inside("s3")
    s3.create_bucket(Bucket="acme-trails", CreateBucketConfiguration={"LocationConstraint": REGION})
    s3.put_object(Bucket="acme-trails", Key=CALLS["s3:GetObject"][2]["Key"], Body=b"{}")
    document = policy_document(of_account(TRAIL))
    aws.role(document)
    cloud = Cloud([READ])
    cloud.call(HERE, "sts", "get_caller_identity")  # the role is assumed before anything is enforced
    with aws.enforcing():
        for service, operation, parameters in CALLS.values():
            cloud.call(HERE, service, operation, **parameters)
    for action, (service, operation, parameters) in CALLS.items():
        aws.allow(without(document, action))
        with aws.enforcing(), pytest.raises(AwsDenied, match=action):
            cloud.call(HERE, service, operation, **parameters)


def test_an_action_is_granted_only_where_the_configuration_has_use_for_it() -> None:
    assert actions(policy_document(of_account(READ))) == {"cloudtrail:LookupEvents"}
    assert actions(policy_document(of_account(TRAIL))) >= {"s3:ListBucket", "s3:GetObject"}
    assert "kms:Decrypt" not in actions(policy_document(of_account(TRAIL)))
    keyed = policy_document(of_account(replace(TRAIL, trail_key=KEY)))
    assert {"Effect": "Allow", "Action": ["kms:Decrypt"], "Resource": [KEY]} in keyed["Statement"]


def test_files_of_other_accounts_in_the_same_bucket_are_not_granted() -> None:
    account = replace(READ, trail="s3://acme-trails/AWSLogs/o-abcde12345")
    files = [one for one in of_account(account) if one.action == "s3:GetObject"]
    assert files[0].resources == (f"arn:aws:s3:::acme-trails/AWSLogs/o-abcde12345/{ACCOUNT}/CloudTrail/*",)


def test_the_daemon_may_assume_the_roles_and_read_what_has_none() -> None:
    document = policy_document(of_daemon((READ, AwsAccount("444455556666", (REGION,)))))
    assert actions(document) == {"sts:AssumeRole", "cloudtrail:LookupEvents"}
    assert [READ.read_role] in [statement["Resource"] for statement in document["Statement"]]


def test_no_action_writes_and_each_says_what_it_is_for() -> None:
    for row in TABLE:
        assert row.why
        # Its own queues are all that Driftline writes to: what was read leaves them.
        if row.action.startswith("sqs:") and row.resources(replace(READ, events=())) == ():
            continue
        assert row.action.split(":")[1].startswith(
            ("Decrypt", "Describe", "GET", "Get", "List", "Lookup", "Select")
        ), row.action


def test_the_command_prints_the_policy_of_the_only_account(tmp_path: Path) -> None:
    made = ran(tmp_path, [{"account": ACCOUNT, "regions": [REGION], "read_role": READ.read_role}])
    assert made.exit_code == 0, made.output
    assert json.loads(made.stdout) == policy_document(of_account(READ))


def test_with_several_accounts_one_must_be_named(tmp_path: Path) -> None:
    accounts = [{"account": number, "regions": [REGION]} for number in (ACCOUNT, "444455556666")]
    assert ran(tmp_path, accounts).exit_code == 64
    assert "444455556666" in ran(tmp_path, accounts).stderr
    assert ran(tmp_path, accounts, "444455556666").exit_code == 0
    unknown = ran(tmp_path, accounts, "999999999999")
    assert unknown.exit_code == 5


def test_why_explains_each_action(tmp_path: Path) -> None:
    made = ran(tmp_path, [{"account": ACCOUNT, "regions": [REGION]}], "--why")
    assert "cloudtrail:LookupEvents  *  # who caused a drift" in made.stdout
