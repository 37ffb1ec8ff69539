"""What `aws events setup --print --as terraform` prints, applied by a real terraform with the AWS provider, and then an event."""

import json
import os
import subprocess
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from aws_world import OWN, REGION, Aws
from click.testing import CliRunner
from event_world import Installed, installed, record
from provider.mirror import cli_config, install
from test_queue_on_aws import listener

from runner.aws.change_queue import SqsQueue
from runner.aws.cloud import Cloud
from runner.aws.events_setup import PATTERN
from runner.cli.main import main
from runner.model.cloud_events.queue import QueueAddress
from runner.model.settings.aws import AwsAccount

MAIN = """\
terraform {
  required_providers {
    aws = { source = "hashicorp/aws" }
  }
}
"""


@pytest.fixture
def here(tmp_path: Path) -> Iterator[Installed]:
    with installed(tmp_path) as found:
        yield found


def printed() -> str:
    return CliRunner().invoke(main, ["aws", "events", "setup", "--print", "--as", "terraform"]).stdout


def test_what_is_printed_is_formatted_as_terraform_formats_it() -> None:
    done = subprocess.run(
        ["terraform", "fmt", "-"], input=printed(), capture_output=True, text=True, check=True
    )
    assert done.stdout == printed()
    assert "aws_sqs_queue" in done.stdout


def applied(folder: Path, url: str) -> str:
    """The address of the queue, which is the only output."""
    environment = {
        **os.environ,
        "TF_CLI_CONFIG_FILE": str(cli_config(install(folder / "mirror", with_aws=True))),
        "AWS_ENDPOINT_URL": url,
        "CHECKPOINT_DISABLE": "1",
    }
    module = folder / "module"
    module.mkdir()
    (module / "main.tf").write_text(MAIN)
    (module / "driftline_events.tf").write_text(printed())

    def terraform(*words: str) -> str:
        done = subprocess.run(
            ["terraform", *words], cwd=module, env=environment, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    terraform("init", "-input=false", "-no-color")
    terraform("apply", "-input=false", "-no-color", "-auto-approve")
    return str(json.loads(terraform("output", "-json", "driftline_queue")))


@pytest.mark.aws
@pytest.mark.long
@pytest.mark.thorough(
    of="tests/cloud_events/test_queue_on_aws.py::test_a_change_comes_from_eventbridge_to_the_check_of_its_stack"
)
def test_events_flow_once_terraform_has_applied_what_is_printed(
    aws: Aws, here: Installed, tmp_path: Path
) -> None:
    url = applied(tmp_path, aws.url)
    rule = aws.client("events").describe_rule(Name="driftline-events")
    assert json.loads(rule["EventPattern"]) == PATTERN
    attributes = aws.client("sqs").get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
    (statement,) = json.loads(attributes["Policy"])["Statement"]
    assert statement["Condition"] == {"ArnEquals": {"aws:SourceArn": rule["Arn"]}}
    aws.client("events").put_events(
        Entries=[
            {"Source": "aws.sqs", "DetailType": "AWS API Call via CloudTrail", "Detail": json.dumps(record())}
        ]
    )
    address = QueueAddress.parse(f"https://sqs.{REGION}.amazonaws.com/{OWN}/driftline-events")
    with closing(Cloud([AwsAccount(OWN, (REGION,))])) as cloud:
        queue = SqsQueue(cloud, address)
        assert listener(here, queue).take_some() == 1
        assert here.turn() == ["app"]
        aws.client("sqs").send_message(QueueUrl=url, MessageBody="poison")
        listener(here, queue).take_some()
    dead = aws.client("sqs").receive_message(QueueUrl=f"{url}-dead-letters")["Messages"]
    assert [one["Body"] for one in dead] == ["poison"]
