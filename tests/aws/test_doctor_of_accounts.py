"""What doctor says about accounts that Driftline reads."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from aws_world import ACCOUNT, READ, REGION, Aws
from click.testing import CliRunner

from runner.aws import permissions
from runner.aws.permissions import Probe
from runner.cli.main import main
from runner.doctor.accounts import accounts as _accounts  # noqa: F401 - imported before policies are enforced

CONFIGURED = {
    "account": ACCOUNT,
    "regions": [REGION, "us-east-1"],
    "read_role": READ.read_role,
    "trail": "s3://acme-trails",
}


@pytest.fixture(autouse=True)
def only_what_moto_has(monkeypatch: pytest.MonkeyPatch) -> None:
    """It has no LookupEvents."""
    rows = tuple(row for row in permissions.TABLE if row.action != "cloudtrail:LookupEvents")
    monkeypatch.setattr(permissions, "TABLE", rows)


def findings(tmp_path: Path, *argv: str, account: Any = CONFIGURED) -> list[dict[str, str]]:
    config = tmp_path / "driftline.yaml"
    config.write_text(json.dumps({"data_dir": str(tmp_path / "data"), "aws": [account]}))
    made = CliRunner().invoke(main, ["-c", str(config), "doctor", "-o", "json", *argv])
    return [one for one in json.loads(made.stdout) if one["check"] == f"account {ACCOUNT}"]


def test_an_account_that_lets_driftline_read_is_fine(aws: Aws, tmp_path: Path) -> None:
    s3 = aws.inside("s3")
    s3.create_bucket(Bucket="acme-trails", CreateBucketConfiguration={"LocationConstraint": REGION})
    (found,) = findings(tmp_path)
    assert (found["state"], found["message"]) == ("ok", "all 1 call that were tried are allowed")


def test_a_missing_bucket_is_named(aws: Aws, tmp_path: Path) -> None:
    (found,) = findings(tmp_path)
    assert found["state"] == "warn"
    assert "s3:ListObjectsV2" in found["message"]
    assert "NoSuchBucket" in found["message"]
    assert found["hint"] == "correct its name under aws in the configuration, or create it"


def test_a_call_that_aws_refuses_does_not_hide_the_next_missing_permission(
    aws: Aws, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    wrong = {"ParameterFilters": [{"Key": "Name", "Option": "Nearly", "Values": ["x"]}]}
    bad = replace(permissions.TABLE[0], probe=Probe("ssm", "describe_parameters", lambda _: wrong))
    monkeypatch.setattr(permissions, "TABLE", (bad, *permissions.TABLE))
    refused, gone = findings(tmp_path)
    assert "AWS refused ssm:DescribeParameters" in refused["message"]
    assert "driftline doctor" not in refused["hint"]
    assert "NoSuchBucket" in gone["message"]
