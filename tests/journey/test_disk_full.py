"""A disk that fills up while an apply saves a managed state: what is left is said, and what is offered helps."""

import subprocess
from pathlib import Path

import pytest
from world import ANA, DATA, World
from wrapped import wrapped

from runner.errors import StateDamaged, StateUnsaved
from runner.model.run.life import Run, State
from runner.service.operator import resolve

# Files of this terraform cannot grow beyond the limit of `ulimit`, as on a full disk; its log comes through a pipe.
FULL = """\
if [ "$1" = apply ] && [ -e {flag} ]; then
  ({script})
  exit $?
fi
exec terraform "$@"
"""


@pytest.fixture
def flag(tmp_path: Path) -> Path:
    return tmp_path / "full"


def world_with(tmp_path: Path, flag: Path, script: str) -> World:
    binary = wrapped(tmp_path / "terraform", FULL.format(flag=flag, script=script))
    return World(tmp_path, engines=f"  terraform: {{binary: {binary}}}\n")


def interrupted(world: World, flag: Path) -> Run:
    """An update of an applied stack that hits the full disk."""
    world.applied(body=DATA)
    (planned,) = world.push(value="two", body=DATA)
    world.approve(planned)
    flag.touch()
    (run,) = world.work()
    flag.unlink()
    assert run.state is State.INTERRUPTED, run
    return run


def resolved(world: World, run: Run, *, state_pushed: bool = False) -> Run:
    resolve.resolve(
        world.app.control,
        world.app.workspaces,
        run.id,
        ANA,
        applied=False,
        reason="x",
        state_pushed=state_pushed,
    )
    (again,) = world.work()
    return again


def paste(command: str) -> None:
    subprocess.run(["/bin/sh", "-c", command.partition("   then   ")[0]], check=True)


def test_a_rescue_copy_that_holds_no_state_is_not_asked_for(tmp_path: Path, flag: Path) -> None:
    world = world_with(tmp_path, flag, '(ulimit -f 1; exec terraform "$@" 2>&1) | cat; exit 1')
    run = interrupted(world, flag)
    state = world.app.workspaces.state_file("web", "default")
    assert "the rescue copy it left is damaged (" in run.reason
    assert world.app.workspaces.unsaved_states("web") == ()
    assert b'"one"' in state.read_bytes()
    assert resolved(world, run).summary.create == 0


def test_a_state_that_was_kept_is_saved_by_the_command_that_is_shown(tmp_path: Path, flag: Path) -> None:
    # The state's own disk is full and the tree's is not.
    script = (
        'S=$(for w; do case $w in -state=*) echo ${{w#-state=}};; esac; done); cp $S old; terraform "$@"; '
    )
    script += "cp $S errored.tfstate; : > $S; exit 1"
    world = world_with(tmp_path, flag, script.replace("{{", "{").replace("}}", "}"))
    run = interrupted(world, flag)
    with pytest.raises(StateUnsaved) as refused:
        resolved(world, run)
    paste(refused.value.hint)
    assert b'"two"' in world.app.workspaces.state_file("web", "default").read_bytes()
    assert resolved(world, run, state_pushed=True).state is State.NO_CHANGES


def test_no_plan_is_made_on_a_state_that_was_emptied(tmp_path: Path, flag: Path) -> None:
    world = world_with(tmp_path, flag, "exit 0")
    world.applied(body=DATA)
    world.applied(value="two", body=DATA)
    state = world.app.workspaces.state_file("web", "default")
    state.write_text("")
    (refused,) = world.push(value="three", body=DATA)
    assert refused.state is State.PLAN_FAILED
    assert "is empty or truncated" in refused.reason
    [torn] = world.app.workspaces.damaged_states("web")
    paste(torn.command)
    (planned,) = world.push(value="four", body=DATA)
    assert (planned.summary.create, planned.summary.update) == (0, 1)


def test_an_interrupted_run_is_not_resolved_on_a_damaged_state(tmp_path: Path, flag: Path) -> None:
    world = world_with(tmp_path, flag, "exit 0")
    run = interrupted(world, flag)
    world.app.workspaces.state_file("web", "default").write_text("")
    with pytest.raises(StateDamaged) as refused:
        resolved(world, run)
    paste(refused.value.hint)
    assert resolved(world, run).summary.update == 1
