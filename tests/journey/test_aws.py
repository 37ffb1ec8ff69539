"""The same, on the real hashicorp/aws provider against moto."""

import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

import boto3
import pytest
from moto.server import ThreadedMotoServer
from provider.mirror import aws_mirror
from world import ANA, World, states

from runner.model.drift.report import DriftClass, ReportStatus
from runner.model.plan.text import render
from runner.model.run.life import State
from runner.model.stack.definition import DriftStatus, Sync
from runner.service.operator import report, request

pytestmark = pytest.mark.aws

PARAMETER = """\
terraform {{
  required_providers {{
    aws = {{ source = "hashicorp/aws" }}
  }}
}}
provider "aws" {{}}
resource "aws_ssm_parameter" "web" {{
  name        = "/{name}/value"
  type        = "String"
  value       = "{value}"
  description = "of {name}"
}}
data "aws_ssm_parameter" "elsewhere" {{
  name = "/elsewhere"
}}
output "elsewhere" {{
  value     = data.aws_ssm_parameter.elsewhere.value
  sensitive = true
}}
"""
RULES = """\
aws: {region: eu-west-1}
drift:
  ignore: [{address: aws_ssm_parameter.web, attributes: [description], reason: people write notes there}]
"""
CONFIG = """\
  plugin_mirror: {mirror}
  env: [AWS_ENDPOINT_URL, AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY]
"""


@pytest.fixture(scope="module")
def moto() -> Iterator[dict[str, str]]:
    """What terraform and boto3 need in their environment to reach it."""
    server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    # moto's cloud belongs to the process, and so to all tests of this worker.
    urlopen(Request(f"http://{host}:{port}/moto-api/reset", method="POST")).close()
    yield {
        "AWS_ENDPOINT_URL": f"http://{host}:{port}",
        "AWS_ACCESS_KEY_ID": "canary",
        "AWS_SECRET_ACCESS_KEY": "canary",
    }
    server.stop()


@contextmanager
def somebody(environment: dict[str, str]) -> Iterator[Any]:
    """The SSM client of somebody who works by hand."""
    with pytest.MonkeyPatch.context() as patch:
        for name, value in environment.items():
            patch.setenv(name, value)
        ssm = boto3.client("ssm", region_name="eu-west-1")
        put(ssm, "/elsewhere", "one")
        yield ssm


def put(ssm: Any, name: str, value: str, description: str = "") -> None:
    ssm.put_parameter(Name=name, Value=value, Description=description, Type="String", Overwrite=True)


@pytest.fixture
def aws(moto: dict[str, str]) -> Iterator[Any]:
    with somebody(moto) as ssm:
        yield ssm


@pytest.fixture(scope="module")
def applied(tmp_path_factory: pytest.TempPathFactory, moto: dict[str, str]) -> World:
    """For all tests that leave what is applied as it is: to plan and to apply it takes 15 s of CPU."""
    with somebody(moto) as ssm:
        ssm.delete_parameters(Names=["/web/value"])
        world = World(tmp_path_factory.mktemp("aws"), engines=CONFIG.format(mirror=aws_mirror()))
        world.applied(rules=RULES, body=PARAMETER)
    return world


@pytest.fixture
def world(applied: World, aws: Any) -> World:
    put(aws, "/web/value", "one", "of web")
    return applied


def check(world: World) -> State:
    request.request_check(world.app.control, ["web"], ANA)
    return world.work()[0].state


def test_what_is_changed_by_hand_is_reported_and_healed(world: World, aws: Any) -> None:
    assert aws.get_parameter(Name="/web/value")["Parameter"]["Value"] == "one"
    aws.put_parameter(Name="/web/value", Value="by hand", Overwrite=True)
    assert check(world) is State.DRIFTED
    found = world.report()
    assert found is not None
    assert [finding.address for finding in found.findings if finding.counts] == ["aws_ssm_parameter.web"]
    report.heal(world.app.control, found.id, ANA)
    (healing,) = world.work()
    world.approve(healing)
    assert states(world.work()) == [State.APPLIED]
    assert aws.get_parameter(Name="/web/value")["Parameter"]["Value"] == "one"
    assert {one.id: one.status for one in world.reports()}[found.id] is ReportStatus.RESOLVED


def test_what_is_deleted_by_hand_is_missing(world: World, aws: Any) -> None:
    aws.delete_parameter(Name="/web/value")
    assert check(world) is State.DRIFTED
    found = world.report()
    assert found is not None
    assert [f.drift_class for f in found.findings if f.counts] == [DriftClass.MISSING]


def test_an_ignored_attribute_or_an_output_is_no_drift(world: World, aws: Any) -> None:
    aws.put_parameter(Name="/web/value", Value="one", Description="a note", Overwrite=True)
    assert check(world) is State.NO_CHANGES
    assert "ignored by rule" in world.look().drift_reason
    aws.put_parameter(Name="/web/value", Value="one", Description="of web", Overwrite=True)
    aws.put_parameter(Name="/elsewhere", Value="two", Overwrite=True)
    assert check(world) is State.NO_CHANGES
    assert world.look().drift is DriftStatus.CLEAN
    assert "only outputs" in world.look().drift_reason


def test_a_stale_plan_is_applied_if_it_means_the_same(tmp_path: Path, aws: Any) -> None:
    aws.delete_parameters(Names=["/web/value"])
    world = World(tmp_path, engines=CONFIG.format(mirror=aws_mirror()))
    (first,) = world.push(value="two", rules=RULES, body=PARAMETER)
    world.approve(first)
    world.age(hours=1)
    (applied,) = world.work()
    assert (applied.state, applied.executed_digest != first.plan_digest) == (State.APPLIED, True)
    assert aws.get_parameter(Name="/web/value")["Parameter"]["Value"] == "two"
    (second,) = world.push(value="three", rules=RULES, body=PARAMETER)
    world.approve(second)
    aws.put_parameter(Name="/web/value", Value="emergency fix", Overwrite=True)
    world.age(hours=1)
    world.work()
    assert world.run(second.id).state is State.SUPERSEDED
    assert aws.get_parameter(Name="/web/value")["Parameter"]["Value"] == "emergency fix"
    assert world.look().sync is Sync.PENDING


def test_a_plan_with_an_unreachable_provider_api_ends_at_its_deadline(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{silent.getsockname()[1]}")
        monkeypatch.setenv("AWS_ACCESS_KEY_ID", "canary")
        monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "canary")
        world = World(tmp_path, "timeouts: {plan: 10s}\n", engines=CONFIG.format(mirror=aws_mirror()))
        began = time.monotonic()
        (run,) = world.push(rules=RULES, body=PARAMETER)
        assert time.monotonic() - began < 40
    assert run.state is State.PLAN_FAILED
    assert "deadline" in run.reason


FAR = """\
terraform {{
  required_providers {{
    aws = {{ source = "hashicorp/aws" }}
  }}
}}
data "aws_ssm_parameter" "region" {{
  provider = aws.home
  name     = "/elsewhere"
}}
provider "aws" {{
  alias = "home"
}}
provider "aws" {{
  region = data.aws_ssm_parameter.region.insecure_value
}}
resource "aws_ssm_parameter" "web" {{
  name  = "/{name}/value"
  type  = "String"
  value = "{value}"
}}
"""


def test_no_region_but_the_approved_one_is_changed(tmp_path: Path, aws: Any) -> None:
    aws.put_parameter(Name="/elsewhere", Value="eu-central-1", Type="String", Overwrite=True)
    world = World(tmp_path, engines=CONFIG.format(mirror=aws_mirror()))
    (run,) = world.push(rules="aws: {region: eu-west-1}\n", body=FAR)
    with world.app.store.reading() as reader:
        changes = reader.changes(run.id)
    assert changes is not None
    shown = render(changes)
    # The provider calls the value of a parameter sensitive, so its copy is masked as well.
    assert "Where (1):\n    aws: (sensitive value) (data.aws_ssm_parameter.region.insecure_value)" in shown
    world.approve(run)
    aws.put_parameter(Name="/elsewhere", Value="us-east-1", Overwrite=True)
    world.age(hours=1)
    world.work()
    after = world.run(run.id)
    assert after.state is State.SUPERSEDED
    assert "region of provider aws is different now" in after.reason
    there = boto3.client("ssm", region_name="us-east-1")
    assert there.describe_parameters()["Parameters"] == []
