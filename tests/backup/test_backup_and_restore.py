"""The whole way: an installation is backed up, lost, put back, and goes on."""

import os
import shutil
import signal
from pathlib import Path

import pytest
from backup_world import SECRET, Installation
from cli_world import World, until
from wrapped import wrapped

from runner.backup import make, restore
from runner.backup.contents import KEPT, MADE_AGAIN
from runner.store.upgrade import version

pytestmark = pytest.mark.skipif(shutil.which("terraform") is None, reason="there is no terraform on PATH")
TWO = "apply: {approvals: 2}\n"
AUTOMATIC = "apply: {mode: automatic}\n"
SLOW = """\
case " $* " in *" apply "*)
  touch {root}/reached
  while [ ! -e {root}/go ]; do sleep 0.05; done ;;
esac
exec terraform "$@"
"""


def state_of(made: Installation, stack: str) -> Path:
    return made.world.app.workspaces.state_file(stack, "default")


# What is true afterwards


def test_a_restored_installation_plans_no_changes_with_an_intact_audit_log(
    installation: Installation,
) -> None:
    for stack in ("app", "db"):
        installation.world.stack(stack)
        installation.world.applied(stack)
    installation.back_up()
    installation.lose()
    installation.restore()
    assert [installation.plan(stack) for stack in ("app", "db")] == ["no_changes", "no_changes"]
    installation.world.run("audit", "verify")
    installation.world.run("db", "check")
    assert [entry["action"] for entry in installation.world.json("audit", "log")].count("backup.restore") == 1
    made, restored = installation.world.json("events", "--topic", "backup.*")
    assert made["sentence"].startswith(f"backup to {installation.file} begun by")
    assert (restored["topic"], restored["payload"]["locked"]) == ("backup.restore", 0)


def test_each_folder_of_an_installation_is_kept_or_made_again(installation: Installation) -> None:
    installation.world.stack("app")
    installation.world.applied("app")
    folders = {path.name for path in installation.data.iterdir() if path.is_dir()}
    assert folders >= {"artifacts", "mirrors", "workspaces"}
    assert folders <= {*KEPT, *MADE_AGAIN, "workspaces"}


def test_a_plan_that_waited_is_approved_and_applied_as_it_was(installation: Installation) -> None:
    installation.world.stack("app")
    installation.world.run("plan", "app")
    before = installation.world.json("run", "show", "run-1")
    installation.back_up()
    installation.lose()
    assert "run-1 of app awaits approval" in installation.restore()
    assert installation.world.json("run", "show", "run-1")["fingerprint"] == before["fingerprint"]
    installation.world.run("approve", "run-1", "--digest", before["plan_digest"][:12], "--yes")
    installation.world.run("apply", "run-1")
    assert installation.world.json("run", "show", "run-1")["state"] == "applied"


def test_an_approval_that_was_given_still_counts(installation: Installation) -> None:
    installation.world.stack("app", TWO)
    installation.world.run("daemon", "--once", expect=None)
    installation.world.approve("run-1")
    installation.back_up()
    installation.lose()
    installation.restore()
    assert "1 of 2" in installation.world.run("stack", "show", "app").output


def test_an_approved_run_waits_for_release_and_is_then_applied(
    installation: Installation,
) -> None:
    installation.world.stack("app")
    installation.world.run("plan", "app")
    installation.world.approve("run-1")
    installation.back_up()
    installation.lose()
    assert "app is locked" in installation.restore()
    installation.world.run("apply", "run-1", expect=4)
    installation.world.run("lock", "release", "app", "--reason", "looked: nothing was applied since")
    installation.world.run("apply", "run-1")
    assert installation.plan("app") == "no_changes"


def test_a_stack_that_is_applied_without_a_person_waits_for_one(tmp_path: Path) -> None:
    rules = "approvals: {rules: [{mode_at_most: automatic}]}\n"
    made = Installation(tmp_path, rules)
    made.world.stack("app", AUTOMATIC)
    made.world.run("daemon", "--once")
    made.back_up()
    made.lose()
    made.restore()
    (lock,) = made.world.json("lock", "list")
    assert (lock["stack"], lock["holder"]) == ("app", "restore")


def test_a_running_apply_delays_no_backup_and_is_interrupted_after_restore(tmp_path: Path) -> None:
    signs = tmp_path / "signs"
    signs.mkdir()
    binary = wrapped(tmp_path / "terraform-slow", SLOW.format(root=signs))
    made = Installation(tmp_path, f"engines: {{terraform: {{binary: {binary}}}}}")
    made.world.stack("app")
    made.world.run("plan", "app")
    made.world.approve("run-1")
    process = made.world.start("apply", "run-1")
    until((signs / "reached").exists)
    made.back_up()
    (signs / "go").touch()
    process.ends(0)
    made.lose()
    made.restore()
    made.world.run("daemon", "--once", expect=None)
    assert made.world.json("run", "show", "run-1")["state"] == "interrupted"
    assert [lock["stack"] for lock in made.world.json("lock", "list")] == ["app"]


def test_checkpoints_kept_elsewhere_show_what_the_backup_misses(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    made = Installation(tmp_path, f"audit: {{checkpoints: {tmp_path}/elsewhere/checkpoints}}")
    made.world.stack("app")
    made.world.applied("app")
    made.back_up()
    made.world.stack("db")
    made.world.applied("db")
    made.lose()
    assert "the database was replaced by an older one" in made.restore()


def test_the_copies_of_states_come_back_too(installation: Installation) -> None:
    installation.world.stack("app")
    installation.world.applied("app")
    installation.world.cloud.write_text("other")
    installation.world.applied("app")
    copies = {path.name: path.read_bytes() for path in installation.data.glob("workspaces/*/backups/*")}
    installation.back_up()
    installation.lose()
    installation.restore()
    assert copies
    assert {p.name: p.read_bytes() for p in installation.data.glob("workspaces/*/backups/*")} == copies


def test_the_backup_has_the_previous_copy_of_a_state_being_written(
    installation: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(make, "PAUSE", 0)
    installation.world.stack("app")
    installation.world.applied("app")
    installation.world.cloud.write_text("other")
    installation.world.applied("app")
    state = state_of(installation, "app")
    (copy,) = state.parent.with_name("backups").glob("*.tfstate")
    state.write_text('{"version": 4, "ser')
    assert "was being written during the backup" in installation.back_up()
    before = copy.read_bytes()
    installation.lose()
    installation.restore()
    assert state.read_bytes() == before


# Where it lies


def test_no_secret_and_no_key_is_in_the_file(installation: Installation) -> None:
    installation.world.stack("app")
    installation.world.applied("app")
    installation.back_up()
    content = installation.file.read_bytes()
    assert SECRET.encode() in state_of(installation, "app").read_bytes()
    assert SECRET.encode() not in content
    assert b"lineage" not in content
    for key in (installation.data / "keys").iterdir():
        assert key.read_bytes() not in content
        assert key.read_bytes().hex() in installation.keys.read_text()
    assert [path.stat().st_mode & 0o777 for path in (installation.file, installation.keys)] == [0o600, 0o600]


def test_a_backup_leaves_nothing_beside_itself(installation: Installation, tmp_path: Path) -> None:
    installation.world.stack("app")
    installation.world.run("plan", "app")
    folder = tmp_path / "backups"
    folder.mkdir()
    before = installation.left
    shown = installation.world.run("backup", str(folder))
    (made,) = folder.iterdir()
    assert shown.stdout.strip() == str(made)
    assert made.name.startswith("driftline-2")
    assert installation.left == before


def test_a_file_that_is_there_is_not_written_over(installation: Installation) -> None:
    installation.world.stack("app")
    installation.world.run("plan", "app")
    installation.file.write_text("mine")
    installation.world.run("backup", str(installation.file), expect=4)
    assert installation.file.read_text() == "mine"


def test_the_keys_of_another_installation_are_not_written_over(installation: Installation) -> None:
    installation.world.stack("app")
    installation.world.run("plan", "app")
    installation.keys.write_text("mine")
    installation.world.run("backup", str(installation.file), "--keys", str(installation.keys), expect=4)
    assert installation.keys.read_text() == "mine"
    assert not installation.file.exists()


def test_who_made_a_backup_and_took_the_keys_is_in_the_audit_log(installation: Installation) -> None:
    installation.world.stack("app")
    installation.world.run("plan", "app")
    installation.back_up()
    (entry,) = [one for one in installation.world.json("audit", "log") if one["action"] == "backup.make"]
    assert entry["detail"] == {"file": str(installation.file), "keys": True}


def test_the_configuration_can_be_read_from_the_backup(installation: Installation) -> None:
    installation.world.stack("app")
    installation.world.run("plan", "app")
    installation.back_up()
    words = ("restore", str(installation.file), "--keys", str(installation.keys), "--print-config")
    assert installation.world.run(*words).stdout == installation.world.config.read_text()


# What is refused


@pytest.fixture
def lost(installation: Installation) -> Installation:
    installation.world.stack("app")
    installation.world.run("plan", "app")
    installation.back_up()
    installation.lose()
    return installation


def test_a_folder_that_holds_anything_is_left_alone(lost: Installation) -> None:
    (lost.data / "mine").write_text("mine")
    assert "is not empty (mine)" in lost.restore(expect=4)
    assert lost.left == ["mine"]


@pytest.mark.parametrize("place", [0.0, 0.02, 0.3, 0.99])
def test_of_a_backup_with_one_wrong_byte_nothing_is_restored(lost: Installation, place: float) -> None:
    content = bytearray(lost.file.read_bytes())
    content[int(len(content) * place)] ^= 1
    lost.file.write_bytes(content)
    lost.restore(expect=1)
    assert lost.left == []


@pytest.mark.parametrize("kept", [0, 3, 20, 0.5, -1])
def test_of_a_backup_that_was_cut_off_nothing_is_restored(lost: Installation, kept: float) -> None:
    content = lost.file.read_bytes()
    lost.file.write_bytes(content[: int(len(content) * kept) if isinstance(kept, float) else kept])
    assert "damaged or is not a Driftline backup" in lost.restore(expect=1)
    assert lost.left == []


def test_a_backup_to_which_something_was_added_is_refused(lost: Installation) -> None:
    lost.file.write_bytes(lost.file.read_bytes() + b"more")
    lost.restore(expect=1)
    assert lost.left == []


def test_the_keys_of_another_installation_open_nothing(lost: Installation, tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    other = Installation(tmp_path / "other")
    other.world.stack("app")
    other.world.run("plan", "app")
    other.back_up()
    lost.keys.write_bytes(other.keys.read_bytes())
    assert "another installation" in lost.restore(expect=1)
    assert lost.left == []


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"driftline_keys": {"../x": "00"}}'])
def test_a_file_that_holds_no_keys_is_refused(lost: Installation, content: str) -> None:
    lost.keys.write_text(content)
    assert "is not a key file" in lost.restore(expect=1)


def test_a_backup_of_a_newer_schema_is_refused(lost: Installation, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(restore, "version", lambda: version() - 1)
    assert "newer than this version" in lost.restore(expect=78)
    assert lost.left == []


def test_a_disk_that_is_full_leaves_the_folder_empty(
    lost: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    lost.restore(expect=1)
    assert lost.left == []


def test_what_a_restore_that_was_killed_had_unpacked_is_no_installation(lost: Installation) -> None:
    (lost.data / ".restoring-0123456789ab").mkdir()
    (lost.data / ".restoring-0123456789ab" / "driftline.db").write_text("half")
    lost.restore()
    assert not any(name.startswith(".restoring") for name in lost.left)


def test_a_backup_beside_a_running_daemon_is_complete(installation: Installation) -> None:
    installation.world.stack("app")
    installation.world.applied("app")
    daemon = installation.world.start("daemon")
    daemon.says("daemon.ready")
    installation.back_up()
    daemon.signal(signal.SIGTERM)
    daemon.ends(0)
    installation.lose()
    installation.restore()
    assert installation.plan("app") == "no_changes"
    installation.world.run("audit", "verify")


def test_an_installation_is_never_restored_over(installation: Installation) -> None:
    installation.world.stack("app")
    installation.world.run("plan", "app")
    installation.back_up()
    before = installation.left
    installation.restore(expect=4)
    assert installation.left == before


def test_a_new_machine_needs_no_folder(lost: Installation) -> None:
    lost.data.rmdir()
    process = lost.world.start("restore", str(lost.file), "--keys", str(lost.keys))
    process.ends(0)
    assert lost.data.stat().st_mode & 0o777 == 0o700
    assert World.json(lost.world, "run", "show", "run-1")["state"] == "awaiting_approval"
