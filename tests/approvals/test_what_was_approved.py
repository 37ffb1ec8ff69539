"""Right before an apply everything is measured once more: what moved is named, and nothing is applied."""

import shutil
import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from beginnings import Beginnings
from bindings import mutations
from world import ANA, DATA, World

from runner.errors import ApprovalMissing, ApprovalVoid, PlanExpired
from runner.model.approval.binding import Binding, EngineFacts
from runner.model.execution.job import ApplyOutcome
from runner.model.run.life import Run, State
from runner.model.settings.guardrails import Guardrails
from runner.ports.engine import Execution
from runner.ports.keeping import Artifacts
from runner.service.approval.bind import refuse_moved
from runner.service.approval.gate import StoreGate, may_start
from runner.service.cycle.dispatch import next_assignment
from runner.service.execution.apply import execute_apply
from runner.service.execution.facts import facts_now
from runner.service.execution.plan import prepare
from runner.service.operator import lock
from runner.service.queue.assignment import Assignment

WRAPPER = '#!/bin/sh\n# {words}\nexec {terraform} "$@"\n'
ENGINES = "  terraform: {{binary: {wrapper}}}\n"


def wrap(folder: Path, words: str) -> Path:
    """An engine's binary that a test may exchange."""
    wrapper = folder / "engine"
    wrapper.write_text(WRAPPER.format(words=words, terraform=shutil.which("terraform")))
    wrapper.chmod(0o755)
    return wrapper


@pytest.fixture
def wrapped(beginnings: Beginnings) -> Iterator[World]:
    """With an approved plan, made by an engine that a test may exchange."""
    with beginnings.lent(approve_plan, with_a_wrapper) as world:
        yield world


def with_a_wrapper(root: Path) -> World:
    return World(root, engines=ENGINES.format(wrapper=wrap(root, "the first")))


def approve_plan(world: World) -> None:
    world.commit_files(
        {
            "web/main.tf": 'variable "v" {}\nmodule "near" {\n  source = "../near"\n}\n',
            "near/main.tf": 'resource "terraform_data" "near" {}\n',
            "web/stack.yaml": "name: web\nvar_files: [web.tfvars]\n",
            "web/web.tfvars": 'v = "one"\n',
        }
    )
    world.poll()
    (run,) = world.work()
    assert run.state is State.AWAITING_APPROVAL, run
    world.approve(run)


def approved(world: World) -> Assignment:
    """A run that somebody is about to apply."""
    assignment = next_assignment(world.app.control)
    assert assignment is not None
    return assignment


def about_to_apply(world: World, assignment: Assignment) -> tuple[Execution, Path]:
    job, ports = assignment.job, world.app.worker.ports
    execution = prepare(job, ports, threading.Event(), assignment.held, for_apply=True, lock=True)
    plan_file = execution.workspace.scratch / "handed.tfplan"
    plan_file.write_bytes(ports.artifacts.get(job.run, "plan.tfplan"))
    return execution, plan_file


def start(world: World, assignment: Assignment) -> Run:
    execution, plan_file = about_to_apply(world, assignment)
    facts = facts_now(world.app.worker.ports, execution, plan_file, None)
    StoreGate(world.app.control).start(assignment.job, assignment.job.plan_digest or "", facts)
    return world.run(assignment.job.run)


def tree(world: World) -> Path:
    (found,) = world.settings.data_dir.glob("trees/infra/*.complete")
    return found.with_suffix("")


def swap_binary(world: World) -> None:
    wrap(world.root, "the second")


def add_to_environment(world: World) -> None:
    sessions = world.app.engine.sessions  # type: ignore[attr-defined]
    sessions.daemon = {**sessions.daemon, "HTTPS_PROXY": "http://127.0.0.1:1"}


def after_the_export(edit: Callable[[World], None]) -> Callable[[World], None]:
    """What is edited before is put right as Git has it, so it has to happen behind the export's back."""

    def change(world: World) -> None:
        git = world.app.git
        export = git.export

        def exported(*arguments: Any, **named: Any) -> Path:
            made = export(*arguments, **named)
            edit(world)
            return made

        vars(git)["export"] = exported

    change.__name__ = edit.__name__
    return change


def add_a_file(world: World) -> None:
    (tree(world) / "web" / "more_override.tf").write_text("# nothing\n")


def edit_a_near_module(world: World) -> None:
    (tree(world) / "near" / "main.tf").write_text("# more than nothing\n")


def edit_the_lock_file(world: World) -> None:
    with (tree(world) / "web" / ".terraform.lock.hcl").open("a") as file:
        file.write("# another selection\n")


def edit_a_var_file(world: World) -> None:
    (tree(world) / "web" / "web.tfvars").write_text('v = "two"\n')


def tighten_the_guard_rails(world: World) -> None:
    world.configure(replace(world.settings, guardrails=Guardrails(max_changes=0)))


@pytest.mark.parametrize(
    ("change", "shown"),
    [
        (swap_binary, "the engine's binary"),
        (add_to_environment, r"the environment variables \(\+HTTPS_PROXY\)"),
        (after_the_export(add_a_file), "the files of the modules"),
        (after_the_export(edit_a_near_module), "the files of the modules"),
        (after_the_export(edit_a_var_file), r"the var files \(\+web.tfvars"),
        (tighten_the_guard_rails, "the guardrails .*max_changes is 0"),
    ],
)
def test_what_moved_between_approval_and_apply_is_named_and_nothing_starts(
    wrapped: World, change: Callable[[World], None], shown: str
) -> None:
    assignment = approved(wrapped)
    change(wrapped)
    with pytest.raises(ApprovalVoid, match=shown):
        start(wrapped, assignment)
    assert wrapped.run(assignment.job.run).state is State.APPROVED
    assignment.held.release()


def test_a_lock_file_that_a_run_has_changed_is_put_back_and_it_starts(wrapped: World) -> None:
    assignment = approved(wrapped)
    after_the_export(edit_the_lock_file)(wrapped)
    assert start(wrapped, assignment).state is State.APPLYING
    assert not (tree(wrapped) / "web" / ".terraform.lock.hcl").exists()
    assignment.held.release()


def test_where_nothing_moved_it_starts(wrapped: World) -> None:
    assignment = approved(wrapped)
    assert start(wrapped, assignment).state is State.APPLYING
    assignment.held.release()


def test_what_a_plan_leaves_beside_a_module_is_no_reason_to_ask_again(wrapped: World) -> None:
    assignment = approved(wrapped)
    (tree(wrapped) / "web" / "archive.zip").write_text("made by a data source")
    assert start(wrapped, assignment).state is State.APPLYING
    assignment.held.release()


def test_the_tree_is_gits_own(planned: World) -> None:
    (run,) = planned.runs()
    with planned.app.store.reading() as reader:
        binding = reader.binding(run.id)
    assert binding is not None
    assert binding.tree == planned._git("rev-parse", f"{run.revision}^{{tree}}")
    assert binding.digest == run.binding_digest


def test_a_plan_file_of_other_bytes_is_not_handed_over(plain: World) -> None:
    (run,) = plain.push(body=DATA)
    plain.approve(run)
    assignment = approved(plain)
    ports = plain.app.worker.ports
    content = ports.artifacts.get(assignment.job.run, "plan.tfplan")
    flips = [*range(0, len(content), max(1, len(content) // 100)), len(content) - 1]
    for at in flips:
        flipped = replace(ports, artifacts=Flipped(ports.artifacts, at))
        gate = StoreGate(plain.app.control)
        result = execute_apply(assignment.job, flipped, threading.Event(), gate, assignment.held)
        assert result.outcome is ApplyOutcome.NOT_STARTED, at
        assert "does not match its recorded digest" in result.reason
    assert plain.run(assignment.job.run).state is State.APPROVED
    assignment.held.release()


class Flipped:
    """The artifacts, with one bit of each turned."""

    def __init__(self, artifacts: Artifacts, at: int) -> None:
        self.artifacts = artifacts
        self.at = at

    def get(self, run: int, name: str) -> bytes:
        content = bytearray(self.artifacts.get(run, name))
        content[self.at] ^= 1
        return bytes(content)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.artifacts, name)


def test_editing_any_field_of_the_record_voids_the_approval(plain: World) -> None:
    (run,) = plain.push(body=DATA, rules="apply: {protect: [a.b]}\n")
    plain.approve(run)
    assignment = approved(plain)
    run_id = assignment.job.run
    with plain.app.store.reading() as reader:
        binding = reader.binding(run_id)
    assert binding is not None
    assert _refusal(plain, run_id, binding.facts) is None
    for name, changed in mutations(binding):
        _write(plain, run_id, changed, None)
        assert isinstance(_refusal(plain, run_id, binding.facts), ApprovalVoid), name
        # Also where whoever did it has put the digest right.
        _write(plain, run_id, changed, changed.digest)
        assert isinstance(_refusal(plain, run_id, binding.facts), ApprovalMissing), name
        _write(plain, run_id, binding, binding.digest)
    assert _refusal(plain, run_id, binding.facts) is None
    assignment.held.release()


def _write(world: World, run_id: int, binding: Binding, digest: str | None) -> None:
    with closing(sqlite3.connect(world.settings.data_dir / "driftline.db", isolation_level=None)) as raw, raw:
        raw.execute("UPDATE run_details SET binding = ? WHERE run = ?", (binding.document(), run_id))
        if digest is not None:
            raw.execute("UPDATE runs SET binding_digest = ? WHERE id = ?", (digest, run_id))
    raw.close()


def _refusal(world: World, run_id: int, facts: EngineFacts) -> Exception | None:
    with world.app.store.reading() as reader:
        run = reader.run(run_id)
        try:
            may_start(world.app.control, reader, run)
            refuse_moved(world.app.control, reader, run, facts)
        except (ApprovalMissing, ApprovalVoid) as refused:
            return refused
    return None


def test_a_plan_that_is_too_old_is_not_approved(planned: World) -> None:
    (run,) = planned.runs()
    planned.age(hours=25)
    with pytest.raises(PlanExpired):
        planned.approve(run, ANA)
    assert planned.run(run.id).state is State.AWAITING_APPROVAL


def test_a_plan_once_found_too_old_stays_so_when_the_clock_goes_back(planned: World) -> None:
    (run,) = planned.runs()
    planned.age(hours=25)
    # Of which the audit log tells.
    lock.take(planned.app.control, run.stack, ANA, "looking")
    lock.release(planned.app.control, run.stack, ANA, "looked")
    planned.age(hours=-5)
    with pytest.raises(PlanExpired):
        planned.approve(run, ANA)


def test_a_plan_that_became_too_old_after_its_approval_is_not_applied(planned: World) -> None:
    (run,) = planned.runs()
    planned.age(hours=20)
    planned.approve(run)
    planned.age(hours=5)
    (fresh,) = [run for run in planned.work() if run.state is State.AWAITING_APPROVAL]
    assert planned.run(run.id).state is State.SUPERSEDED
    assert "expired" in planned.run(run.id).reason
    assert fresh.id == planned.run(run.id).superseded_by
