"""Retention removes what is old, and never what is still needed."""

from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner
from world import ANA, DATA, World

from runner.api.forge_comments import in_comments
from runner.cli.main import main
from runner.daemon.one_pass import run_once
from runner.errors import ArtifactNotFound, ArtifactStoreFailed
from runner.model.run.life import State
from runner.model.settings.server import Retention
from runner.model.values.span import Seconds
from runner.probe.recordings import RECORDINGS, name_of
from runner.service.approval import approve as approving
from runner.service.cycle.prune import Pruned, prune
from runner.service.operator.leave import forget

SHORT = Retention(
    runs=Seconds(40 * 86400), logs=Seconds(20 * 86400), plans=Seconds(86400), reports=Seconds(86400)
)


def pruned(world: World) -> Pruned:
    return prune(world.app.control, world.app.workspaces, world.app.git)


def kept(world: World, run_id: int) -> set[str]:
    return set(world.app.artifacts.names(run_id))


def test_the_plan_of_an_apply_goes_and_its_masked_changes_stay(plain_applied: World) -> None:
    (done,) = plain_applied.runs()
    plain_applied.age(hours=2)
    assert pruned(plain_applied).plans == 1
    assert kept(plain_applied, done.id) == {"plan.json"}
    assert plain_applied.run(done.id).state is State.APPLIED


def test_a_single_pass_removes_what_is_old_too(plain_applied: World) -> None:
    (done,) = plain_applied.runs()
    plain_applied.age(hours=2)
    assert run_once(plain_applied.app.parts, print, in_comments(lambda: plain_applied.app)) == []
    assert kept(plain_applied, done.id) == {"plan.json"}


def test_a_single_pass_reports_failed_retention_after_doing_the_rest(
    plain: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(*_: object) -> None:
        raise ArtifactStoreFailed(store="s3", problem="away")

    monkeypatch.setattr("runner.daemon.one_pass.prune", away)
    plain.stack(body=DATA)
    text: list[str] = []
    assert [run.state for run in run_once(plain.app.parts, text.append, in_comments(lambda: plain.app))] == [
        State.AWAITING_APPROVAL
    ]
    assert [line for line in text if line.startswith("retention: ") and "away" in line]


def test_plans_that_can_no_longer_be_applied_go_and_can_still_be_shown(planned: World) -> None:
    (superseded,) = planned.runs()
    (rejected,) = planned.push(value="two", body=DATA)
    approving.reject(planned.app.control, rejected.id, ANA, "no")
    assert pruned(planned).plans == 0, "who has just ended them may still be at work"
    planned.age(hours=2)
    assert pruned(planned).plans == 2
    for run in (superseded, rejected):
        shown = CliRunner().invoke(main, ["-c", str(planned.config), "run", "diff", run.name])
        assert (shown.exit_code, "terraform_data.one" in shown.output) == (0, True), shown.output


def test_the_plan_of_an_apply_that_failed_stays_until_its_time_is_over(applied: World) -> None:
    applied.cloud_set(fail_apply="quota exceeded")
    (run,) = applied.push(value="two")
    applied.approve(run)
    applied.work()
    applied.configure(replace(applied.settings, retention=SHORT))
    applied.age(hours=2)
    pruned(applied)
    assert "plan.tfplan" in kept(applied, run.id)
    applied.age(days=2)
    pruned(applied)
    assert "plan.tfplan" not in kept(applied, run.id)


def test_a_crashed_runs_files_are_removed_once_nothing_works_there(plain_applied: World) -> None:
    (done,) = plain_applied.runs()
    (waiting,) = plain_applied.push(value="two", body=DATA)
    folders = {
        name: plain_applied.root / "data" / "runs" / str(name) for name in (0, done.id, waiting.id, 4711)
    }
    for folder in folders.values():
        folder.mkdir(parents=True)
        (folder / "plan.tfplan").write_bytes(b"in clear")
    held = plain_applied.app.claims.take(done.id)
    assert held is not None
    assert pruned(plain_applied).scratches == 2
    assert [name for name, folder in folders.items() if folder.exists()] == [done.id, 4711], (
        "a run that the database does not know yet may be of one that was replaced by an older backup"
    )
    held.release()
    assert pruned(plain_applied).scratches == 1


def test_the_plan_of_a_run_that_waits_is_never_removed(planned: World) -> None:
    (waiting,) = planned.runs()
    planned.configure(replace(planned.settings, retention=SHORT))
    planned.age(days=400)
    pruned(planned)
    assert "plan.tfplan" in kept(planned, waiting.id)


def test_old_runs_go_but_not_the_one_that_is_applied(plain_applied: World) -> None:
    (first,) = plain_applied.runs()
    (rejected,) = plain_applied.push(value="two", body=DATA)
    plain_applied.app.store.close()
    second = plain_applied.applied(value="three", body=DATA)
    plain_applied.configure(replace(plain_applied.settings, retention=SHORT))
    plain_applied.age(days=50)
    assert pruned(plain_applied).runs == 2
    assert [run.id for run in plain_applied.runs()] == [second.id]
    assert {first.id, rejected.id}.isdisjoint({run.id for run in plain_applied.runs()})


def test_trees_go_but_not_those_of_what_is_applied_or_waits(plain_applied: World) -> None:
    applied = plain_applied.look().applied_revision or ""
    plain_applied.push(value="two", body=DATA)
    (waiting,) = plain_applied.push(value="three", body=DATA)
    plain_applied.age(days=1)
    assert pruned(plain_applied).trees == 1
    trees = plain_applied.root / "data" / "trees" / "infra"
    assert {path.name for path in trees.iterdir() if path.is_dir()} == {applied, waiting.revision}


def test_a_plan_that_retention_removed_can_no_longer_be_read(plain_applied: World) -> None:
    (done,) = plain_applied.runs()
    plain_applied.configure(replace(plain_applied.settings, retention=SHORT))
    plain_applied.age(days=2)
    pruned(plain_applied)
    with pytest.raises(ArtifactNotFound, match="run-1"):
        plain_applied.app.artifacts.get(done.id, "plan.tfplan")


def recorded_checks(world: World, *stacks: str) -> list[Path]:
    folder = world.root / "data" / RECORDINGS
    folder.mkdir(parents=True)
    files = [folder / name_of(stack) for stack in stacks]
    for path in files:
        path.touch()
    return files


def test_recorded_checks_go_with_their_stacks(plain_applied: World) -> None:
    own, strange = recorded_checks(plain_applied, "web", "long-gone")
    assert pruned(plain_applied).recordings == 1
    assert (own.exists(), strange.exists()) == (True, False)
    plain_applied.commit_files({"web/stack.yaml": None, "web/main.tf": None})
    plain_applied.poll()
    assert pruned(plain_applied).recordings == 1
    assert not own.exists()


def test_what_is_forgotten_keeps_no_recorded_check(plain_applied: World) -> None:
    own, other = recorded_checks(plain_applied, "web", "other")
    plain_applied.commit_files({"web/stack.yaml": None, "web/main.tf": None})
    plain_applied.poll()
    forget(plain_applied.app.control, "web", ANA, "")
    assert (own.exists(), other.exists()) == (False, True)
