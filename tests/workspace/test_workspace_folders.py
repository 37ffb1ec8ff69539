"""The directories of a stack and of a run."""

import json
import shutil
import subprocess
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runner import failpoint
from runner.datadir.managed_state import KEPT
from runner.datadir.workspace import LocalWorkspaces, slug
from runner.errors import Conflict, DiskFull, ModuleMissing
from runner.host.files import private_folder
from runner.model.stack.definition import NAME_PATTERN
from runner.model.stack.state_file import torn_sentence
from runner.ports.workspace import Workspace


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    (tmp_path / "trees" / "t" / "stacks" / "app").mkdir(parents=True)
    return tmp_path / "trees" / "t"


def prepare(workspaces: LocalWorkspaces, tree: Path, *, run: int = 7, stack: str = "prod/app") -> Workspace:
    return workspaces.prepare(run, stack, tree, "stacks/app", managed_state=True)


def test_the_folders_of_a_stack_stay_and_those_of_a_run_are_its_own(tmp_path: Path, tree: Path) -> None:
    workspaces = LocalWorkspaces(tmp_path)
    first, second = prepare(workspaces, tree, run=7), prepare(workspaces, tree, run=8)
    assert first.module == tree / "stacks" / "app"
    assert (first.data, first.state) == (second.data, second.state)
    assert first.scratch != second.scratch
    assert first.state is not None
    assert first.state.name == "terraform.tfstate"


def test_a_stack_with_a_backend_has_no_managed_state(tmp_path: Path, tree: Path) -> None:
    workspace = LocalWorkspaces(tmp_path).prepare(7, "prod/app", tree, "stacks/app", managed_state=False)
    assert workspace.state is None
    LocalWorkspaces(tmp_path).backup_state(workspace, 7)


def test_everything_is_for_the_owner_alone(tmp_path: Path, tree: Path) -> None:
    workspaces = LocalWorkspaces(tmp_path / "data")
    workspace = prepare(workspaces, tree)
    assert workspace.state is not None
    workspace.state.write_text("{}")
    workspaces.backup_state(workspace, 7)
    workspaces.log(7).parent.chmod(workspaces.log(7).parent.stat().st_mode)
    folders = [path for path in (tmp_path / "data").rglob("*") if path.is_dir()]
    assert {path.stat().st_mode & 0o777 for path in folders} == {0o700}
    [copy] = (tmp_path / "data").rglob("backups/*.tfstate")
    assert copy.stat().st_mode & 0o777 == 0o600


def test_names_that_look_alike_have_folders_of_their_own() -> None:
    names = ["a/b", "a-b", "a.b", "a_b", "a--b", "a/-b", "a/b/", "..", ".", "../../etc"]
    slugs = {slug(name) for name in names}
    assert len(slugs) == len(names)
    assert all("/" not in made and made.strip(".") == made for made in slugs)


@given(st.from_regex(NAME_PATTERN, fullmatch=True), st.from_regex(NAME_PATTERN, fullmatch=True))
def test_no_two_stacks_share_a_folder(one: str, other: str) -> None:
    assert (slug(one) == slug(other)) == (one == other)
    assert len(slug(one)) < 100


@pytest.mark.parametrize(
    "path", ["..", "../t2", "/etc", "link", "link/app", "stacks/nothing", "stacks/app/file", ""]
)
def test_a_module_must_be_a_real_folder_inside_the_tree(tmp_path: Path, tree: Path, path: str) -> None:
    (tmp_path / "trees" / "t2").mkdir()
    (tree / "link").symlink_to(tree / "stacks")
    (tree / "stacks" / "app" / "file").touch()
    workspaces = LocalWorkspaces(tmp_path)
    if path == "":
        assert workspaces.prepare(7, "a", tree, path, managed_state=False).module == tree
        return
    with pytest.raises(ModuleMissing):
        workspaces.prepare(7, "a", tree, path, managed_state=False)


def test_a_discarded_run_leaves_its_stack_and_its_log(tmp_path: Path, tree: Path) -> None:
    workspaces = LocalWorkspaces(tmp_path)
    workspace = prepare(workspaces, tree)
    (workspace.scratch / "deep").mkdir()
    workspaces.log(7).write_text("x")
    assert workspaces.scratches() == [7]
    workspaces.discard(7)
    workspaces.discard(7)
    assert not workspace.scratch.exists()
    assert not workspace.control.exists()
    assert workspace.data.is_dir()
    assert workspaces.remove_log(7) is True
    assert workspaces.remove_log(7) is False


def test_each_phase_of_a_run_starts_with_an_empty_scratch_at_the_same_path(
    tmp_path: Path, tree: Path
) -> None:
    workspaces = LocalWorkspaces(tmp_path)
    first = prepare(workspaces, tree).scratch
    (first / ".aws").mkdir(mode=0o000)
    first.chmod(0o000)
    again = prepare(workspaces, tree).scratch
    assert again == first
    assert (list(again.iterdir()), again.stat().st_mode & 0o777) == ([], 0o700)


def test_a_link_in_place_of_the_scratch_folder_misleads_no_later_phase(tmp_path: Path, tree: Path) -> None:
    workspaces = LocalWorkspaces(tmp_path)
    scratch = prepare(workspaces, tree).scratch
    scratch.rmdir()
    scratch.symlink_to(tree)
    assert not prepare(workspaces, tree).scratch.is_symlink()
    assert tree.is_dir()


def test_a_phase_waits_until_the_previous_ones_files_are_gone(
    tmp_path: Path, tree: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    workspaces = LocalWorkspaces(tmp_path)
    scratch = prepare(workspaces, tree).scratch
    monkeypatch.setattr(workspaces.quarantine, "discard", lambda *_, **__: False)
    with pytest.raises(Conflict, match="cannot be moved away") as refused:
        prepare(workspaces, tree)
    assert refused.value.hint == f"rm -r {scratch}"


def test_the_control_files_of_a_run_without_scratch_are_still_discarded(tmp_path: Path, tree: Path) -> None:
    workspaces = LocalWorkspaces(tmp_path)
    shutil.rmtree(prepare(workspaces, tree).scratch)
    assert workspaces.scratches() == [7]


def test_a_run_is_reopened_unchanged_whatever_it_wrote_to_its_scratch(tmp_path: Path, tree: Path) -> None:
    workspaces = LocalWorkspaces(tmp_path)
    workspace = prepare(workspaces, tree)
    (workspace.scratch / "workspace.json").write_text('{"module": "/etc", "data": "/etc", "state": null}')
    assert workspaces.reopen(7, "prod/app") == workspace


def test_a_state_is_copied_before_each_apply_and_the_last_copies_are_kept(tmp_path: Path, tree: Path) -> None:
    workspaces = LocalWorkspaces(tmp_path)
    workspace = prepare(workspaces, tree)
    assert workspace.state is not None
    workspaces.backup_state(workspace, 1)  # there is none yet
    for run in range(1, KEPT + 6):
        workspace.state.write_text(f"state {run}")
        workspaces.backup_state(workspace, run)
    copies = sorted((workspace.state.parent.with_name("backups")).glob("*.tfstate"))
    assert [copy.read_text() for copy in copies] == [f"state {run}" for run in range(6, KEPT + 6)]


def test_the_states_of_other_workspaces_are_copied_too(tmp_path: Path, tree: Path) -> None:
    workspaces = LocalWorkspaces(tmp_path)
    workspace = prepare(workspaces, tree)
    assert workspace.state is not None
    blue = workspace.state.parent / "terraform.tfstate.d" / "blue" / "terraform.tfstate"
    blue.parent.mkdir(parents=True)
    blue.write_text("blue")
    workspaces.backup_state(workspace, 3)
    [copy] = (workspace.state.parent.with_name("backups") / "terraform.tfstate.d" / "blue").iterdir()
    assert copy.read_text() == "blue"


def test_an_apply_that_a_full_disk_could_ruin_is_refused(
    tmp_path: Path, tree: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    workspaces = LocalWorkspaces(tmp_path)
    workspace = prepare(workspaces, tree)
    assert workspace.state is not None
    workspace.state.write_text("{}")
    monkeypatch.setattr("runner.datadir.workspace.free_bytes", lambda _: 100 << 20)
    with pytest.raises(DiskFull, match="a full disk can destroy a local state"):
        workspaces.backup_state(workspace, 1)
    assert not (workspace.state.parent.with_name("backups")).exists()


@pytest.mark.parametrize("left", ["", '{"version": 4, "serial": 3, "resou'])
def test_a_state_that_a_killed_apply_left_torn_is_put_back(tmp_path: Path, tree: Path, left: str) -> None:
    workspaces = LocalWorkspaces(tmp_path)
    workspace = prepare(workspaces, tree)
    assert workspace.state is not None
    workspace.state.write_text('{"serial": 2}')
    workspaces.backup_state(workspace, 7)
    workspace.state.write_text(left)
    [torn] = workspaces.put_back_torn_states(workspace, 7)
    assert (torn.state, torn.problem) == (workspace.state, "")
    assert workspace.state.read_text() == '{"serial": 2}'


def test_a_whole_state_and_one_without_a_copy_of_this_run_are_left_alone(tmp_path: Path, tree: Path) -> None:
    workspaces = LocalWorkspaces(tmp_path)
    workspace = prepare(workspaces, tree)
    assert workspace.state is not None
    workspace.state.write_text('{"serial": 2}')
    workspaces.backup_state(workspace, 7)
    workspace.state.write_text('{"serial": 3}')
    assert workspaces.put_back_torn_states(workspace, 7) == ()
    workspace.state.write_text("")
    assert workspaces.put_back_torn_states(workspace, 8) == ()
    assert workspace.state.read_text() == ""


@pytest.mark.parametrize("left", ["", '{"version": 4, "serial": 3, "resou', "\0" * 300])
def test_a_damaged_state_is_found_with_its_newest_copy_and_the_command(
    tmp_path: Path, tree: Path, left: str
) -> None:
    workspaces = LocalWorkspaces(tmp_path)
    workspace = prepare(workspaces, tree)
    assert workspace.state is not None
    for run in (7, 8):
        workspace.state.write_text(f'{{"serial": {run}}}\n')
        workspaces.backup_state(workspace, run)
    assert workspaces.damaged_states("prod/app") == ()
    workspace.state.write_text(left)
    [torn] = workspaces.damaged_states("prod/app")
    subprocess.run(["/bin/sh", "-c", torn.command], check=True)  # as a person pastes it
    assert json.loads(workspace.state.read_bytes()) == {"serial": 8}
    assert workspaces.damaged_states("prod/app") == ()


def test_an_empty_state_that_was_never_copied_is_that_of_a_new_stack(tmp_path: Path, tree: Path) -> None:
    workspaces = LocalWorkspaces(tmp_path)
    workspace = prepare(workspaces, tree)
    assert workspace.state is not None
    workspace.state.touch()
    assert workspaces.damaged_states("prod/app") == ()


def test_a_damaged_state_of_another_workspace_is_found_too(tmp_path: Path, tree: Path) -> None:
    workspaces = LocalWorkspaces(tmp_path)
    workspace = prepare(workspaces, tree)
    blue = workspaces.state_file("prod/app", "blue")
    blue.parent.mkdir(parents=True)
    blue.write_text('{"serial": 1}')
    workspaces.backup_state(workspace, 3)
    blue.write_text("")
    assert [torn.state for torn in workspaces.damaged_states("prod/app")] == [blue]


def test_a_copy_that_cannot_be_put_back_is_named_with_its_command(
    tmp_path: Path, tree: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    workspaces = LocalWorkspaces(tmp_path)
    workspace = prepare(workspaces, tree)
    assert workspace.state is not None
    workspace.state.write_text('{"serial": 2}')
    workspaces.backup_state(workspace, 7)
    workspace.state.write_text("")
    monkeypatch.setattr(failpoint, "_ARMED", {"file.before_rename": ("ENOSPC", 0)})
    [torn] = workspaces.put_back_torn_states(workspace, 7)
    assert "No space left on device" in torn.problem
    assert torn.command in torn_sentence(torn)


def test_what_is_left_of_a_trial_is_removed_once_its_process_is_gone(tmp_path: Path) -> None:
    workspaces = LocalWorkspaces(tmp_path)
    left = private_folder(tmp_path / "trials" / "0123456789abcdef")
    (left / "state").write_text("secret")
    left.with_suffix(".use").touch()
    with workspaces.trial() as trial:
        workspaces.clear_trials()
        assert trial.data_dir.is_dir()
        assert not left.exists()
    assert list((tmp_path / "trials").iterdir()) == []
