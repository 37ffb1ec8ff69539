"""A stack moves from Terraform to OpenTofu and back. The stand-in for OpenTofu is the real terraform under its name."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from cli_world import World
from wrapped import program

REAL = shutil.which("terraform") or "terraform"
TOFU = f"""[ "$1" = version ] && {{ echo "OpenTofu v1.12.6"; echo on linux; exit; }}
{REAL} "$@" > "$TMPDIR/said.$$"; code=$?
while IFS= read -r line || [ -n "$line" ]; do case "$line" in
*'"type":"version"'*) echo '{{"@level":"info","@message":"OpenTofu 1.12.6","tofu":"1.12.6","type":"version"}}' ;;
*) printf '%s\\n' "$line" ;; esac; done < "$TMPDIR/said.$$"
exit $code"""


@pytest.fixture
def world(tmp_path: Path) -> World:
    program(tmp_path / "opt/tofu", TOFU)
    return World(tmp_path, f"engines: {{tofu: {{binary: {tmp_path}/opt/tofu}}}}\n")


def newest(world: World) -> dict[str, Any]:
    run: dict[str, Any] = world.json("run", "list")[0]
    return run


def state(world: World) -> dict[str, Any]:
    (file,) = (world.root / "data/workspaces").glob("*/state/terraform.tfstate")
    document: dict[str, Any] = json.loads(file.read_text())
    return document


def used(world: World) -> list[str]:
    """The engines of all runs, the first one first."""
    return [run["engine_version"] for run in reversed(world.json("run", "list"))]


def test_a_move_there_and_back_changes_nothing_and_keeps_state_and_history(world: World) -> None:
    world.stack("app")
    world.applied("app")
    before, terraform = state(world), newest(world)["engine_version"]
    world.stack("app", "engine: tofu\n")
    world.run("daemon", "--once")
    assert (newest(world)["state"], newest(world)["engine_version"]) == ("no_changes", "1.12.6")
    assert world.json("stack", "show", "app")["sync"] == "synced"
    assert state(world) == before
    world.stack("app")
    world.run("daemon", "--once")
    assert (newest(world)["state"], newest(world)["engine_version"]) == ("no_changes", terraform)
    assert world.json("stack", "show", "app")["sync"] == "synced"
    assert state(world) == before
    assert used(world) == [terraform, "1.12.6", terraform]


def test_what_one_engine_applied_the_other_goes_on_with(world: World) -> None:
    world.stack("app")
    world.applied("app")
    lineage, serial = state(world)["lineage"], state(world)["serial"]
    world.stack("app", "engine: tofu\n")
    world.cloud.write_text("changed\n")
    world.run("daemon", "--once")
    run = newest(world)
    assert (run["state"], run["summary"]["update"]) == ("awaiting_approval", 1)
    assert world.json("run", "show", run["id"])["binding"]["guard_rails"] == []
    world.approve(run["id"])
    world.run("apply", run["id"])
    assert state(world)["lineage"] == lineage
    assert state(world)["serial"] > serial
    world.stack("app")
    world.run("daemon", "--once")
    assert newest(world)["state"] == "no_changes"
    assert "OpenTofu 1.12.6" in world.run("logs", run["id"]).stdout


def test_a_plan_that_waits_is_superseded_by_the_move(world: World) -> None:
    world.stack("app")
    world.run("daemon", "--once")
    world.stack("app", "engine: tofu\n")
    world.run("daemon", "--once")
    runs = {run["id"]: (run["state"], run["engine_version"]) for run in world.json("run", "list")}
    assert runs["run-1"][0] == "superseded"
    assert runs["run-2"] == ("awaiting_approval", "1.12.6")
    assert world.run("apply", "run-1", expect=None).exit_code != 0


def test_a_drift_report_of_before_the_move_is_resolved_after_it(world: World) -> None:
    world.stack("app")
    world.applied("app")
    world.cloud.write_text("changed by hand\n")
    world.run("drift", "check", "app", expect=2)
    (report,) = world.json("drift", "list")
    world.stack("app", "engine: tofu\n")
    world.run("daemon", "--once", expect=2)
    (still,) = world.json("drift", "list")
    assert (still["id"], still["status"]) == (report["id"], "open")
    run = newest(world)
    assert (run["state"], run["engine_version"]) == ("awaiting_approval", "1.12.6")
    world.approve(run["id"])
    world.run("apply", run["id"])
    assert world.json("drift", "check", "app")["stacks"][0]["result"] == "clean"
    assert newest(world)["engine_version"] == "1.12.6"
    (resolved,) = world.json("drift", "list", "--all")
    assert (resolved["id"], resolved["status"]) == (report["id"], "resolved")
