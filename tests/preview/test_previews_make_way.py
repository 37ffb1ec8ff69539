"""A preview that hangs holds nothing up: whatever else its stack needs stops it, and it is made again."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from cli_world import Started, until
from pulls_world import PullsWorld, module, previewing

# In front of the real one: a plan of code with the file `hangs.tf` ends only when this script is removed.
HANGING = """\
#!/bin/sh
case " $* " in *" plan "*) while [ -e hangs.tf ] && [ -e "$0" ]; do sleep 0.2; done ;; esac
exec {terraform} "$@"
"""
HANGS = "# a provider that never answers\n"


@pytest.fixture
def world(tmp_path: Path) -> PullsWorld:
    world = previewing(tmp_path)
    binary = world.root / "terraform"
    binary.write_text(HANGING.format(terraform=shutil.which("terraform")))
    binary.chmod(0o755)
    world.more = f"engines: {{terraform: {{binary: {binary}}}}}\n"
    world.configured()
    world.pull(7, {"app/hangs.tf": HANGS, "app/main.tf": module("new")})
    return world


@pytest.fixture
def daemon(world: PullsWorld) -> Iterator[Started]:
    """While it lives, the preview of request 7 hangs."""
    started = world.start("daemon")
    until(lambda: is_(world, "planning"))
    yield started
    started.end()
    (world.root / "terraform").unlink()  # what hangs outlives the daemon


def is_(world: PullsWorld, *states: str) -> bool:
    found = world.json("run", "list", "--kind", "preview")
    return bool(found) and found[0]["state"] in states


def ended(world: PullsWorld, kind: str, state: str) -> bool:
    return bool(world.json("run", "list", "--kind", kind, "--state", state))


def test_a_change_is_planned_although_a_preview_of_its_stack_hangs(
    world: PullsWorld, daemon: Started
) -> None:
    world.run("plan", "app", "--no-wait")
    until(lambda: ended(world, "change", "no_changes") or ended(world, "change", "awaiting_approval"))
    assert is_(world, "queued", "planning")


def test_a_drift_check_is_made_although_a_preview_of_its_stack_hangs(
    world: PullsWorld, daemon: Started
) -> None:
    world.run("drift", "check", "app")
    assert is_(world, "queued", "planning")


def test_an_apply_begins_although_a_preview_of_its_stack_hangs(world: PullsWorld, daemon: Started) -> None:
    world.commit({"app/other.tf": 'resource "terraform_data" "other" {}\n'})
    world.run("source", "sync")
    until(lambda: ended(world, "change", "awaiting_approval"))
    run = world.json("run", "list", "--kind", "change", "--state", "awaiting_approval")[0]["id"]
    until(lambda: is_(world, "planning"))
    world.approve(run)
    until(lambda: world.json("run", "show", run)["state"] == "applied")


def test_a_preview_that_hangs_does_not_hold_up_its_successor(world: PullsWorld, daemon: Started) -> None:
    first = world.preview(7)["id"]
    world.git("checkout", "--quiet", "pull-7")
    world.git("rm", "--quiet", "app/hangs.tf")
    world.git("commit", "--quiet", "-m", "it answers")
    world.git("update-ref", "refs/pull/7/head", "HEAD")
    world.git("checkout", "--quiet", "main")
    world.run("source", "sync")
    until(lambda: world.preview(7)["state"] == "planned")
    assert world.json("run", "show", first)["state"] == "superseded"
