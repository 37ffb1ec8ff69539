"""What is applied is what was approved, or nothing."""

import pytest
from world import ANA, BO, DATA, World, states

from runner.errors import (
    ApprovalForOtherPlan,
    GuardrailHit,
    NeverApplies,
    NotAllowed,
    StackBusy,
    StackLocked,
    WrongState,
)
from runner.model.approval.approval import Person
from runner.model.run.life import State, Trigger
from runner.model.stack.definition import DriftStatus, Sync
from runner.service.approval import approve as approving
from runner.service.cycle.dispatch import next_assignment
from runner.service.operator import cancel, lock, request


def test_a_new_stack_is_planned_and_waits_for_a_person(plain: World) -> None:
    (run,) = plain.push(body=DATA)
    assert run.state is State.AWAITING_APPROVAL
    assert run.summary.create == 1
    assert run.trigger is Trigger.PUSH
    assert plain.look().sync is Sync.UNKNOWN


def test_an_approved_plan_is_applied_and_recorded(plain: World) -> None:
    done = plain.applied(body=DATA)
    stack = plain.look()
    assert stack.applied_revision == done.revision
    assert stack.sync is Sync.SYNCED
    assert stack.drift is DriftStatus.CLEAN


def test_a_commit_that_does_not_touch_the_stack_plans_nothing(plain: World) -> None:
    plain.applied(body=DATA)
    plain.commit_files({"notes.txt": "elsewhere"})
    assert plain.poll().moved
    assert plain.work() == []


def test_an_empty_plan_makes_the_new_revision_the_applied_one(plain: World) -> None:
    plain.applied(body=DATA)
    revision = plain.commit_files({"web/notes.tf": "# only a comment\n"})
    plain.poll()
    assert states(plain.work()) == [State.NO_CHANGES]
    assert plain.look().applied_revision == revision


def test_a_newer_revision_supersedes_a_plan_that_waits(plain: World) -> None:
    (first,) = plain.push(body=DATA)
    (second,) = plain.push(value="two", body=DATA)
    assert plain.run(first.id).state is State.SUPERSEDED
    assert second.state is State.AWAITING_APPROVAL


def test_a_failed_plan_says_where_and_is_never_offered(plain: World) -> None:
    (run,) = plain.push(body='resource "terraform_data" "one" {{\n  input = nowhere.value\n}}\n')
    with plain.app.store.reading() as reader:
        (diagnostic,) = reader.diagnostics(run.id)
    assert run.state is State.PLAN_FAILED
    assert (diagnostic.file, diagnostic.line) == ("main.tf", 2)
    with pytest.raises(WrongState):
        plain.approve(run)


def test_a_plan_whose_precondition_fails_is_never_offered(plain: World) -> None:
    body = (
        'resource "terraform_data" "one" {{\n'
        '  lifecycle {{\n    precondition {{\n      condition     = 1 == 2\n      error_message = "never"\n    }}\n  }}\n}}\n'
    )
    assert states(plain.push(body=body)) == [State.PLAN_FAILED]


def test_an_approval_names_the_plan_that_was_seen(plain: World) -> None:
    (run,) = plain.push(body=DATA)
    with pytest.raises(ApprovalForOtherPlan):
        approving.approve(plain.app.control, plain.app.git, plain.app.modules, run.id, ANA, digest="0" * 64)


def test_the_author_of_the_commit_may_not_approve(plain: World) -> None:
    (run,) = plain.push(body=DATA)
    with pytest.raises(NotAllowed, match="author"):
        plain.approve(run, Person("carl", "user"))


def test_an_author_hidden_below_the_newest_commit_may_not_approve_either(plain: World) -> None:
    plain.stack(body=DATA)
    plain._git(
        "-c", "user.name=Dora", "-c", "user.email=dora@example.com", "commit", "--allow-empty", "-m", "on top"
    )
    plain.poll()
    (first,) = plain.work()
    assert first.state is State.AWAITING_APPROVAL
    plain.approve(first, BO)
    plain.work()
    plain.stack(value="two", body=DATA)
    plain._git(
        "-c", "user.name=Dora", "-c", "user.email=dora@example.com", "commit", "--allow-empty", "-m", "on top"
    )
    plain.poll()
    (run,) = plain.work()
    with pytest.raises(NotAllowed, match="author"):
        plain.approve(run, Person("carl", "user"))


def test_as_many_people_as_asked_for_must_approve(plain: World) -> None:
    (run,) = plain.push(body=DATA, rules="apply: {approvals: 2}\n")
    assert plain.approve(run, ANA).state is State.AWAITING_APPROVAL
    with pytest.raises(NotAllowed, match="once"):
        plain.approve(run, ANA)
    assert plain.approve(plain.run(run.id), BO).state is State.APPROVED


def test_an_expired_approval_is_not_applied_and_a_fresh_plan_is_made(plain: World) -> None:
    (run,) = plain.push(body=DATA)
    plain.approve(run)
    plain.age(hours=25)
    (fresh,) = plain.work()
    assert plain.run(run.id).state is State.SUPERSEDED
    assert plain.run(run.id).superseded_by == fresh.id
    assert fresh.state is State.AWAITING_APPROVAL


def test_mode_automatic_applies_without_asking(plain: World) -> None:
    runs = plain.push(body=DATA, rules="apply: {mode: automatic}\n")
    assert states(runs) == [State.APPROVED, State.APPLIED]


def test_mode_automatic_still_asks_before_it_destroys(plain: World) -> None:
    plain.push(body=DATA, rules="apply: {mode: automatic}\n")
    plain.commit_files({"web/main.tf": "# nothing left\n"})
    plain.poll()
    (run,) = plain.work()
    assert (run.state, run.summary.delete) == (State.AWAITING_APPROVAL, 1)


def test_mode_never_refuses_an_approval(plain: World) -> None:
    (run,) = plain.push(body=DATA, rules="apply: {mode: never}\n")
    with pytest.raises(NeverApplies):
        plain.approve(run)


def test_a_plan_that_destroys_too_much_cannot_be_approved(plain: World) -> None:
    many = 'resource "terraform_data" "many" {{\n  count = 6\n}}\n'
    plain.applied(body=many)
    plain.commit_files({"web/main.tf": "# nothing left\n"})
    plain.poll()
    (run,) = plain.work()
    with pytest.raises(GuardrailHit, match="6"):
        plain.approve(run)


def test_destroying_what_is_protected_needs_the_stacks_name(plain: World) -> None:
    plain.applied(body=DATA, rules="apply: {protect: [terraform_data.one]}\n")
    plain.commit_files({"web/main.tf": "# nothing left\n"})
    plain.poll()
    (run,) = plain.work()
    with pytest.raises(GuardrailHit, match=r"terraform_data\.one"):
        plain.approve(run)
    assert plain.approve(run, typed_name="web").state is State.APPROVED


def test_an_old_plan_that_still_means_the_same_is_made_again_and_applied(world: World) -> None:
    (run,) = world.push()
    world.approve(run)
    world.age(hours=1)
    (done,) = world.work()
    assert done.state is State.APPLIED
    assert done.executed_digest != run.plan_digest
    assert world.cloud_value() == "one"


def test_an_old_plan_that_would_undo_an_emergency_fix_needs_a_person(world: World) -> None:
    world.applied()
    (run,) = world.push(value="two")
    world.approve(run)
    world.cloud_set(value="emergency fix", size=7)
    world.age(hours=1)
    world.work()
    old = world.run(run.id)
    assert old.state is State.SUPERSEDED
    assert world.cloud_value() == "emergency fix"
    assert world.run(old.superseded_by or 0).state is State.AWAITING_APPROVAL
    assert "fresh.json" in world.app.artifacts.names(run.id)


def test_an_old_plan_with_nothing_left_to_do_ends_without_an_apply(world: World) -> None:
    world.applied()
    (run,) = world.push(value="two")
    world.approve(run)
    world.cloud_set(value="two")
    world.age(hours=1)
    assert world.run(run.id).state is State.APPROVED
    assert State.NO_CHANGES in states(world.work())
    assert world.look().sync is Sync.SYNCED


def test_a_failed_apply_locks_the_stack_until_a_person_has_looked(world: World) -> None:
    world.applied()
    world.cloud_set(fail_apply="quota exceeded")
    (run,) = world.push(value="two")
    world.approve(run)
    (failed,) = world.work()
    assert failed.state is State.APPLY_FAILED
    assert "quota exceeded" in failed.reason
    with pytest.raises(StackLocked):
        request.request_plan(world.app.control, world.app.discoverer, "web", ANA)
    world.cloud_set(fail_apply=None)
    lock.release(world.app.control, "web", ANA, "the quota was raised")
    (fresh,) = world.work()
    assert fresh.state is State.AWAITING_APPROVAL


def test_a_locked_stack_is_neither_planned_nor_applied(plain: World) -> None:
    (run,) = plain.push(body=DATA)
    plain.approve(run)
    lock.take(plain.app.control, "web", BO, "audit week")
    assert plain.work() == []
    assert plain.run(run.id).state is State.APPROVED
    lock.release(plain.app.control, "web", BO, "over")
    assert states(plain.work()) == [State.APPLIED]


def test_a_lock_is_not_taken_twice(plain: World) -> None:
    plain.push(body=DATA)
    lock.take(plain.app.control, "web", BO, "audit week")
    with pytest.raises(StackLocked, match="bo"):
        lock.take(plain.app.control, "web", ANA, "me too")


def test_a_rejected_plan_waits_for_a_new_commit(plain: World) -> None:
    (run,) = plain.push(body=DATA)
    approving.reject(plain.app.control, run.id, ANA, "not on a Friday")
    assert plain.work() == []
    (again,) = plain.push(value="two", body=DATA)
    assert again.state is State.AWAITING_APPROVAL


def test_a_waiting_run_can_be_canceled_and_an_ended_one_cannot(plain: World) -> None:
    (run,) = plain.push(body=DATA)
    assert cancel.cancel(plain.app.control, run.id, ANA).state is State.CANCELED
    with pytest.raises(WrongState):
        cancel.cancel(plain.app.control, run.id, ANA)


def test_what_depends_on_a_stack_is_planned_only_after_it_is_applied(plain: World) -> None:
    plain.stack("net", body=DATA)
    plain.stack("app", body=DATA, rules="depends_on: [net]\n")
    plain.poll()
    (net,) = plain.work()
    assert net.stack == "net"
    plain.approve(net)
    applied, app = plain.work()
    assert (applied.stack, applied.state) == ("net", State.APPLIED)
    assert (app.stack, app.state) == ("app", State.AWAITING_APPROVAL)


def test_a_destroy_is_asked_for_by_hand_and_needs_another_person(plain: World) -> None:
    plain.applied(body=DATA)
    request.request_plan(plain.app.control, plain.app.discoverer, "web", ANA, destroy=True)
    (run,) = plain.work()
    assert run.summary.delete == 1
    with pytest.raises(NotAllowed):
        plain.approve(run, ANA)
    plain.approve(run, BO)
    assert states(plain.work()) == [State.APPLIED]
    assert plain.look().applied_revision is None


def test_a_stack_that_leaves_git_is_never_destroyed(plain: World) -> None:
    plain.applied(body=DATA)
    plain.commit_files({"web/stack.yaml": None, "web/main.tf": None})
    plain.poll()
    assert plain.work() == []
    assert plain.look().missing_since is not None


def test_an_older_revision_can_be_planned_by_hand(plain: World) -> None:
    first = plain.applied(body=DATA)
    plain.applied(value="two", body=DATA)
    request.request_plan(plain.app.control, plain.app.discoverer, "web", ANA, ref=first.revision)
    (run,) = plain.work()
    assert (run.revision, run.state) == (first.revision, State.AWAITING_APPROVAL)
    with pytest.raises(NotAllowed, match="whoever requested the run"):
        plain.approve(run, ANA)
    plain.approve(run, BO)
    assert plain.work()[0].state is State.APPLIED
    assert plain.look().sync is Sync.PENDING


def test_a_second_plan_by_hand_takes_the_place_of_the_first(plain: World) -> None:
    (run,) = plain.push(body=DATA)
    request.request_plan(plain.app.control, plain.app.discoverer, "web", ANA)
    assert plain.run(run.id).state is State.SUPERSEDED


def test_two_stacks_of_one_module_keep_two_states(plain: World) -> None:
    plain.commit_files(
        {
            "m/main.tf": 'variable "v" {}\nresource "terraform_data" "one" {\n  input = var.v\n}\n',
            "m/stack.yaml": "name: a\nvars: {v: one}\n---\nname: b\nvars: {v: two}\n",
        }
    )
    plain.poll()
    runs = plain.work()
    for run in runs:
        plain.approve(run)
    assert states(plain.work()) == [State.APPLIED, State.APPLIED]
    plain.commit_files({"m/other.tf": "# moved\n"})
    plain.poll()
    assert states(plain.work()) == [State.NO_CHANGES, State.NO_CHANGES]


def test_a_busy_stack_cannot_be_locked(plain: World) -> None:
    plain.push(body=DATA)
    request.request_plan(plain.app.control, plain.app.discoverer, "web", ANA)
    assignment = next_assignment(plain.app.control)
    assert assignment is not None
    with pytest.raises(StackBusy):
        lock.take(plain.app.control, "web", ANA, "now")
    plain.app.worker.perform(assignment)


def test_var_files_lie_beside_the_stack_file_wherever_the_root_module_is(plain: World) -> None:
    plain.commit_files(
        {
            "modules/app/main.tf": 'variable "v" {}\nresource "terraform_data" "one" {\n  input = var.v\n}\n',
            "live/prod/stack.yaml": "name: prod\npath: ../../modules/app\nvar_files: [prod.tfvars]\n",
            "live/prod/prod.tfvars": 'v = "prod"\n',
        }
    )
    plain.poll()
    (run,) = plain.work()
    assert run.state is State.AWAITING_APPROVAL
    with plain.app.store.reading() as reader:
        changes = reader.changes(run.id)
    assert changes is not None
    assert [a.after for a in changes.resources[0].attributes if a.path == "input"] == ["prod"]
    plain.approve(run)
    assert states(plain.work()) == [State.APPLIED]
    request.request_check(plain.app.control, ["prod"], ANA)
    assert states(plain.work()) == [State.NO_CHANGES]


def test_a_cancel_that_comes_while_an_old_plan_is_made_again_stops_the_run(plain: World) -> None:
    (run,) = plain.push(body=DATA)
    plain.approve(run)
    plain.age(hours=1)
    assignment = next_assignment(plain.app.control)
    assert assignment is not None
    cancel.cancel(plain.app.control, run.id, ANA)
    assert plain.app.worker.perform(assignment).state is State.CANCELED
    assert plain.look().applied_revision is None


def test_destroying_a_stack_beyond_the_guard_rails_needs_its_name_typed(plain: World) -> None:
    plain.applied(body='resource "terraform_data" "many" {{\n  count = 6\n}}\n')
    request.request_plan(plain.app.control, plain.app.discoverer, "web", ANA, destroy=True)
    (run,) = plain.work()
    with pytest.raises(GuardrailHit, match="6"):
        plain.approve(run, BO)
    assert plain.approve(run, BO, typed_name="web").state is State.APPROVED
