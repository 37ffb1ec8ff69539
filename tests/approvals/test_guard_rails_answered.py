"""A guard rail is let pass by a person who says so in its own words, and that is recorded."""

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from beginnings import Beginnings
from world import ANA, BO, DATA, World

from runner.errors import (
    ApprovalForOtherPlan,
    ApprovalVoid,
    BadUsage,
    GuardrailHit,
    NotAllowed,
    WrongState,
)
from runner.model.approval.approval import Approval, Person
from runner.model.approval.binding import EngineFacts
from runner.model.approval.guardrails import LARGE, SeenState, state_problem, unanswered, violations
from runner.model.audit.log import AuditEntry
from runner.model.changes.changes import ChangeSet, Summary
from runner.model.run.life import Run, State
from runner.model.settings.guardrails import Guardrails
from runner.service.approval import approve as approving
from runner.service.approval.authorship import Authors
from runner.service.operator import request

MANY = 'resource "terraform_data" "many" {{\n  count = 6\n  input = "{value}"\n}}\n'
NOTHING = "# nothing left\n"


def say(world: World, run: Run, *accepted: str, by: Person = ANA) -> Run:
    done, _ = approving.approve(
        world.app.control,
        lambda: Authors(world.app.git, world.app.modules),
        run.id,
        by,
        digest=run.plan_digest or "",
        accepted=frozenset(accepted),
    )
    return done


def given(world: World, run: Run) -> list[Approval]:
    with world.app.store.reading() as reader:
        return reader.approvals(run.id)


def recorded(world: World, run: Run, action: str) -> list[AuditEntry]:
    with world.app.store.reading() as reader:
        return [entry for entry in reader.audit(subject=run.name) if entry.action == action]


@pytest.fixture
def many(beginnings: Beginnings) -> Iterator[World]:
    """With six resources that are applied."""
    with beginnings.lent(apply_many, World) as world:
        yield world


def apply_many(world: World) -> None:
    world.applied(body=MANY)


def emptied(world: World) -> Run:
    """A change that destroys six resources."""
    (run,) = world.push(body=NOTHING)
    assert run.summary.delete == 6
    return run


def test_destroying_more_than_the_guard_rail_needs_the_exact_number(many: World) -> None:
    run = emptied(many)
    with pytest.raises(GuardrailHit, match="6 resources") as refused:
        say(many, run)
    assert f"driftline approve {run.name} --accept-destroys 6" in refused.value.hint
    for wrong in ("destroys=5", "destroys=60", "destroys=", "large", "new-state"):
        with pytest.raises(GuardrailHit):
            say(many, run, wrong)
    assert say(many, run, "destroys=6").state is State.APPROVED
    assert [approval.accepted for approval in given(many, run)] == [("destroys=6",)]
    (entry,) = recorded(many, run, "approval.give")
    assert entry.detail["accepted"] == ["destroys=6"]
    assert [done.state for done in many.work()] == [State.APPLIED]


def test_each_of_two_people_has_to_say_the_number(many: World) -> None:
    (run,) = many.push(body=NOTHING, rules="apply: {approvals: 2}\n")
    assert say(many, run, "destroys=6").state is State.AWAITING_APPROVAL
    with pytest.raises(GuardrailHit):
        say(many, run, by=BO)
    assert say(many, run, "destroys=6", by=BO).state is State.APPROVED


def test_a_wrong_number_is_refused_even_if_none_is_asked_for(planned: World) -> None:
    (run,) = planned.runs()
    with pytest.raises(GuardrailHit, match="a different number"):
        say(planned, run, "destroys=1")
    assert say(planned, run, "destroys=0").state is State.APPROVED
    assert given(planned, run)[0].accepted == ()


def test_too_many_changes_have_no_answer() -> None:
    found = violations(ChangeSet(summary=Summary(create=3)), Guardrails(max_changes=2))
    assert unanswered(found, {"large", "new-state", "destroys=0", ""}) == found


@pytest.mark.parametrize("destroy", [False, True])
def test_more_than_anybody_reads_has_to_be_accepted_as_that(destroy: bool) -> None:  # noqa: FBT001
    wide = Guardrails(max_changes=10_000)
    assert violations(ChangeSet(summary=Summary(create=LARGE)), wide, destroy=destroy) == ()
    found = violations(ChangeSet(summary=Summary(create=LARGE, update=1)), wide, destroy=destroy)
    assert [one.code for one in found] == ["large"]
    assert unanswered(found, ()) == found
    assert unanswered(found, {"large"}) == ()


# The state


KNOWN = SeenState("9f2c", 7, 3, at=None, by="run-4")  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("known", "lineage", "serial", "resources", "shown"),
    [
        (None, "", 0, 0, None),
        (KNOWN, "9f2c", 7, 3, None),
        (KNOWN, "9f2c", 9, 1, None),
        (KNOWN, "", 0, 0, "EMPTY, but run-4 left 3 resources in it"),
        (KNOWN, "9f2c", 9, 0, "EMPTY"),
        (KNOWN, "77aa", 9, 3, "A DIFFERENT ONE (lineage 77aa, was 9f2c)"),
        (KNOWN, "9f2c", 6, 3, "OLDER (serial 6, was 7)"),
        (KNOWN, "", None, None, None),
        (SeenState("", None, 3, at=None), "77aa", 1, 3, None),  # type: ignore[arg-type]
        (SeenState("9f2c", 7, 0, at=None), "", 0, 0, None),  # type: ignore[arg-type]
    ],
)
def test_a_state_that_is_not_the_known_one(
    known: SeenState | None, lineage: str, serial: int | None, resources: int | None, shown: str | None
) -> None:
    problem = state_problem(known, EngineFacts(lineage=lineage, serial=serial, resources=resources))
    assert problem == shown or (shown is not None and shown in (problem or ""))


def state_of(world: World) -> Path:
    (found,) = world.settings.data_dir.glob("workspaces/*/state/terraform.tfstate")
    return found


def change_state(world: World, **fields: object) -> None:
    path = state_of(world)
    path.write_text(json.dumps({**json.loads(path.read_text()), **fields}))


def empty(world: World) -> None:
    change_state(world, resources=[])


def exchange(world: World) -> None:
    change_state(world, lineage="00000000-0000-0000-0000-000000000000")


def set_back(world: World) -> None:
    change_state(world, serial=0)


def looked_at(world: World) -> None:
    """One drift check, which sees the lineage that the first apply made."""
    request.request_check(world.app.control, ["web"], ANA)
    assert [run.state for run in world.work()] == [State.NO_CHANGES]


@pytest.mark.parametrize(
    ("harm", "shown"), [(empty, "EMPTY"), (exchange, "A DIFFERENT ONE"), (set_back, "OLDER")]
)
def test_a_plan_on_a_state_that_is_not_the_known_one_waits_with_its_reason(
    many: World, harm: Callable[[World], None], shown: str
) -> None:
    looked_at(many)
    harm(many)
    (run,) = many.push(value="two", body=MANY, rules="apply: {mode: automatic}\n")
    assert (run.state, shown in run.reason) == (State.AWAITING_APPROVAL, True)
    with pytest.raises(GuardrailHit, match=shown) as refused:
        say(many, run)
    assert "--accept-new-state" in refused.value.hint
    assert say(many, run, "new-state").state is State.APPROVED
    assert [done.state for done in many.work()] == [State.APPLIED]
    # Taken from here on.
    (after,) = many.push(value="three", body=MANY)
    assert after.reason == ""


def test_an_emptied_state_is_noticed_though_nobody_looked_since_the_apply(many: World) -> None:
    (done,) = many.runs()
    empty(many)
    (run,) = many.push(value="two", body=MANY)
    assert f"EMPTY, but {done.name} left 6 resources in it" in run.reason


def test_a_state_emptied_by_a_requested_destroy_is_not_a_lost_one(plain_applied: World) -> None:
    looked_at(plain_applied)
    request.request_plan(plain_applied.app.control, plain_applied.app.discoverer, "web", ANA, destroy=True)
    (destroy,) = plain_applied.work()
    say(plain_applied, destroy, by=BO)
    plain_applied.work()
    (run,) = plain_applied.push(value="two", body=DATA)
    assert (run.reason, run.summary.create) == ("", 1)


def test_a_check_of_an_emptied_state_does_not_make_it_the_known_one(many: World) -> None:
    looked_at(many)
    empty(many)
    request.request_check(many.app.control, ["web"], ANA)
    many.work()
    (run,) = many.push(value="two", body=MANY)
    assert "EMPTY" in run.reason


def test_a_state_exchanged_between_plan_and_apply_is_not_touched(plain_applied: World) -> None:
    (run,) = plain_applied.push(value="two", body=DATA)
    plain_applied.approve(run)
    exchange(plain_applied)
    before = state_of(plain_applied).read_text()
    fresh = [done for done in plain_applied.work() if done.id != run.id]
    assert plain_applied.run(run.id).state is State.SUPERSEDED
    assert "does not match the given state" in plain_applied.run(run.id).reason
    assert [("A DIFFERENT ONE" in one.reason, one.state) for one in fresh] == [
        (True, State.AWAITING_APPROVAL)
    ]
    assert state_of(plain_applied).read_text() == before


# Every no is recorded


def test_every_refused_attempt_leaves_a_row_in_the_audit_log(plain: World) -> None:
    (run,) = plain.push(body=DATA, rules="apply: {approvals: 2}\n")
    attempts: list[tuple[Person, str, type[Exception]]] = [
        (Person("carl", "loginuid"), run.plan_digest or "", NotAllowed),
        (BO, "0" * 64, ApprovalForOtherPlan),
        (BO, (run.plan_digest or "")[:11], BadUsage),
        (BO, "zz" + (run.plan_digest or ""), BadUsage),
        (BO, "", BadUsage),
    ]
    for person, digest, error in attempts:
        with pytest.raises(error):
            approving.approve(
                plain.app.control,
                lambda: Authors(plain.app.git, plain.app.modules),
                run.id,
                person,
                digest=digest,
            )
    say(plain, run)
    with pytest.raises(NotAllowed, match="once"):
        say(plain, run)
    say(plain, run, by=BO)
    with pytest.raises(WrongState):
        say(plain, run, by=Person("fay", "user"))
    rows = list(reversed(recorded(plain, run, "approval.refuse")))
    assert [(row.actor, row.detail["refusal"]) for row in rows] == [
        *((person.name, error.__name__) for person, _, error in attempts),
        ("ana", "NotAllowed"),
        ("fay", "WrongState"),
    ]
    assert rows[0].detail["known_by"] == "loginuid"
    assert plain.app.store.verify_audit() is None


def test_a_guard_rail_that_was_put_up_since_the_plan_asks_for_a_new_one(plain_applied: World) -> None:
    (run,) = plain_applied.push(body=NOTHING)
    plain_applied.configure(replace(plain_applied.settings, guardrails=Guardrails(max_destroys=0)))
    with pytest.raises(ApprovalVoid, match="max_destroys is 0"):
        say(plain_applied, run, "destroys=1")
