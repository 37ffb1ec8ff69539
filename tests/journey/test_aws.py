"""The same, on the real hashicorp/aws provider against moto."""

import socket
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
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
from runner.model.settings.healing import OperatorHealRule
from runner.model.stack.definition import DriftStatus, Sync
from runner.service.operator import report, request
from runner.view.healing import heal_page

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
resource "aws_ssm_parameter" "other" {{
  name  = "/{name}/other"
  type  = "String"
  value = "other"
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
  env: [AWS_ENDPOINT_URL, AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, GOGC]
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


def put(ssm: Any, name: str, value: str, description: str = "") -> None:
    ssm.put_parameter(Name=name, Value=value, Description=description, Type="String", Overwrite=True)


@pytest.fixture(autouse=True)
def less_collection(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each plan reads the whole schema of the provider: a fifth of its CPU would be looking for garbage."""
    monkeypatch.setenv("GOGC", "400")


@pytest.fixture
def aws(moto: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> Any:
    """The SSM client of somebody who works by hand."""
    for name, value in moto.items():
        monkeypatch.setenv(name, value)
    ssm = boto3.client("ssm", region_name="eu-west-1")
    put(ssm, "/elsewhere", "one")
    return ssm


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path, engines=CONFIG.format(mirror=aws_mirror()))


def check(world: World) -> State:
    request.request_check(world.app.control, ["web"], ANA)
    return world.work()[0].state


# To make a world and to apply something there takes 15 s of CPU, so these are steps of one test.


def a_stale_plan_that_means_the_same_is_applied(world: World, aws: Any) -> None:
    (planned,) = world.push(rules=RULES, body=PARAMETER)
    world.approve(planned)
    world.age(hours=1)
    (applied,) = world.work()
    assert (applied.state, world.headings(applied).count("plan")) == (State.APPLIED, 2)
    assert aws.get_parameter(Name="/web/value")["Parameter"]["Value"] == "one"


def an_ignored_attribute_or_an_output_is_no_drift(world: World, aws: Any) -> None:
    put(aws, "/web/value", "one", "a note")
    assert check(world) is State.NO_CHANGES
    assert "ignored by rule" in world.look().drift_reason
    put(aws, "/web/value", "one", "of web")
    put(aws, "/elsewhere", "two")
    assert check(world) is State.NO_CHANGES
    assert world.look().drift is DriftStatus.CLEAN
    assert "only outputs" in world.look().drift_reason


def what_is_changed_or_deleted_by_hand_is_reported_and_healed(world: World, aws: Any) -> None:
    put(aws, "/web/value", "by hand", "of web")
    aws.delete_parameter(Name="/web/other")
    assert check(world) is State.DRIFTED
    found = world.report()
    assert found is not None
    assert {one.address: one.drift_class for one in found.findings if one.counts} == {
        "aws_ssm_parameter.web": DriftClass.DRIFT,
        "aws_ssm_parameter.other": DriftClass.MISSING,
    }
    report.heal(world.app.control, found.id, ANA)
    (healing,) = world.work()
    world.approve(healing)
    assert states(world.work()) == [State.APPLIED]
    for name, value in (("value", "one"), ("other", "other")):
        assert aws.get_parameter(Name=f"/web/{name}")["Parameter"]["Value"] == value
    assert {one.id: one.status for one in world.reports()}[found.id] is ReportStatus.RESOLVED


def a_stale_plan_that_means_something_else_is_not_applied(world: World, aws: Any) -> None:
    (planned,) = world.push(value="two", rules=RULES, body=PARAMETER)
    world.approve(planned)
    put(aws, "/web/value", "emergency fix", "of web")
    world.age(hours=1)
    world.app.worker.perform_one(planned.id)
    assert world.run(planned.id).state is State.SUPERSEDED
    assert aws.get_parameter(Name="/web/value")["Parameter"]["Value"] == "emergency fix"
    assert world.look().sync is Sync.PENDING


@pytest.mark.parametrize(
    "steps",
    [
        pytest.param(
            (
                a_stale_plan_that_means_the_same_is_applied,
                what_is_changed_or_deleted_by_hand_is_reported_and_healed,
            ),
            id="applied and healed",
        ),
        pytest.param(
            (
                a_stale_plan_that_means_the_same_is_applied,
                an_ignored_attribute_or_an_output_is_no_drift,
                a_stale_plan_that_means_something_else_is_not_applied,
            ),
            marks=pytest.mark.thorough,
            id="left alone",
        ),
    ],
)
def test_a_stack_is_kept_as_on_any_provider(
    world: World, aws: Any, steps: tuple[Callable[[World, Any], None], ...]
) -> None:
    for step in steps:
        step(world, aws)


@pytest.mark.thorough(
    of="tests/engine/test_engine_faults.py::test_a_command_that_hangs_is_stopped_at_its_deadline"
)
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


@pytest.mark.thorough(
    of="tests/journey/test_what_an_apply_evaluates.py::test_no_place_but_the_approved_one_is_changed"
)
def test_no_region_but_the_approved_one_is_changed(world: World, aws: Any) -> None:
    put(aws, "/elsewhere", "eu-central-1")
    (run,) = world.push(rules="aws: {region: eu-west-1}\n", body=FAR)
    with world.app.store.reading() as reader:
        changes = reader.changes(run.id)
    assert changes is not None
    shown = render(changes)
    # The provider calls the value of a parameter sensitive, so its copy is masked as well.
    assert "Where (1):\n    aws: (sensitive value) (data.aws_ssm_parameter.region.insecure_value)" in shown
    world.approve(run)
    put(aws, "/elsewhere", "us-east-1")
    world.age(hours=1)
    world.work()
    after = world.run(run.id)
    assert after.state is State.SUPERSEDED
    assert "region of provider aws is different now" in after.reason
    there = boto3.client("ssm", region_name="us-east-1")
    assert there.describe_parameters()["Parameters"] == []


GUARDED = """\
terraform {{
  required_providers {{
    aws = {{ source = "hashicorp/aws" }}
  }}
}}
provider "aws" {{}}
data "aws_ssm_parameter" "elsewhere" {{
  name = "/elsewhere"
}}
resource "aws_security_group" "{name}" {{
  name        = "{value}"
  description = "of {name}"
  tags        = {{ owner = "code" }}
  ingress {{
    from_port   = 443
    to_port     = 443
    protocol    = "tcp"
    cidr_blocks = ["10.0.0.0/8"]
  }}
}}
resource "aws_ssm_parameter" "extra" {{
  count = data.aws_ssm_parameter.elsewhere.insecure_value == "one" ? 1 : 0
  name  = "/{name}/extra"
  type  = "String"
  insecure_value = "x"
}}
"""
HEALS = (
    OperatorHealRule(
        "heal", types=("aws_*",), attributes=("tags", "tags_all"), reason="tags belong to the code"
    ),
    OperatorHealRule("heal", types=("aws_ssm_parameter",), actions=("create", "delete")),
)


@pytest.mark.thorough(
    of="tests/journey/test_healing.py::test_an_attribute_without_a_rule_leaves_the_whole_plan_to_a_person"
)
def test_tags_heal_by_themselves_and_neither_a_firewall_rule_nor_a_delete_does(
    world: World, moto: dict[str, str], aws: Any
) -> None:
    drift = replace(world.settings.drift, action="reconcile", heal=HEALS)
    world.configure(replace(world.settings, drift=drift))
    ec2 = boto3.client("ec2", region_name="eu-west-1", endpoint_url=moto["AWS_ENDPOINT_URL"])
    world.applied("guarded", "guarded", rules="aws: {region: eu-west-1}\n", body=GUARDED)

    def group() -> Any:
        (found,) = ec2.describe_security_groups(GroupNames=["guarded"])["SecurityGroups"]
        return found

    mine = group()["GroupId"]
    ec2.create_tags(Resources=[mine], Tags=[{"Key": "owner", "Value": "somebody"}])
    request.request_check(world.app.control, ["guarded"], ANA)
    checked, healing, healed = world.work()
    assert (checked.state, healed.id, healed.state) == (State.DRIFTED, healing.id, State.APPLIED)
    assert [one.rule for one in healed.healed_by] == ["rule 1 of drift.heal"]
    assert group()["Tags"] == [{"Key": "owner", "Value": "code"}]
    open_all = {"IpProtocol": "tcp", "FromPort": 22, "ToPort": 22, "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}
    ec2.authorize_security_group_ingress(GroupId=mine, IpPermissions=[open_all])
    put(aws, "/elsewhere", "two")
    request.request_check(world.app.control, ["guarded"], ANA)
    _, waiting = world.work()
    assert (waiting.state, waiting.healed_by) == (State.AWAITING_APPROVAL, ())
    with world.app.store.reading() as reader:
        found = reader.current_report("guarded")
        assert found is not None
        page = heal_page(reader, world.settings, world.clock, found)
    assert page is not None
    said = {(part.address, part.action): (part.do, part.rule) for part in page.parts}
    assert said == {
        ("aws_security_group.guarded", "update"): ("ask", None),
        ("aws_ssm_parameter.extra[0]", "delete"): ("ask", "rule 2 of drift.heal"),
    }
    assert aws.get_parameter(Name="/guarded/extra")["Parameter"]["Value"] == "x"
