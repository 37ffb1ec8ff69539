"""Retention removes what is old, and never what is still needed."""

from dataclasses import replace

import pytest
from world import DATA, World

from runner.errors import ArtifactNotFound
from runner.model.run import State
from runner.model.settings import Retention
from runner.model.span import Seconds
from runner.service.prune import Pruned, prune

SHORT = Retention(
    runs=Seconds(40 * 86400), logs=Seconds(20 * 86400), plans=Seconds(86400), reports=Seconds(86400)
)


def pruned(world: World) -> Pruned:
    return prune(world.app.control, world.app.workspaces, world.app.git)


def kept(world: World, run_id: int) -> set[str]:
    return set(world.app.artifacts.names(run_id))


def test_old_plans_go_and_their_masked_changes_stay(plain: World) -> None:
    done = plain.applied(body=DATA)
    plain.configure(replace(plain.settings, retention=SHORT))
    plain.age(days=2)
    assert pruned(plain).plans == 1
    assert kept(plain, done.id) == {"plan.json"}
    assert plain.run(done.id).state is State.APPLIED


def test_the_plan_of_a_run_that_waits_is_never_removed(plain: World) -> None:
    (waiting,) = plain.push(body=DATA)
    plain.configure(replace(plain.settings, retention=SHORT))
    plain.age(days=400)
    pruned(plain)
    assert "plan.tfplan" in kept(plain, waiting.id)
    plain.approve(waiting)


def test_old_runs_go_but_not_the_one_that_is_applied(plain: World) -> None:
    first = plain.applied(body=DATA)
    (rejected,) = plain.push(value="two", body=DATA)
    plain.app.store.close()
    second = plain.applied(value="three", body=DATA)
    plain.configure(replace(plain.settings, retention=SHORT))
    plain.age(days=50)
    assert pruned(plain).runs == 2
    assert [run.id for run in plain.runs()] == [second.id]
    assert {first.id, rejected.id}.isdisjoint({run.id for run in plain.runs()})


def test_trees_go_but_not_those_of_what_is_applied_or_waits(plain: World) -> None:
    plain.applied(body=DATA)
    applied = plain.look().applied_revision or ""
    plain.push(value="two", body=DATA)
    (waiting,) = plain.push(value="three", body=DATA)
    plain.age(days=1)
    assert pruned(plain).trees == 1
    trees = plain.root / "data" / "trees" / "infra"
    assert {path.name for path in trees.iterdir() if path.is_dir()} == {applied, waiting.revision}


def test_a_plan_that_retention_removed_can_not_be_read_any_more(plain: World) -> None:
    done = plain.applied(body=DATA)
    plain.configure(replace(plain.settings, retention=SHORT))
    plain.age(days=2)
    pruned(plain)
    with pytest.raises(ArtifactNotFound, match="run-1"):
        plain.app.artifacts.get(done.id, "plan.tfplan")
