"""`drift accept` from end to end: a real repository, a real engine, and a provider whose cloud is a file."""

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

sys.path.append(str(Path(__file__).parents[1] / "cli"))

from cli_world import World
from provider.cloudfile import edit
from provider.mirror import install

MAIN = """\
terraform {
  required_providers {
    cloudfile = { source = "driftline/cloudfile" }
  }
}
provider "cloudfile" {
  path = "%s"
}

variable "size" {
  default = 3 # of all
}
variable "names" {}

# the web object
resource "cloudfile_object" "web" {
  name  = "web"
  value = "one" # keep
  size  = var.size
  list  = var.names
  tags = {
    Owner = "net"
  }
}

# runs at night
resource "cloudfile_object" "job" {
  name  = "job"
  value = "two"
  size  = var.size
}

output "value" { value = cloudfile_object.web.value }
"""
STACK = "name: app # first\nvars:\n  names: [a, b] # sorted\n"
WEB = {"value": "one", "size": 3, "list": ["a", "b"], "tags": {"Owner": "net"}}
Drift = Callable[[dict[str, Any]], None]


@pytest.fixture(scope="module")
def applied(tmp_path_factory: pytest.TempPathFactory) -> World:
    root = tmp_path_factory.mktemp("accept")
    mirror = install(root / "mirror")
    world = World(root, more=f"engines: {{plugin_mirror: {mirror}}}")
    (root / "signs").mkdir()
    world.commit({"app/stack.yaml": STACK, "app/main.tf": MAIN % (root / "signs/cloud.json")})
    world.applied("app")
    return world


def drifted(world: World, change: Drift) -> str:
    """The report of what differs once this was done by hand to the applied cloud."""
    with edit(world.root / "signs/cloud.json") as objects:
        objects["web"] = dict(WEB)
        objects["job"] = {"value": "two", "size": 3}
        change(objects)
    check = world.json("drift", "check", "app", expect=2)
    return str(check["stacks"][0]["report"])


def lines(patch: str) -> list[str]:
    return [line for line in patch.splitlines() if line[:1] in "+-" and line[:3] not in {"+++", "---"}]


def test_values_that_are_written_out_are_changed_where_they_stand(applied: World) -> None:
    def change(objects: dict[str, Any]) -> None:
        objects["web"] |= {"value": "by hand", "list": ["a", "c"], "tags": {"Owner": "web", "New": "x"}}

    report = drifted(applied, change)
    before = applied.git("rev-parse", "HEAD"), applied.git("status", "--porcelain")
    accepted = applied.run("drift", "accept", report)
    assert lines(accepted.stdout) == [
        '-  value = "one" # keep',
        '+  value = "by hand" # keep',
        '-    Owner = "net"',
        '+    Owner = "web"',
        '+    New   = "x"',
        "-  names: [a, b] # sorted",
        "+  names: [a, c] # sorted",
    ]
    assert "output value follows with the next apply" in accepted.stderr
    assert (applied.git("rev-parse", "HEAD"), applied.git("status", "--porcelain")) == before


def test_a_change_that_would_change_another_resource_is_discarded(applied: World) -> None:
    report = drifted(applied, lambda objects: objects["web"].update(size=9))
    refused = applied.run("drift", "accept", report, expect=3)
    assert refused.stdout == ""
    assert "the change is discarded: with it a plan would also change cloudfile_object.job" in refused.stderr


def test_a_resource_that_is_gone_leaves_the_code_as_a_branch(applied: World) -> None:
    report = drifted(applied, lambda objects: objects.pop("job"))
    page = applied.json("drift", "accept", report, "--branch")
    assert page["branch"] == f"drift/app/{page['branch'][-8:]}"
    assert applied.git("rev-parse", f"{page['branch']}^") == page["base"]
    assert '-resource "cloudfile_object" "job" {' in page["patch"]
    assert "# runs at night" not in applied.git("show", f"{page['branch']}:app/main.tf")
    again = applied.json("drift", "accept", report, "--branch")
    assert again["branch"] == page["branch"]


def test_the_drift_is_over_once_the_branch_is_merged_and_applied(applied: World) -> None:
    report = drifted(applied, lambda objects: objects["web"].update(value="by hand"))
    branch = applied.json("drift", "accept", report, "--branch")["branch"]
    head = applied.git("rev-parse", "HEAD")
    applied.git("merge", "--quiet", "--ff-only", branch)
    changed = applied.json("plan", "app")[0]
    assert {change["action"] for change in changed["changes"]["resources"]} <= {"no-op"}
    applied.git("reset", "--quiet", "--hard", head)


def test_a_report_that_is_resolved_is_refused(applied: World) -> None:
    report = drifted(applied, lambda objects: objects["web"].update(value="by hand"))
    with edit(applied.root / "signs/cloud.json") as objects:
        objects["web"] = dict(WEB)
    applied.run("drift", "check", "app")
    assert "is resolved" in applied.run("drift", "accept", report, expect=3).stderr


def test_a_sensitive_value_is_in_no_patch_and_no_message(applied: World) -> None:
    report = drifted(applied, lambda objects: objects["web"].update(secret="canary-by-hand", value="seen"))
    refused = applied.run("drift", "accept", report, "--branch", expect=3)
    assert "a sensitive value is never written into code" in refused.stderr
    assert "canary" not in refused.output
    assert applied.git("log", "--all", "-Scanary-by-hand", "--oneline") == ""


def test_a_linked_file_of_variables_is_not_written_through(applied: World) -> None:
    head = applied.git("rev-parse", "HEAD")
    (applied.repository / "app/extra.auto.tfvars").symlink_to("../extra.tfvars")
    applied.commit({"extra.tfvars": "size = 3\n"})
    applied.run("source", "sync")

    def change(objects: dict[str, Any]) -> None:
        objects["web"]["size"] = objects["job"]["size"] = 9

    refused = applied.run("drift", "accept", drifted(applied, change), expect=3)
    assert refused.stdout == ""
    assert "the change is discarded: a plan would still change" in refused.stderr
    applied.git("reset", "--quiet", "--hard", head)
    applied.run("source", "sync")


@pytest.mark.thorough(
    of="tests/accept/test_accepting_drift.py::test_a_resource_that_is_gone_leaves_the_code_as_a_branch"
)
def test_two_people_who_accept_at_once_get_the_same_branch(applied: World) -> None:
    report = drifted(applied, lambda objects: objects["web"].update(value="by two"))
    words = ("drift", "accept", report, "--branch", "-o", "json")
    both = [applied.start(*words) for _ in range(2)]
    pages = [json.loads(one.ends(0)[0]) for one in both]
    assert pages[0] == pages[1]
    assert 'value = "by two"' in applied.git("show", f"{pages[0]['branch']}:app/main.tf")
