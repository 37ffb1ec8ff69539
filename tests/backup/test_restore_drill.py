"""A drill: everything of an installation is lost but its backup and its keys, and it goes on where it was."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from backup_world import SECRET, Installation
from cli_world import World

pytestmark = pytest.mark.skipif(shutil.which("terraform") is None, reason="there is no terraform on PATH")
HISTORY = ("run list", "audit log", "state list", "state list app", "state list db", "drift list --all")


def told(world: World) -> dict[str, Any]:
    """What an installation says of its past."""
    return {words: world.json(*words.split()) for words in HISTORY}


def test_after_the_loss_of_everything_nothing_is_planned_and_nothing_is_forgotten(tmp_path: Path) -> None:
    made = Installation(tmp_path, "approvals: {required: 1}\n")
    world = made.world
    for stack in ("app", "db"):
        world.stack(stack)
        world.applied(stack)
    world.cloud.write_text("second")
    world.applied("app")
    world.cloud.write_text("third")
    world.run("drift", "check", "db", expect=2)
    world.run("plan", "app")  # waits for an approval
    before = told(world)
    one = world.run("state", "pull", "app", "--version", "1").stdout
    made.back_up()
    made.lose()
    assert "awaits approval" in made.restore()

    # History, approvals and versions are there.
    after = told(world)
    actions = [entry["action"] for entry in after["audit log"]]
    assert actions[:1] == ["backup.restore"]
    known = {entry["seq"]: entry for entry in after["audit log"]}
    assert all(known[entry["seq"]] == entry for entry in before["audit log"])
    for words in HISTORY:
        if words not in {"audit log", "run list"}:
            assert after[words] == before[words], words
    assert [(run["id"], run["state"]) for run in after["run list"]] == [
        (run["id"], run["state"]) for run in before["run list"]
    ]
    assert world.run("state", "pull", "app", "--version", "1").stdout == one
    world.run("audit", "verify")
    world.run("db", "check")

    # The same world makes the same plan: what was applied is known.
    world.cloud.write_text("second")
    assert made.plan("app") == "no_changes"

    # Versions roll back, and terraform takes what comes of it.
    world.run("state", "rollback", "app", "--to", "1", "--yes")
    run = world.json("plan", "app")[0]
    assert (run["state"], run["summary"]["update"]) == ("awaiting_approval", 1)
    world.approve(run["id"])
    world.run("apply", run["id"])
    assert made.plan("app") == "no_changes"


def test_the_file_of_a_state_may_be_lost_where_its_versions_are_not(tmp_path: Path) -> None:
    made = Installation(tmp_path)
    made.world.stack("app")
    made.world.applied("app")
    made.back_up()
    made.lose()
    made.restore()
    for folder in (made.data / "workspaces").iterdir():
        shutil.rmtree(folder)
    assert made.plan("app") == "no_changes"


def test_earlier_versions_are_in_no_backup_in_clear_and_no_key_opens_them_but_its_own(tmp_path: Path) -> None:
    made = Installation(tmp_path)
    made.world.stack("app")
    made.world.applied("app")
    made.world.cloud.write_text("now it is public")
    made.world.applied("app")
    made.back_up()
    assert SECRET.encode() not in made.file.read_bytes()
    made.lose()
    keys = json.loads(made.keys.read_text())
    made.restore()
    assert SECRET in made.world.run("state", "pull", "app", "--version", "1").stdout
    # Those of another installation open none of them.
    (made.data / "keys" / "artifacts").write_bytes(bytes(32))
    shown = made.world.run("state", "show", "app", "--version", "1", expect=1).output
    assert "another key" in shown
    assert keys
