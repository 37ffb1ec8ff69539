"""Whatever one run leaves, and whatever fails for one run, retention goes on with all others."""

import os
from dataclasses import replace
from pathlib import Path

import pytest
from remote.shapes import SHAPES, nest
from test_keeping import SHORT, pruned
from world import DATA, World

from runner.errors import ArtifactStoreFailed
from runner.foreign import quarantine
from runner.foreign.budget import Budget
from runner.foreign.remove import remove

PLAN = b"a plan in clear"


def left(world: World, run: int, shape: str) -> Path:
    """Folders of a run that died, with its plan in clear and a shape that its code has built."""
    scratch, control = (world.settings.data_dir / name / str(run) for name in ("runs", "control"))
    for folder in (scratch, control):
        folder.mkdir(parents=True, exist_ok=True)
    (control / "plan.tfplan").write_bytes(PLAN)
    SHAPES[shape](scratch)
    return scratch


def in_clear(world: World) -> list[Path]:
    found = []
    for folder, _, names in os.walk(world.settings.data_dir):
        found += [Path(folder, name) for name in names if name.endswith(".tfplan")]
    return found


@pytest.mark.repeats
@pytest.mark.parametrize("shape", SHAPES)
def test_a_run_s_folders_go_whatever_shape_they_have(plain_applied: World, shape: str) -> None:
    (done,) = plain_applied.runs()
    scratch = left(plain_applied, done.id, shape)
    plain_applied.age(hours=2)
    assert pruned(plain_applied).problems == ()
    assert not scratch.exists()
    assert in_clear(plain_applied) == []


def test_plans_go_first_where_the_rest_takes_too_long(
    plain_applied: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    (done,) = plain_applied.runs()
    scratch = left(plain_applied, done.id, "many files")
    monkeypatch.setattr(quarantine, "ENTRIES", 10)
    plain_applied.age(hours=2)
    assert pruned(plain_applied).quarantined == 1
    assert not scratch.exists()
    assert in_clear(plain_applied) == []
    monkeypatch.undo()
    assert pruned(plain_applied).quarantined == 0
    assert list((plain_applied.settings.data_dir / "quarantine").iterdir()) == []


def test_one_run_whose_files_cannot_be_removed_keeps_no_other(
    plain: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    plain.configure(replace(plain.settings, retention=SHORT))
    first, second = plain.applied(body=DATA), plain.applied("two", body=DATA)
    remove_plain = type(plain.app.artifacts).remove

    def refusing(self: object, run: int, name: str) -> None:
        if run == first.id:
            raise ArtifactStoreFailed(store="local", problem="away")
        remove_plain(self, run, name)  # type: ignore[arg-type]

    monkeypatch.setattr(type(plain.app.artifacts), "remove", refusing)
    plain.age(days=30)
    done = pruned(plain)
    assert done.plans >= 1
    assert done.logs == 2
    assert [problem for problem in done.problems if first.name in problem and "away" in problem]
    assert not [problem for problem in done.problems if second.name in problem]


def test_a_log_that_is_a_folder_is_removed_with_all_that_is_in_it(plain_applied: World) -> None:
    (done,) = plain_applied.runs()
    log = plain_applied.app.workspaces.log(done.id)
    log.unlink()
    nest(log, 1500)
    assert plain_applied.app.workspaces.remove_log(done.id)
    assert not log.exists()
    remove(plain_applied.settings.data_dir / "quarantine", Budget())
