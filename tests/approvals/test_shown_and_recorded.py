"""What is recorded as approved is what was on the screen, or nothing is recorded."""

from dataclasses import replace

import pytest
from world import ANA, World

from runner.errors import ApprovalForOtherPlan
from runner.model.changes.changes import ChangeSet
from runner.model.run.life import State
from runner.service.approval import approve as approving
from runner.service.approval.authorship import Authors
from runner.service.approval.question import Question, question


def answer(world: World, shown: Question) -> State:
    app, run = world.app, shown.run
    digest = shown.run.plan_digest or ""
    done, _ = approving.approve(
        app.control, lambda: Authors(app.git, app.modules), run.id, ANA, digest=digest, seen=shown.seen
    )
    return done.state


@pytest.fixture
def shown(planned: World) -> Question:
    (run,) = planned.runs()
    with planned.app.store.reading() as reader:
        return question(planned.app.settings, planned.app.clock, reader, run.id)


def test_what_was_shown_is_recorded(planned: World, shown: Question) -> None:
    assert answer(planned, shown) is State.APPROVED


@pytest.mark.parametrize("name", ["binding_digest", "fingerprint"])
def test_another_plan_than_the_one_on_the_screen_is_not_approved(
    planned: World, shown: Question, name: str
) -> None:
    other = replace(shown, run=replace(shown.run, **{name: "0" * 64}))  # type: ignore[arg-type]
    with pytest.raises(ApprovalForOtherPlan):
        answer(planned, other)
    assert planned.run(shown.run.id).state is State.AWAITING_APPROVAL


def test_other_changes_than_those_on_the_screen_are_not_approved(planned: World, shown: Question) -> None:
    with pytest.raises(ApprovalForOtherPlan):
        answer(planned, replace(shown, changes=ChangeSet()))
    with planned.app.store.reading() as reader:
        assert reader.approvals(shown.run.id) == []
        assert reader.audit(subject=shown.run.name, limit=1)[0].action == "approval.refuse"
