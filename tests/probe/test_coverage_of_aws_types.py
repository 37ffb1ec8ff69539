"""A stack with over a hundred types of AWS: whatever of it an account lists is found in its state."""

import json
from pathlib import Path

import pytest
from aws_types import TYPES
from moto_process import LOGIN
from probe_lab import STATE, Lab

from runner.aws.cloud import Cloud
from runner.aws.inventory import AwsInventory
from runner.aws.listers.table import listers
from runner.model.inventory.coverage import Judged, judge
from runner.model.inventory.managed import Managed, ManagedObject
from runner.model.inventory.resource import CloudResource
from runner.model.inventory.state_object import seen_in
from runner.model.settings.aws import AwsAccount

OWN = "123456789012"  # moto's
OF_MOTO = "aws_ebs_snapshot"  # it begins with a thousand, of its images


@pytest.fixture
def cloud(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> Cloud:
    for name, value in {**LOGIN, "AWS_ENDPOINT_URL": lab.moto().url}.items():
        monkeypatch.setenv(name, value)
    return Cloud([AwsAccount(OWN, (TYPES.region,), inventory=True)])


def listed(cloud: Cloud, managed: Managed) -> list[Judged]:
    inventory = AwsInventory(cloud)
    resources = [
        one
        for place in inventory.places()
        for one in inventory.resources(place)
        if isinstance(one, CloudResource)
    ]
    return list(judge(resources, managed, lambda _: False))


def test_at_least_forty_types_that_are_listed_are_in_that_stack() -> None:
    folder = Path(__file__).parent / "cases" / TYPES.name
    code = "".join(path.read_text() for path in folder.glob("*.tf"))
    assert sum(f'resource "{one}"' in code for one in listers()) >= 40


@pytest.mark.aws
@pytest.mark.long
@pytest.mark.thorough(of="tests/inventory/test_managed.py::test_an_object_is_recognised_by_its_arn")
def test_nothing_that_a_stack_of_a_hundred_types_manages_seems_unmanaged(lab: Lab, cloud: Cloud) -> None:
    stack = lab.bring_up(TYPES)
    seen = seen_in(json.loads((stack.folder / STATE).read_bytes()))
    objects = [ManagedObject("types", one.address, one.type, one.arn, one.ids) for one in seen.objects]
    found = listed(cloud, Managed.of(objects))
    unmanaged = [
        one.resource
        for one in found
        if one.by is None and one.left_out is None and one.resource.type != OF_MOTO
    ]
    assert [(one.type, one.import_id, one.arn) for one in unmanaged] == []
    assert len({one.resource.type for one in found if one.by}) >= 40
