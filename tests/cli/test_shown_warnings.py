"""What terraform warns of reaches the people who approve and look; a check that fails is a state of its stack."""

from pathlib import Path
from typing import Any

import pytest
from cli_world import World, begun

CHECKED = """\
variable "size" {{ default = 1 }}
resource "terraform_data" "it" {{ input = var.size }}
check "large" {{
  assert {{
    condition     = var.size > 3
    error_message = "far\ttoo small"
  }}
}}
"""
UNDECLARED = "vars: {sise: 5}\n"


@pytest.fixture
def world(tmp_path: Path) -> World:
    made = World(tmp_path)
    warned(made)
    return made


@pytest.fixture
def applied(tmp_path: Path) -> World:
    return begun(tmp_path, warned_and_applied)


def warned(world: World) -> None:
    world.stack("app", UNDECLARED, module=CHECKED.replace("\t", " "))


def warned_and_applied(world: World) -> None:
    warned(world)
    world.applied("app")


def failing(world: World) -> list[dict[str, Any]]:
    (stack,) = world.json("stack", "list")
    found: list[dict[str, Any]] = stack["failing_checks"]
    return found


def test_terraforms_warnings_are_shown_to_approvers_and_viewers(world: World) -> None:
    planned = world.json("plan", "app")[0]
    digest = planned["plan_digest"][:12]
    for words in (
        ("run", "show", "1"),
        ("run", "diff", "1"),
        ("approve", "1", "--digest", digest, "--yes"),
    ):
        said = world.run(*words).stdout
        assert "Value for undeclared variable" in said, words
        assert '"sise"' in said, words
        assert "far too small" in said, words
    text = {one["summary"]: one for one in planned["diagnostics"]}
    assert text["Check block assertion failed"]["address"] == "check.large"
    assert {one["severity"] for one in planned["diagnostics"]} == {"warning"}


def test_a_failing_check_is_a_state_of_its_stack_since_first_seen(world: World) -> None:
    assert failing(world) == [] if world.run("source", "sync") else None
    world.applied("app")
    (check,) = failing(world)
    assert (check["address"], check["message"]) == ("check.large", "far too small")
    world.run("drift", "check", "app")
    assert failing(world) == [check]
    shown = world.run("stack", "show", "app").stdout
    assert "check.large fails: far too small, first seen" in shown
    (need,) = world.json("status")["needs"]
    assert (need["why"], need["name"]) == ("check", "app")


def test_a_drift_check_does_not_call_a_failing_check_fine(applied: World) -> None:
    (entry,) = applied.json("drift", "check", "app")["stacks"]
    assert (entry["result"], entry["reason"]) == ("clean", "clean; check.large fails: far too small")


def test_a_check_that_holds_again_is_no_state_any_more(applied: World) -> None:
    applied.stack("app", "vars: {size: 5}\n", module=CHECKED.replace("\t", " "))
    applied.applied("app")
    assert failing(applied) == []
    assert applied.json("status")["needs"] == []


def test_warnings_of_the_plan_are_still_there_after_the_apply(applied: World) -> None:
    summaries = [one["summary"] for one in applied.json("run", "show", "1")["diagnostics"]]
    assert sorted(set(summaries)) == sorted(summaries)
    assert "Value for undeclared variable" in summaries


def test_a_secret_in_a_warning_is_masked(tmp_path: Path) -> None:
    world = World(tmp_path)
    secret = "hunter2-" * 3
    world.stack(
        "app",
        f"env: {{DB_PASSWORD: {secret}}}\n",
        module=f'variable "x" {{{{ default = 1 }}}}\ncheck "x" {{{{\n  assert {{{{\n    condition = var.x > 3\n    error_message = "it is {secret}"\n  }}}}\n}}}}\n',
    )
    world.run("plan", "app")
    text = world.run("run", "show", "1").stdout + str(world.json("run", "show", "1"))
    assert "Check block assertion failed" in text
    assert secret not in text
