"""What becomes of a stack whose newest revision is refused: what is applied stays, the others go on, a person sees it."""

import json
from copy import copy
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import pytest
from attack_world import Arena
from put_back import PutBack

ONE = 'resource "terraform_data" "one" {\n  input = "%s"\n}\n'
LOCAL = 'terraform {\n  backend "local" {\n    path = "%s"\n  }\n}\n'
EXTERNAL = 'data "external" "x" {\n  program = ["sh", "-c", "{pwn}"]\n}\n'


def show(arena: Arena, stack: str) -> dict[str, Any]:
    return dict(json.loads(arena.run("stack", "show", stack, "-o", "json").stdout))


def run_of(arena: Arena, stack: str, *words: str, expect: int | None = 0) -> dict[str, Any]:
    return dict(json.loads(arena.run("plan", stack, *words, "-o", "json", expect=expect).stdout)[0])


def apply(arena: Arena, stack: str) -> None:
    planned = run_of(arena, stack)
    arena.run("approve", planned["id"], "--digest", planned["plan_digest"][:12], "--yes")
    arena.run("apply", planned["id"])


def commit(arena: Arena, files: dict[str, str]) -> str:
    revision: str = arena.remote.commit({name: arena.armed(text) for name, text in files.items()})
    return revision


def commit_link(arena: Arena, name: str, target: str) -> None:
    link = arena.remote.path / name
    link.parent.mkdir(parents=True, exist_ok=True)
    link.symlink_to(target)
    arena.remote.commit()


def with_states(arena: Arena, **allow: object) -> Path:
    """A folder in which the operator lets local backends keep their states."""
    folder = arena.remote.data / "states"
    folder.mkdir(mode=0o700)
    arena.configure(allow={"state_folders": [str(folder)], **allow})
    return folder


@dataclass(frozen=True)
class Once:
    """Done for the first test, and put back for the others."""

    root: Path

    @cached_property
    def applied(self) -> tuple[Arena, PutBack]:
        arena = Arena(self.root)
        commit(
            arena,
            {f"{name}/stack.yaml": f"name: {name}\n" for name in "ab"}
            | {f"{name}/main.tf": ONE % 1 for name in "ab"},
        )
        apply(arena, "a")
        return arena, PutBack.kept(self.root)


@pytest.fixture(scope="module")
def once(tmp_path_factory: pytest.TempPathFactory) -> Once:
    return Once(tmp_path_factory.mktemp("arena"))


@pytest.fixture
def applied(once: Once) -> Arena:
    """With `a` applied and `b` known."""
    arena, installation = once.applied
    installation.again()
    return copy(arena)


def test_what_is_applied_stays_and_the_others_go_on(applied: Arena) -> None:
    head = show(applied, "a")["applied_revision"]
    commit(applied, {"a/terraform.d/plugins/x": "#!/bin/sh\n{pwn}\n", "b/main.tf": ONE % 2})
    reason = "'a/terraform.d' may not be in the repository: it would bring in plugins that no one reviewed"
    applied.problems()
    refused = show(applied, "a")
    assert refused["health"] == "error"
    assert (refused["applied_revision"], refused["revision"]) == (head, head)
    for command in ("stack list", "stack show a", "status", "source sync"):
        assert "a/terraform.d:1:1: " in (shown := applied.run(*command.split(), expect=None).output), command
        assert reason in shown.replace("\n", " "), command
    once = applied.run("daemon", "--once", expect=1)
    assert reason in once.output
    runs = json.loads(applied.run("run", "list", "-o", "json").stdout)
    assert {(run["stack"], run["state"]) for run in runs} == {("a", "applied"), ("b", "awaiting_approval")}, (
        once.output
    )
    applied.run("drift", "check", "a")
    applied.unharmed()


def test_a_commit_that_takes_it_back_is_planned_again(applied: Arena) -> None:
    commit(applied, {"a/.terraform/environment": "evil"})
    assert applied.problems()
    (applied.remote.path / "a/.terraform/environment").unlink()
    commit(applied, {"a/main.tf": ONE % 2})
    assert applied.problems() == []
    assert run_of(applied, "a")["state"] == "awaiting_approval"


def test_an_older_revision_is_looked_at_as_the_newest_is(applied: Arena) -> None:
    refused = commit(applied, {"a/errored.tfstate": "{}"})
    (applied.remote.path / "a/errored.tfstate").unlink()
    commit(applied, {})
    assert applied.problems() == []
    assert "'a/errored.tfstate' may not be" in applied.run("plan", "a", "--ref", refused, expect=5).output


# Links that lead out of the repository, in a folder that is no stack's


def test_a_link_out_of_a_folder_of_no_stack_stops_no_stack(applied: Arena) -> None:
    commit_link(applied, "sym/out", str(applied.outside))
    assert [run_of(applied, stack)["state"] for stack in "ab"] == ["no_changes", "awaiting_approval"]
    applied.unharmed()


def test_what_lies_behind_such_a_link_is_read_by_no_stack(applied: Arena) -> None:
    commit_link(applied, "sym/abs", "/etc/passwd")
    commit(applied, {"b/main.tf": 'resource "terraform_data" "one" {\n  input = file("../sym/abs")\n}\n'})
    planned = applied.run("plan", "b", expect=None).output
    assert "no file exists" in planned
    assert "root:" not in planned


# What the operator allows counts when something is done, not when it was committed


def test_a_drift_check_of_what_is_no_longer_allowed_is_not_made(arena: Arena) -> None:
    arena.configure(allow={"provisioners": True})
    runs = 'resource "terraform_data" "x" {\n  provisioner "local-exec" {\n    command = "true"\n  }\n}\n'
    commit(arena, {"a/stack.yaml": "name: a\n", "a/main.tf": runs})
    apply(arena, "a")
    arena.configure(allow={"provisioners": False})
    shown = arena.run("drift", "check", "a", expect=1).output
    assert "terraform_data.x in a runs commands during plan or apply" in shown


def test_an_approved_plan_of_what_is_no_longer_allowed_is_not_applied(arena: Arena) -> None:
    arena.configure(allow={"provisioners": True})
    runs = 'resource "terraform_data" "x" {\n  provisioner "local-exec" {\n    command = "{pwn}"\n  }\n}\n'
    commit(arena, {"a/stack.yaml": "name: a\n", "a/main.tf": runs})
    planned = run_of(arena, "a")
    arena.run("approve", planned["id"], "--digest", planned["plan_digest"][:12], "--yes")
    arena.configure(allow={"provisioners": False})
    arena.run("apply", planned["id"], expect=None)
    arena.unharmed()


def test_an_engine_or_role_no_longer_allowed_is_refused_at_the_old_revision(
    applied: Arena,
) -> None:
    applied.configure(allow={"engines": ["tofu"]})
    assert (
        "engine terraform is not among allow.engines" in applied.run("drift", "check", "a", expect=1).output
    )


# Where the state is


def test_a_state_that_was_used_is_not_left_for_another(applied: Arena) -> None:
    states = with_states(applied)
    commit(applied, {"a/backend.tf": LOCAL % (states / "a.tfstate")})
    (shown,) = applied.problems()
    assert (
        f'its state is in managed a workspace default, but this revision would store it in local {{"path":"{states}'
        in shown
    )
    applied.run("daemon", "--once", expect=None)
    assert not list(states.iterdir())
    assert show(applied, "a")["health"] == "error"
    applied.run("drift", "check", "a")


def test_another_workspace_is_another_state(applied: Arena) -> None:
    commit(applied, {"a/stack.yaml": "name: a\nterraform_workspace: other\n"})
    assert "would store it in managed a workspace other" in applied.problems()[0]


def test_a_state_that_was_not_used_yet_may_move(applied: Arena) -> None:
    states = with_states(applied)
    commit(applied, {"b/backend.tf": LOCAL % (states / "b.tfstate")})
    assert applied.problems() == []


def test_an_apply_that_failed_half_way_has_left_a_state_too(arena: Arena) -> None:
    states = with_states(arena, provisioners=True)
    fails = 'resource "terraform_data" "x" {\n  provisioner "local-exec" {\n    command = "false"\n  }\n}\n'
    commit(arena, {"a/stack.yaml": "name: a\n", "a/main.tf": fails})
    planned = run_of(arena, "a")
    arena.run("approve", planned["id"], "--digest", planned["plan_digest"][:12], "--yes")
    arena.run("apply", planned["id"], expect=1)
    commit(arena, {"a/backend.tf": LOCAL % (states / "a.tfstate")})
    assert "its state is in managed a" in arena.problems()[0]


def test_an_older_revision_does_not_bring_an_older_state_back(applied: Arena) -> None:
    states = with_states(applied)
    old = commit(applied, {"a/backend.tf": LOCAL % (states / "a.tfstate")})
    commit(applied, {"a/backend.tf": ""})
    assert applied.problems() == []
    assert "its state is in managed a" in applied.run("plan", "a", "--ref", old, expect=3).output


def test_a_person_may_say_that_the_state_was_moved(applied: Arena) -> None:
    states = with_states(applied)
    commit(applied, {"a/backend.tf": LOCAL % (states / "a.tfstate")})
    applied.problems()
    (old,) = (applied.remote.data / "workspaces").glob("a-*/state/terraform.tfstate")
    (states / "a.tfstate").write_bytes(old.read_bytes())
    applied.run("stack", "accept-state", "a", "-m", "moved by hand", "--yes")
    assert applied.problems() == []
    assert run_of(applied, "a")["state"] == "no_changes"
    (entry,) = [
        entry
        for entry in json.loads(applied.run("audit", "log", "-o", "json").stdout)
        if entry["action"] == "stack.accept_state"
    ]
    assert entry["detail"]["reason"] == "moved by hand"


def test_a_yes_is_for_one_place_and_not_for_the_next(applied: Arena) -> None:
    states = with_states(applied)
    commit(applied, {"a/backend.tf": LOCAL % (states / "one.tfstate")})
    applied.problems()
    applied.run("stack", "accept-state", "a", "-m", "moved by hand", "--yes")
    commit(applied, {"a/backend.tf": LOCAL % (states / "two.tfstate")})
    assert "would store it in local" in applied.problems()[0]


def test_nothing_is_accepted_where_nothing_moved(applied: Arena) -> None:
    applied.run("stack", "accept-state", "a", "-m", "why not", "--yes", expect=5)


# Where providers come from


def test_only_named_providers_are_taken(arena: Arena) -> None:
    arena.configure(allow={"providers": ["registry.terraform.io/hashicorp/aws"]})
    required = 'terraform {\n  required_providers {\n    x = { source = "%s" }\n  }\n}\n'
    modules = {
        "built-in": ONE % 1,
        "named": required % "hashicorp/aws",
        "implied": 'data "aws_region" "x" {}\n',
        "other": required % "evil/aws",
        "other-host": required % "registry.example.com/hashicorp/aws",
        "implied-other": 'resource "null_resource" "x" {}\n',
        "provider-block": 'provider "random" {}\n',
        "in-json": "",
        "in-check": 'check "c" {\n  data "http" "x" {\n    url = "https://example.com"\n  }\n}\n',
        "by-attribute": 'resource "aws_x" "x" {\n  provider = google.west\n}\n',
    }
    files = {f"{name}/stack.yaml": f"name: {name}\n" for name in modules} | {
        f"{n}/main.tf": t for n, t in modules.items()
    }
    files["in-json/main.tf.json"] = '{"resource": {"null_resource": {"x": {}}}}'
    commit(arena, files)
    shown = arena.problems()
    assert sorted(arena.stacks()) == ["built-in", "implied", "named"]
    assert any(
        "the provider registry.terraform.io/hashicorp/null in in-json is not among allow.providers" in one
        for one in shown
    )


@pytest.mark.parametrize(
    "command", [("plan", "c"), ("drift", "check", "c"), ("stack", "pause", "c", "-m", "later")]
)
def test_of_a_stack_that_was_never_sound_every_command_says_what_is_wrong(
    applied: Arena, command: tuple[str, ...]
) -> None:
    commit(applied, {"c/stack.yaml": "name: c\n", "c/main.tf": ONE % 1, "c/terraform.d/x": "\n"})
    applied.problems()
    answer = applied.run(*command, expect=5)
    assert 'stack "c" is in Git, but it is refused' in answer.stderr
    assert "'c/terraform.d' may not be in the repository" in answer.stderr
    assert "driftline source check infra" in answer.stderr
