"""`drift adopt` from end to end: a real repository, a real engine, and a provider whose cloud is a file."""

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

sys.path.append(str(Path(__file__).parents[1] / "cli"))

from cli_world import World
from provider.cloudfile import edit
from provider.mirror import install

from runner.model.aws.place import Place
from runner.model.inventory.coverage import Judged
from runner.model.inventory.left_out import LeftOut, Reason
from runner.model.inventory.resource import CloudResource
from runner.model.inventory.state_object import SeenObjects, StateObject

HERE = Place("111122223333", "eu-west-1")
MAIN = """\
terraform {
  required_providers {
    cloudfile = { source = "driftline/cloudfile" }
  }
}
provider "cloudfile" {
  path = "%s"
}

resource "cloudfile_object" "web" {
  name   = "web"
  value  = "one"
  secret = "canary-of-web"
}
"""


@pytest.fixture(scope="module")
def applied(tmp_path_factory: pytest.TempPathFactory) -> World:
    root = tmp_path_factory.mktemp("adopt")
    mirror = install(root / "mirror")
    world = World(root, more=f"engines: {{plugin_mirror: {mirror}}}")
    (root / "signs").mkdir()
    world.commit({"app/stack.yaml": "name: app\n", "app/main.tf": MAIN % (root / "signs/cloud.json")})
    world.applied("app")
    return world


def arn(name: str) -> str:
    return f"arn:aws:cloud:eu-west-1:111122223333:{name}"


def by_hand(
    world: World,
    objects: Mapping[str, Mapping[str, Any]],
    left_out: LeftOut | None = None,
    kind: str = "cloudfile_object",
) -> None:
    """In the cloud, and on the list of what no stack manages."""
    with edit(world.root / "signs/cloud.json") as there:
        there.update({name: dict(value) for name, value in objects.items()})
    resources = [
        CloudResource(HERE, kind, name if kind == "cloudfile_object" else "", arn(name), name)
        for name in objects
    ]
    with world.app.store.writing() as writer:
        listing = writer.begin_listing(HERE)
        writer.save_listed(listing, HERE, [Judged(one, None, left_out) for one in resources])
        writer.end_listing(listing, HERE, [], [])


def test_resources_are_imported_by_a_patch_that_a_plan_has_proved(applied: World) -> None:
    by_hand(applied, {"by-hand": {"value": "x", "size": 3}})
    before = applied.git("rev-parse", "HEAD"), applied.git("status", "--porcelain")
    patch = applied.run("drift", "adopt", arn("by-hand"), "--stack", "app").stdout
    (applied.root / "adopt.patch").write_text(patch)
    applied.git("apply", "--check", "--index", str(applied.root / "adopt.patch"))
    assert "+++ b/app/imports.tf" in patch
    assert "+  to = cloudfile_object.by-hand" in patch
    assert '+resource "cloudfile_object" "by-hand" {' in patch
    assert "= null" not in patch
    assert (applied.git("rev-parse", "HEAD"), applied.git("status", "--porcelain")) == before


def test_the_merged_branch_imports_them_and_changes_nothing(applied: World) -> None:
    by_hand(applied, {"a": {"value": "1"}, "b": {"value": "2"}})
    page = applied.json("drift", "adopt", arn("a"), arn("b"), "--stack", "app", "--branch")
    assert page["branch"].startswith("adopt/app/")
    head = applied.git("rev-parse", "HEAD")
    applied.git("merge", "--quiet", "--ff-only", page["branch"])
    (planned,) = applied.json("plan", "app")
    assert planned["summary"]["import"] == 2
    assert sum(planned["summary"][one] for one in ("create", "update", "replace", "delete")) == 0
    applied.git("reset", "--quiet", "--hard", head)


def test_a_file_or_link_of_that_name_is_left_alone(applied: World) -> None:
    by_hand(applied, {"by-hand": {"value": "x"}})
    head = applied.git("rev-parse", "HEAD")
    (applied.repository / "app/imports.tf").symlink_to("main.tf.bak")
    applied.commit({"app/main.tf.bak": "# nothing\n"})
    applied.run("source", "sync")
    patch = applied.run("drift", "adopt", arn("by-hand"), "--stack", "app").stdout
    assert "+++ b/app/imports_2.tf" in patch
    applied.git("reset", "--quiet", "--hard", head)


def test_a_secret_is_not_generated_and_so_left_to_a_person(applied: World) -> None:
    by_hand(applied, {"locked": {"value": "x", "secret": "canary-of-locked"}})
    refused = applied.run("drift", "adopt", arn("locked"), "--stack", "app", expect=3)
    assert "secret taken out, since it is a secret" in refused.stderr
    assert "would be changed by the apply that imports it (etag, secret)" in refused.stderr
    assert 'resource "cloudfile_object" "locked" {' in refused.stdout
    assert "canary" not in refused.output


def test_code_with_a_secret_of_the_stack_in_it_is_discarded_and_not_shown(applied: World) -> None:
    by_hand(applied, {"leaky": {"value": "canary-of-web"}})
    refused = applied.run("drift", "adopt", arn("leaky"), "--stack", "app", expect=3)
    assert "the generated code contains a secret" in refused.stderr
    assert "canary" not in refused.output


def test_what_does_not_exist_is_not_adopted(applied: World) -> None:
    by_hand(applied, {"gone": {"value": "1"}})
    with edit(applied.root / "signs/cloud.json") as there:
        there.pop("gone")
    refused = applied.run("drift", "adopt", arn("gone"), "--stack", "app", expect=3)
    assert refused.stdout == ""
    assert "nothing could be generated" in refused.stderr


def test_a_resource_that_nobody_listed_is_refused(applied: World) -> None:
    refused = applied.run("drift", "adopt", "arn:aws:sqs:r:1:x", "--stack", "app", expect=5)
    assert "is not among the resources that no stack manages" in refused.stderr
    assert "driftline drift coverage --now" in refused.stderr


def test_a_resource_that_another_stack_manages_is_refused(applied: World) -> None:
    with applied.app.store.writing() as writer:
        object_ = StateObject("aws_sqs_queue.x", "aws_sqs_queue", arn("taken"), ())
        writer.save_objects("app", SeenObjects("l", 1, (object_,)))
    refused = applied.run("drift", "adopt", arn("taken"), "--stack", "app", expect=3)
    assert "is managed already: aws_sqs_queue.x of app" in refused.stderr


def test_a_resource_of_another_tool_is_refused_with_the_reason(applied: World) -> None:
    by_hand(applied, {"of-web": {"value": "1"}}, LeftOut(Reason.CLOUDFORMATION, "web"))
    refused = applied.run("drift", "adopt", arn("of-web"), "--stack", "app", expect=3)
    assert "belongs to a CloudFormation stack: web" in refused.stderr


def test_a_type_that_no_row_lists_is_refused(applied: World) -> None:
    by_hand(applied, {"cert": {"value": "1"}}, kind="acm:certificate")
    refused = applied.run("drift", "adopt", arn("cert"), "--stack", "app", expect=3)
    assert "what terraform imports that by" in refused.stderr
