"""The accounts of the configuration."""

import json
from pathlib import Path
from typing import Any

import pytest

from runner.config.server_file import check, load
from runner.config.show import MASK, show
from runner.model.aws.trail import TrailFolder
from runner.model.settings.aws import AwsAccount

GOOD = {
    "account": "111122223333",
    "regions": ["eu-west-1"],
    "read_role": "arn:aws:iam::111122223333:role/driftline-reads",
}


def wrote(folder: Path, *accounts: dict[str, Any]) -> Path:
    path = folder / "driftline.yaml"
    path.write_text(json.dumps({"data_dir": "/data", "aws": accounts}))
    return path


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"account": "1111"}, "expected the 12 digits of an account"),
        ({"regions": []}, "the list is empty, so nothing is read"),
        ({"regions": ["*"]}, "expected a region such as eu-west-1"),
        ({"regions": ["eu-west-1", "eu-west-1"]}, "listed twice"),
        ({"read_role": "driftline"}, "expected a role such as"),
        ({"read_role": "arn:aws:iam::444455556666:role/x"}, "expected a role of account 111122223333"),
        ({"read_role": None, "external_id": "abc"}, "requires read_role"),
        ({"external_id": "a b"}, "expected 2 to 1224 letters"),
        ({"trail": "https://s3/acme"}, "expected s3://BUCKET"),
        ({"trail_key": "alias/trail"}, "expected the ARN of a KMS key"),
    ],
)
def test_a_flaw_of_an_account_is_named_with_its_place(
    tmp_path: Path, wrong: dict[str, Any], says: str
) -> None:
    _, problems = check(wrote(tmp_path, {**GOOD, **wrong}))
    assert [says in str(problem) for problem in problems] == [True], problems
    assert f"aws[0].{next(iter(reversed(wrong)))}" in str(problems[0])


def test_an_account_is_listed_once(tmp_path: Path) -> None:
    _, problems = check(wrote(tmp_path, GOOD, GOOD))
    assert "another entry already has this account" in str(problems[0])


def test_the_external_id_is_a_secret(tmp_path: Path) -> None:
    settings = load(wrote(tmp_path, {**GOOD, "external_id": "canary"}))
    assert "canary" not in repr(settings)
    assert show(settings)["aws"][0]["external_id"] == MASK


@pytest.mark.parametrize(
    ("address", "prefix"),
    [
        ("s3://acme-trails", "AWSLogs/111122223333/CloudTrail/"),
        ("s3://acme-trails/", "AWSLogs/111122223333/CloudTrail/"),
        ("s3://acme-trails/audit/aws", "audit/aws/AWSLogs/111122223333/CloudTrail/"),
        ("s3://acme-trails/AWSLogs/o-abcde12345", "AWSLogs/o-abcde12345/111122223333/CloudTrail/"),
    ],
)
def test_files_of_a_trail_lie_below_the_account(address: str, prefix: str) -> None:
    folder = TrailFolder.parse(address)
    assert (folder.bucket, folder.of("111122223333")) == ("acme-trails", prefix)


@pytest.mark.parametrize(
    ("account", "partition"),
    [
        (AwsAccount("1", ("eu-west-1",)), "aws"),
        (AwsAccount("1", ("cn-north-1",)), "aws-cn"),
        (AwsAccount("1", ("us-gov-west-1",)), "aws-us-gov"),
        (AwsAccount("1", ("eu-west-1",), "arn:aws-cn:iam::1:role/x"), "aws-cn"),
    ],
)
def test_arns_have_the_partition_of_the_account(account: AwsAccount, partition: str) -> None:
    assert account.partition == partition
