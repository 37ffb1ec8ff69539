"""An apply counts as applied only where its own report and the state say so, whatever its exit code is."""

import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from engine_world import TERRAFORM, World, failed, needs_terraform
from remote.state_backend import StateBackend, state_backend
from wrapped import program

from runner.model.plan.reading import read_plan
from runner.model.run.apply_end import expected_of
from runner.model.stack.definition import StackDefinition
from runner.ports.engine import Applied, EngineError, Planned

pytestmark = needs_terraform
HTTP = 'terraform {\n  backend "http" {}\n}\n'


@pytest.fixture
def backend(world: World) -> Iterator[StateBackend]:
    with state_backend() as running:
        world.write({"backend.tf": HTTP})
        world.managed = False
        world.stack = StackDefinition(name="prod/app", backend_config=running.config("app"))
        yield running


def wrapped(world: World, folder: Path, script: str) -> None:
    """Use a terraform that runs the script first; `$0` of the real one is `$TERRAFORM`."""
    world.use(
        program(folder / "wrapper" / "terraform", f'TERRAFORM={TERRAFORM}\n{script}\nexec $TERRAFORM "$@"')
    )


def apply(world: World, planned: Planned) -> Applied | EngineError:
    """As the service asks for it: with what the plan announced."""
    assert planned.document is not None
    return world.apply(planned, expected=expected_of(read_plan(planned.document)))


def state(world: World) -> Path:
    return world.own / "state" / "terraform.tfstate"


def changed(world: World) -> Planned:
    """A plan that updates what an honest apply made before."""
    world.applied(world.planned())
    world.stack = replace(world.stack, vars={"word": "two"})
    return world.planned()


@pytest.mark.parametrize(
    "script",
    [
        "exit 0",
        '$TERRAFORM "$@"; exit 1',
        'echo \'{"type":"change_summary","changes":{"add":1,"operation":"apply"}}\'; exit 0',
        '$TERRAFORM "$@" | grep -v change_summary; exit 0',
        '$TERRAFORM "$@" | grep -v apply_complete; exit 0',
    ],
    ids=["nothing-done", "failure-made-up", "summary-made-up", "summary-withheld", "ending-withheld"],
)
def test_an_exit_code_that_the_log_does_not_bear_out_is_unclear(
    world: World, tmp_path: Path, script: str
) -> None:
    planned = world.planned()
    wrapped(world, tmp_path, f'if [ "$1" = apply ]; then\n{script}\nfi')
    error = failed(apply(world, planned))
    assert error.unclear
    assert error.diagnostics[0].summary == error.doubt != ""
    assert error.evidence is not None


@pytest.mark.parametrize("kept", ["cp $S $S.old", "rm -f $S.old"], ids=["an-older-state", "no-state"])
def test_an_apply_whose_state_is_not_there_is_unclear(world: World, tmp_path: Path, kept: str) -> None:
    planned = changed(world)
    lost = f'S={state(world)}; {kept}; $TERRAFORM "$@"; rm $S; mv $S.old $S 2>/dev/null; exit 0'
    wrapped(world, tmp_path, f'if [ "$1" = apply ]; then\n{lost}\nfi')
    error = failed(apply(world, planned))
    assert error.unclear
    assert "reported a completed apply, but" in error.doubt


def test_a_backend_that_keeps_nothing_is_found_out(world: World, backend: StateBackend) -> None:
    backend.lose_saves = True
    assert "the state was not written" in failed(apply(world, world.planned())).doubt


def test_a_backend_that_keeps_the_old_state_is_found_out(world: World, backend: StateBackend) -> None:
    planned = changed(world)
    backend.lose_saves = True
    error = failed(apply(world, planned))
    assert "still at serial 1" in error.doubt
    assert error.evidence is not None
    assert (error.evidence.serial_before, error.evidence.serial_after) == (1, 1)


def test_an_unreachable_backend_afterwards_is_no_reason_to_doubt(
    world: World, backend: StateBackend, tmp_path: Path
) -> None:
    planned = world.planned()
    wrapped(world, tmp_path, 'if [ "$1 $2" = "state pull" ]; then exit 1; fi')
    assert isinstance(apply(world, planned), Applied)


# What plans may consist of beside creations, each after an apply of the first code.
MOVES = 'moved {\n  from = terraform_data.a\n  to = terraform_data.b\n}\nresource "terraform_data" "b" {}\n'
CODES = {
    "an-output": 'resource "terraform_data" "a" {}\noutput "new" { value = 1 }\n',
    "a-move": MOVES,
    "a-forgotten-resource": "removed {\n  from = terraform_data.a\n  lifecycle { destroy = false }\n}\n",
    "a-destroyed-resource": "# nothing is left\n",
    "an-import": 'resource "terraform_data" "a" {}\nimport {\n  to = terraform_data.c\n  id = "x"\n}\n'
    'resource "terraform_data" "c" {}\n',
    "a-replacement": 'resource "terraform_data" "a" { triggers_replace = [2] }\n',
    "create-before-destroy": 'resource "terraform_data" "a" {\n  triggers_replace = [2]\n'
    "  lifecycle { create_before_destroy = true }\n}\n",
    "an-update": 'resource "terraform_data" "a" { input = 2 }\n',
}


@pytest.mark.repeats
@pytest.mark.parametrize("code", CODES.values(), ids=CODES.keys())
def test_every_kind_of_plan_counts_as_applied(world: World, code: str) -> None:
    world.write({"main.tf": 'resource "terraform_data" "a" {}\n'})
    world.applied(world.planned())
    world.write({"main.tf": code})
    outcome = apply(world, world.planned())
    assert isinstance(outcome, Applied), outcome


def test_a_lock_file_that_stays_behind_is_reported(world: World, tmp_path: Path) -> None:
    planned = changed(world)
    left = state(world).with_name(".terraform.tfstate.lock.info")
    wrapped(world, tmp_path, f'if [ "$1" = apply ]; then $TERRAFORM "$@"; R=$?; echo x > {left}; exit $R; fi')
    outcome = apply(world, planned)
    assert isinstance(outcome, Applied)
    assert [str(left) in shown.summary for shown in outcome.diagnostics] == [True]
    shutil.rmtree(left, ignore_errors=True)
