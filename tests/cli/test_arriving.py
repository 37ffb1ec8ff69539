"""Stacks that were applied before Driftline knew them: their state is in a backend, or on somebody's laptop."""

import json
import os
import shutil
import signal
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from cli_world import World, begun
from command_process import exit_code

from runner.model.changes.changes import ChangeSet
from runner.service.operator import import_state

pytestmark = pytest.mark.skipif(shutil.which("terraform") is None, reason="there is no terraform on PATH")
BACKEND = 'terraform {{\n  backend "local" {{ path = "{states}/app.tfstate" }}\n}}\n'


@pytest.fixture
def world(tmp_path: Path) -> World:
    return begun(tmp_path, beside_a_laptop)


@pytest.fixture
def laptop(world: World) -> Path:
    """The state of somebody who has applied the same code by hand."""
    return world.root / "laptop" / "terraform.tfstate"


def beside_a_laptop(world: World) -> None:
    world.stack("app")
    applied_by_hand(world, world.root / "laptop")


def applied_by_hand(world: World, folder: Path, stack: str = "app") -> Path:
    shutil.copytree(world.repository / stack, folder, dirs_exist_ok=True)
    for words in (["init"], ["apply", "-auto-approve"]):
        subprocess.run(["terraform", *words, "-input=false"], cwd=folder, check=True, capture_output=True)
    return folder / "terraform.tfstate"


def with_backend(world: World) -> None:
    states = world.root / "states"
    states.mkdir()
    allowed = f'/repository", allow: {{backends: [local], state_folders: ["{states}"]}}}}'
    world.config.write_text(world.config.read_text().replace('/repository"}', allowed))
    world.commit({"app/backend.tf": BACKEND.format(states=states)})


def managed(world: World, stack: str = "app") -> Path:
    return world.app.workspaces.state_file(stack, "default")


def change(state: Path, **fields: Any) -> Path:
    state.write_text(json.dumps({**json.loads(state.read_text()), **fields}))
    return state


def imported(world: World, state: Path, expect: int = 0) -> str:
    return world.run("state", "import", "app", str(state), "--yes", expect=expect).output


def stack(world: World) -> Any:
    return next(one for one in world.json("stack", "list") if one["name"] == "app")


def test_a_stack_with_an_existing_backend_state_is_synced_by_its_first_plan(
    world: World, tmp_path: Path
) -> None:
    with_backend(world)
    applied_by_hand(world, tmp_path / "laptop")
    assert world.json("plan", "app")[0]["state"] == "no_changes"
    assert stack(world)["sync"] == "synced"


def test_the_first_plan_after_an_import_finds_nothing_to_do(world: World, laptop: Path) -> None:
    shown = imported(world, laptop)
    assert "no changes" in shown
    assert managed(world).read_bytes() == laptop.read_bytes()
    assert managed(world).stat().st_mode & 0o777 == 0o600
    assert world.json("plan", "app")[0]["state"] == "no_changes"
    assert stack(world)["sync"] == "synced"


def test_what_the_code_would_change_is_shown_before_the_question(world: World, laptop: Path) -> None:
    world.cloud.write_text("other\n")
    shown = imported(world, laptop)
    assert "1 to update" in shown
    assert shown.index("1 to update") < shown.index("Imported the state into")


def test_a_plan_that_waited_for_an_answer_is_superseded(world: World, laptop: Path) -> None:
    run = world.json("plan", "app")[0]
    imported(world, laptop)
    after = world.json("run", "show", run["id"])
    assert (after["state"], after["reason"]) == ("superseded", "a state is imported")


def test_the_audit_log_says_who_imported_which_state(world: World, laptop: Path) -> None:
    imported(world, laptop)
    (entry,) = [one for one in world.json("audit", "log") if one["action"] == "state.import"]
    assert entry["subject"] == "app"
    assert entry["detail"]["lineage"] == json.loads(laptop.read_text())["lineage"]
    assert entry["detail"]["resources"] == 1
    assert world.json("lock", "list") == []


def test_an_imported_state_is_an_event(world: World, laptop: Path) -> None:
    imported(world, laptop)
    (event,) = world.json("events", "--topic", "state.import")
    assert (event["payload"]["stack"], event["payload"]["resources"]) == ("app", 1)
    assert event["sentence"].startswith("a state was imported for app by")


def test_the_former_state_is_kept_as_a_copy(world: World, laptop: Path) -> None:
    imported(world, laptop)
    before = managed(world).read_bytes()
    shown = imported(world, change(laptop, serial=40))
    (copy,) = managed(world).parent.with_name("backups").glob("*.tfstate")
    assert copy.read_bytes() == before
    assert str(copy) in shown


def test_the_same_state_again_changes_nothing(world: World, laptop: Path) -> None:
    imported(world, laptop)
    assert "already has this state" in imported(world, laptop)
    assert not managed(world).parent.with_name("backups").exists()


def test_an_import_without_a_yes_changes_nothing(world: World, laptop: Path) -> None:
    run = world.json("plan", "app")[0]
    world.run("state", "import", "app", str(laptop), expect=64)
    assert not managed(world).exists()
    assert world.json("run", "show", run["id"])["state"] == "awaiting_approval"


# What does not fit


def of_another_lineage(world: World, laptop: Path) -> Path:
    imported(world, laptop)
    return change(laptop, lineage="5d3f1f6e-0000-0000-0000-000000000000", serial=90)


def that_is_older(world: World, laptop: Path) -> Path:
    imported(world, change(laptop, serial=7))
    return change(laptop, serial=6)


def that_differs_at_the_same_serial(world: World, laptop: Path) -> Path:
    imported(world, laptop)
    return change(laptop, outputs={})


def of_other_code(world: World, laptop: Path) -> Path:
    state = json.loads(laptop.read_text())
    state["resources"][0]["name"] = "something_else"
    return change(laptop, resources=state["resources"])


def of_an_emptied_one(world: World, laptop: Path) -> Path:
    world.applied("app")
    world.run("plan", "app")
    change(managed(world), resources=[])
    return laptop


@pytest.mark.parametrize(
    ("which", "shown"),
    [
        (of_another_lineage, "has a different one"),
        (that_is_older, "it is older (serial 6)"),
        (that_differs_at_the_same_serial, "it differs from the managed state"),
        (of_other_code, "nothing in common with the code"),
        (of_an_emptied_one, "A DIFFERENT ONE"),
    ],
)
def test_a_state_that_does_not_fit_is_refused(
    world: World, laptop: Path, which: Callable[[World, Path], Path], shown: str
) -> None:
    state = which(world, laptop)
    before = managed(world).read_bytes() if managed(world).exists() else None
    assert shown in imported(world, state, expect=3)
    assert (managed(world).read_bytes() if managed(world).exists() else None) == before
    assert world.json("lock", "list") == []


@pytest.mark.parametrize(
    ("content", "shown"),
    [
        ("", "it is not JSON"),
        ("[" * 100_000, "it is not JSON"),
        ("[]", "it is not a JSON object"),
        (
            '{"version": 4, "lineage": "a", "serial": 9223372036854775813, "resources": []}',
            "its serial is missing",
        ),
        (
            '{"version": 4, "lineage": "a", "serial": 1, "resources": [], "resources": []}',
            "appears twice",
        ),
        (
            '{"version": 4, "lineage": "a", "serial": 1, "resources": [], "Resources": []}',
            "in different case",
        ),
        ('{"version": 3, "lineage": "a", "serial": 1, "resources": []}', "version 3"),
        ('{"version": 4, "serial": 1, "resources": []}', "no lineage"),
        ('{"version": 4, "lineage": "a", "serial": true, "resources": []}', "its serial is missing"),
        (
            '{"version": 4, "lineage": "a", "serial": 1, "resources": [1]}',
            "not in the format that an engine writes",
        ),
        ('{"version": 4, "lineage": "a", "serial": 1, "encrypted_data": "x"}', "encrypted"),
    ],
)
def test_a_file_that_is_no_state_is_refused(world: World, tmp_path: Path, content: str, shown: str) -> None:
    file = tmp_path / "file"
    file.write_text(content)
    assert shown in imported(world, file, expect=1)


def test_a_symlink_and_a_pipe_are_refused(world: World, laptop: Path, tmp_path: Path) -> None:
    link, pipe = tmp_path / "link", tmp_path / "pipe"
    link.symlink_to(laptop)
    os.mkfifo(pipe)
    assert "symlink" in imported(world, link, expect=1)
    assert "not a regular file" in imported(world, pipe, expect=1)


def test_a_stack_with_a_backend_is_refused_with_the_command_that_works(world: World, laptop: Path) -> None:
    with_backend(world)
    assert f"terraform state push {laptop}" in imported(world, laptop, expect=3)


def test_a_plan_that_fails_with_the_state_imports_nothing(world: World, laptop: Path) -> None:
    resources = json.loads(laptop.read_text())["resources"]
    resources[0]["instances"][0]["schema_version"] = 99
    shown = imported(world, change(laptop, resources=resources), expect=1)
    assert "cannot be planned with this state" in shown
    assert not managed(world).exists()
    assert not list((world.root / "data" / "trials").iterdir())


def test_a_locked_stack_keeps_its_state(world: World, laptop: Path) -> None:
    world.run("plan", "app")
    world.run("lock", "take", "app", "--reason", "mine")
    imported(world, laptop, expect=4)
    assert not managed(world).exists()
    assert [one["reason"] for one in world.json("lock", "list")] == ["mine"]


def test_nothing_is_imported_where_the_lock_was_released_meanwhile(
    world: World, laptop: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def released(*given: Any) -> Any:
        world.run("lock", "release", "app", "--reason", "impatient")
        return ChangeSet()

    monkeypatch.setattr(import_state, "preview", released)
    assert "was released in the meantime" in imported(world, laptop, expect=3)
    assert not managed(world).exists()


def test_a_write_that_fails_leaves_the_former_state(
    world: World, laptop: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    imported(world, laptop)
    before = managed(world).read_bytes()

    def rename(source: Any, target: Any, **folders: Any) -> None:
        if str(target) == "terraform.tfstate":
            raise OSError(28, "No space left on device")
        os.replace(source, target, **folders)  # noqa: PTH105 - in an open folder

    monkeypatch.setattr(os, "rename", rename)
    imported(world, change(laptop, serial=41), expect=1)
    assert managed(world).read_bytes() == before
    assert [one.name for one in managed(world).parent.iterdir()] == ["terraform.tfstate"]


def test_a_state_goes_to_the_workspace_of_its_stack(world: World, tmp_path: Path) -> None:
    state = applied_by_hand(world, tmp_path / "laptop")
    world.stack("app", "terraform_workspace: blue\n")
    imported(world, state)
    blue = world.app.workspaces.state_file("app", "blue")
    assert blue.read_bytes() == state.read_bytes()
    assert world.json("plan", "app")[0]["state"] == "no_changes"


def test_a_kill_at_any_write_leaves_the_former_state_or_the_new_one(world: World, laptop: Path) -> None:
    imported(world, change(laptop, serial=7))
    former, new = laptop.read_bytes(), change(laptop, serial=8).read_bytes()
    killed = 0
    # What terraform says of itself is written once, before the lock.
    assert exit_code(world, "source", "sync") == 0
    for hit in range(1, 40):
        world.environment["DRIFTLINE_FAILPOINTS"] = f"file.before_rename=kill@{hit}"
        code = exit_code(world, "state", "import", "app", str(laptop), "--yes")
        if code == 0:
            break
        assert code == -signal.SIGKILL
        killed += 1
        assert managed(world).read_bytes() == former
        assert [lock["reason"] for lock in world.json("lock", "list")] == [
            "imports the state terraform.tfstate"
        ]
        world.run("lock", "release", "app", "--reason", "its process was killed")
    assert killed > 1
    assert managed(world).read_bytes() == new
    world.run("daemon", "--once", expect=None)
    assert not list((world.root / "data" / "trials").iterdir())
    assert not [path for path in managed(world).parent.iterdir() if path.name.startswith(".")]
