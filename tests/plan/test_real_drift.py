"""The taxonomy on documents of a real Terraform, whose cloud was changed by hand."""

import pytest
from put_back import PutBack
from terraform_plans import Module, needs_terraform

from runner.model.changes.changes import MASK, Action
from runner.model.drift.report import DriftClass
from runner.model.drift.taxonomy import classify, drift_fingerprint
from runner.model.plan.reading import read_plan
from runner.model.stack.definition import IgnoreRule

pytestmark = needs_terraform

KEY = b"k" * 32
CODE = """
terraform {
  required_providers {
    cloudfile = { source = "driftline/cloudfile" }
  }
}
provider "cloudfile" {
  path = "${path.module}/cloud.json"
}
resource "cloudfile_object" "web" {
  name   = "web"
  value  = "one"
  secret = "canary-5ecret"
  size   = 1
}
resource "cloudfile_object" "free" {
  name  = "free"
  value = "one"
  lifecycle { ignore_changes = [value] }
}
data "cloudfile_lookup" "web" {
  name = cloudfile_object.web.name
}
output "size" {
  value = cloudfile_object.free.etag
}
"""


@pytest.fixture(scope="module")
def applied(tmp_path_factory: pytest.TempPathFactory) -> tuple[Module, PutBack]:
    made = Module(tmp_path_factory.mktemp("applied"))
    made.apply(CODE)
    return made, PutBack.kept(made.folder)


@pytest.fixture
def module(applied: tuple[Module, PutBack]) -> Module:
    made, kept = applied
    kept.again()
    return made


def classified(module: Module, *rules: IgnoreRule) -> list[tuple[str, Action, DriftClass]]:
    return [(f.address, f.action, f.drift_class) for f in classify(module.plan(CODE), rules)]


WEB, FREE = "cloudfile_object.web", "cloudfile_object.free"


def test_nothing_drifted(module: Module) -> None:
    assert classified(module) == []


def test_changed_by_hand_with_a_secret(module: Module) -> None:
    module.by_hand("web", value="EMERGENCY", secret="canary-5ecret-2")
    plan = module.plan(CODE)
    (finding,) = classify(plan)
    assert (finding.address, finding.drift_class) == (WEB, DriftClass.DRIFT)
    assert [(a.path, a.before, a.after) for a in finding.attributes if not a.unknown] == [
        ("secret", MASK, MASK),
        ("value", "EMERGENCY", "one"),
    ]
    assert "canary" not in f"{finding!r}{read_plan(plan)!r}"


def test_deleted_by_hand(module: Module) -> None:
    module.delete_by_hand("free")
    assert classified(module) == [(FREE, Action.CREATE, DriftClass.MISSING)]


def test_hidden_by_ignore_changes_with_an_output_that_follows(module: Module) -> None:
    module.by_hand("free", value="by hand")
    assert classified(module) == [
        (FREE, Action.UPDATE, DriftClass.ABSORBED),
        ("output.size", Action.UPDATE, DriftClass.OUTPUT_ONLY),
    ]


def test_null_against_empty(module: Module) -> None:
    module.by_hand("web", tags={}, list=[])
    assert DriftClass.DRIFT not in [drift_class for _, _, drift_class in classified(module)]


def test_a_rule_covers_one_of_two_attributes_and_then_both(module: Module) -> None:
    module.by_hand("web", size=7)
    rule = IgnoreRule("cloudfile_object.*", ("size",), "the autoscaler's")
    assert classified(module, rule) == [(WEB, Action.UPDATE, DriftClass.IGNORED)]
    module.by_hand("web", value="by hand")
    (finding,) = classify(module.plan(CODE), [rule])
    assert [a.path for a in finding.attributes] == ["etag", "value"]
    assert finding.drift_class is DriftClass.DRIFT


def test_the_same_drift_has_one_mark_until_it_moves(module: Module) -> None:
    module.by_hand("web", value="two")
    first = drift_fingerprint(module.plan(CODE), (), KEY)
    module.by_hand("free", value="by hand")
    # An unknown key moves only the computed etag, which is no part of what drifted.
    module.by_hand("web", owner="somebody")
    assert drift_fingerprint(module.plan(CODE), (), KEY) == first
    module.by_hand("web", value="three")
    assert drift_fingerprint(module.plan(CODE), (), KEY) != first
