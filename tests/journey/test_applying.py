"""What is applied is what was approved, or nothing."""

import pytest
from world import ANA, BO, DATA, OBJECT, World, states

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
from runner.service.approval.authorship import Authors
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


def test_a_commit_that_does_not_touch_the_stack_plans_nothing(plain_applied: World) -> None:
    plain_applied.commit_files({"notes.txt": "elsewhere"})
    assert plain_applied.poll().moved
    assert plain_applied.work() == []


def test_an_empty_plan_makes_the_new_revision_the_applied_one(plain_applied: World) -> None:
    revision = plain_applied.commit_files({"web/notes.tf": "# only a comment\n"})
    plain_applied.poll()
    assert states(plain_applied.work()) == [State.NO_CHANGES]
    assert plain_applied.look().applied_revision == revision


def test_a_newer_revision_supersedes_a_plan_that_waits(planned: World) -> None:
    (first,) = planned.runs()
    (second,) = planned.push(value="two", body=DATA)
    assert planned.run(first.id).state is State.SUPERSEDED
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


def test_an_approval_names_the_plan_that_was_seen(planned: World) -> None:
    (run,) = planned.runs()
    with pytest.raises(ApprovalForOtherPlan):
        approving.approve(
            planned.app.control,
            lambda: Authors(planned.app.git, planned.app.modules),
            run.id,
            ANA,
            digest="0" * 64,
        )


def test_the_author_of_the_commit_may_not_approve(planned: World) -> None:
    (run,) = planned.runs()
    with pytest.raises(NotAllowed, match="author"):
        planned.approve(run, Person("carl", "user"))


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


def test_an_expired_approval_is_not_applied_and_a_fresh_plan_is_made(planned: World) -> None:
    (run,) = planned.runs()
    planned.approve(run)
    planned.age(hours=25)
    (fresh,) = planned.work()
    assert planned.run(run.id).state is State.SUPERSEDED
    assert planned.run(run.id).superseded_by == fresh.id
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
    # Plan files of the same second can be equal to the byte, so their digests do not tell.
    assert world.headings(done).count("plan") == 2
    assert world.cloud_value() == "one"


def test_an_old_plan_that_would_undo_an_emergency_fix_needs_a_person(applied: World) -> None:
    (run,) = applied.push(value="two")
    applied.approve(run)
    applied.cloud_set(value="emergency fix", size=7)
    applied.age(hours=1)
    applied.work()
    old = applied.run(run.id)
    assert old.state is State.SUPERSEDED
    assert applied.cloud_value() == "emergency fix"
    assert applied.run(old.superseded_by or 0).state is State.AWAITING_APPROVAL
    assert "fresh.json" in applied.app.artifacts.names(run.id)


def test_an_old_plan_with_nothing_left_to_do_ends_without_an_apply(applied: World) -> None:
    (run,) = applied.push(value="two")
    applied.approve(run)
    applied.cloud_set(value="two")
    applied.age(hours=1)
    assert applied.run(run.id).state is State.APPROVED
    assert State.NO_CHANGES in states(applied.work())
    assert applied.look().sync is Sync.SYNCED


def test_a_failed_apply_locks_the_stack_until_a_person_has_looked(applied: World) -> None:
    applied.cloud_set(fail_apply="quota exceeded")
    (run,) = applied.push(value="two")
    applied.approve(run)
    (failed,) = applied.work()
    assert failed.state is State.APPLY_FAILED
    assert "quota exceeded" in failed.reason
    with pytest.raises(StackLocked):
        request.request_plan(applied.app.control, applied.app.discoverer, "web", ANA)
    applied.cloud_set(fail_apply=None)
    lock.release(applied.app.control, "web", ANA, "the quota was raised")
    (fresh,) = applied.work()
    assert fresh.state is State.AWAITING_APPROVAL


def test_a_locked_stack_is_neither_planned_nor_applied(planned: World) -> None:
    (run,) = planned.runs()
    planned.approve(run)
    lock.take(planned.app.control, "web", BO, "audit week")
    assert planned.work() == []
    assert planned.run(run.id).state is State.APPROVED
    lock.release(planned.app.control, "web", BO, "over")
    assert states(planned.work()) == [State.APPLIED]


def test_a_lock_is_not_taken_twice(planned: World) -> None:
    lock.take(planned.app.control, "web", BO, "audit week")
    with pytest.raises(StackLocked, match="bo"):
        lock.take(planned.app.control, "web", ANA, "me too")


def test_a_rejected_plan_waits_for_a_new_commit(planned: World) -> None:
    (run,) = planned.runs()
    approving.reject(planned.app.control, run.id, ANA, "not on a Friday")
    assert planned.work() == []
    (again,) = planned.push(value="two", body=DATA)
    assert again.state is State.AWAITING_APPROVAL


def test_a_waiting_run_can_be_canceled_and_an_ended_one_cannot(planned: World) -> None:
    (run,) = planned.runs()
    assert cancel.cancel(planned.app.control, run.id, ANA).state is State.CANCELED
    with pytest.raises(WrongState):
        cancel.cancel(planned.app.control, run.id, ANA)


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


def test_a_destroy_is_asked_for_by_hand_and_needs_another_person(plain_applied: World) -> None:
    request.request_plan(plain_applied.app.control, plain_applied.app.discoverer, "web", ANA, destroy=True)
    (run,) = plain_applied.work()
    assert run.summary.delete == 1
    with pytest.raises(NotAllowed):
        plain_applied.approve(run, ANA)
    plain_applied.approve(run, BO)
    assert states(plain_applied.work()) == [State.APPLIED]
    assert plain_applied.look().applied_revision is None


def test_a_stack_that_leaves_git_is_never_destroyed(plain_applied: World) -> None:
    plain_applied.commit_files({"web/stack.yaml": None, "web/main.tf": None})
    plain_applied.poll()
    assert plain_applied.work() == []
    assert plain_applied.look().missing_since is not None


def test_an_older_revision_can_be_planned_by_hand(plain_applied: World) -> None:
    (first,) = plain_applied.runs()
    plain_applied.applied(value="two", body=DATA)
    request.request_plan(
        plain_applied.app.control, plain_applied.app.discoverer, "web", ANA, ref=first.revision
    )
    (run,) = plain_applied.work()
    assert (run.revision, run.state) == (first.revision, State.AWAITING_APPROVAL)
    with pytest.raises(NotAllowed, match="whoever requested the run"):
        plain_applied.approve(run, ANA)
    plain_applied.approve(run, BO)
    assert plain_applied.work()[0].state is State.APPLIED
    assert plain_applied.look().sync is Sync.PENDING


def test_a_second_plan_by_hand_takes_the_place_of_the_first(planned: World) -> None:
    (run,) = planned.runs()
    request.request_plan(planned.app.control, planned.app.discoverer, "web", ANA)
    assert planned.run(run.id).state is State.SUPERSEDED


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


def test_a_busy_stack_cannot_be_locked(planned: World) -> None:
    request.request_plan(planned.app.control, planned.app.discoverer, "web", ANA)
    assignment = next_assignment(planned.app.control)
    assert assignment is not None
    with pytest.raises(StackBusy):
        lock.take(planned.app.control, "web", ANA, "now")
    planned.app.worker.perform(assignment)


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


def test_a_cancel_that_comes_while_an_old_plan_is_made_again_stops_the_run(planned: World) -> None:
    (run,) = planned.runs()
    planned.approve(run)
    planned.age(hours=1)
    assignment = next_assignment(planned.app.control)
    assert assignment is not None
    cancel.cancel(planned.app.control, run.id, ANA)
    assert planned.app.worker.perform(assignment).state is State.CANCELED
    assert planned.look().applied_revision is None


def test_destroying_a_stack_beyond_the_guard_rails_needs_its_name_typed(plain: World) -> None:
    plain.applied(body='resource "terraform_data" "many" {{\n  count = 6\n}}\n')
    request.request_plan(plain.app.control, plain.app.discoverer, "web", ANA, destroy=True)
    (run,) = plain.work()
    with pytest.raises(GuardrailHit, match="6"):
        plain.approve(run, BO)
    assert plain.approve(run, BO, typed_name="web").state is State.APPROVED


def test_an_apply_stands_whose_check_cannot_read_its_data_source(world: World) -> None:
    check = """\
check "beside" {{
  data "cloudfile_lookup" "beside" {{
    name = "nowhere"
  }}
  assert {{
    condition     = data.cloudfile_lookup.beside.value == "one"
    error_message = "it is another"
  }}
}}
"""
    world.applied(body=OBJECT + check)
    assert world.cloud_value() == "one"
