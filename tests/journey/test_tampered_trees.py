"""Whoever writes into an exported tree changes nothing of what is planned and applied as Git's."""

from datetime import timedelta
from pathlib import Path

import pytest
from world import ANA, DATA, World, states

from runner.engine.command import CommandLineEngine
from runner.model.run.life import Run, State
from runner.ports.engine import Execution
from runner.service.cycle.dispatch import next_assignment
from runner.service.execution.export import export_tree
from runner.service.operator.request import request_plan
from runner.service.queue.enqueue import enqueue_due

WITH_VALUE = """\
variable "value" {{
  default = "{value}"
}}
resource "terraform_data" "one" {{
  input = var.value
}}
"""


def module(world: World, run: Run) -> Path:
    return world.settings.data_dir / "trees" / "infra" / run.revision / run.stack


def override(folder: Path) -> None:
    command = f"touch {folder.parents[3]}/it-ran"
    (folder / "zz_override.tf").write_text(
        f'resource "terraform_data" "one" {{\n  provisioner "local-exec" {{\n    command = "{command}"\n  }}\n}}\n'
    )


TAMPERING = {
    "values": lambda folder: (folder / "x.auto.tfvars").write_text('value = "evil"\n'),
    "code": lambda folder: (folder / "main.tf").write_text(DATA.format(value="evil")),
    "override": override,
}


@pytest.mark.parametrize("how", TAMPERING)
def test_the_approved_code_is_applied_despite_tampering_with_the_tree(plain: World, how: str) -> None:
    (planned,) = plain.push(body=WITH_VALUE)
    TAMPERING[how](module(plain, planned))
    # Too old to be applied as it is, so it is planned again.
    plain.approve(planned)
    plain.age(hours=2)
    (done,) = plain.work()
    assert done.state is State.APPLIED, done.reason
    assert not (plain.settings.data_dir / "it-ran").exists()
    log = (plain.settings.data_dir / "logs" / f"run-{done.id}.log").read_text()
    assert f"the exported files of {done.revision[:12]} differed from Git" in log
    assert states(plain.work()) == []


@pytest.mark.parametrize("how", TAMPERING)
def test_a_plan_is_of_the_revision_that_it_names(plain: World, how: str) -> None:
    (first,) = plain.push(body=WITH_VALUE)
    TAMPERING[how](module(plain, first))
    request_plan(plain.app.control, plain.app.discoverer, "web", ANA)
    (again,) = plain.work()
    assert again.state is State.AWAITING_APPROVAL
    assert again.fingerprint == first.fingerprint


def test_the_lock_file_that_init_wrote_is_there_from_plan_to_apply(world: World) -> None:
    (planned,) = world.push()
    lock = module(world, planned) / ".terraform.lock.hcl"
    inode = lock.stat().st_ino
    (module(world, planned) / "zz_override.tf").write_text("")
    world.approve(planned)
    assert states(world.work()) == [State.APPLIED]
    assert lock.stat().st_ino == inode


def test_a_tree_stays_as_long_as_a_run_uses_it(plain: World) -> None:
    plain.stack(body=DATA)
    plain.poll()
    enqueue_due(plain.app.store, plain.clock, ())
    assignment = next_assignment(plain.app.control)
    assert assignment is not None
    tree = export_tree(assignment.job, plain.app.worker.ports, assignment.held)
    long_after = plain.clock.now() + timedelta(hours=2)
    assert plain.app.git.keep_only(frozenset(), long_after) == 0
    assert tree.is_dir()
    assignment.held.release()
    assert plain.app.git.keep_only(frozenset(), long_after) == 1


@pytest.mark.parametrize("hours", [0, 2], ids=["approved", "planned again"])
def test_the_plan_that_is_applied_lies_where_no_run_can_write(
    plain: World, monkeypatch: pytest.MonkeyPatch, hours: int
) -> None:
    """What an earlier command has left running could exchange it after it was compared."""
    handed: list[Path] = []
    apply = CommandLineEngine.apply

    def spied(engine: CommandLineEngine, execution: Execution, plan_file: Path, digest: str) -> object:
        handed.append(plan_file)
        return apply(engine, execution, plan_file, digest)

    monkeypatch.setattr(CommandLineEngine, "apply", spied)
    (planned,) = plain.push(body=WITH_VALUE)
    plain.approve(planned)
    plain.age(hours=hours)
    (done,) = plain.work()
    assert done.state is State.APPLIED, done.reason
    assert [path.parent for path in handed] == [plain.settings.data_dir / "control" / str(done.id)]
