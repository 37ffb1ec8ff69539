"""Promotions cost one query for any number of them, and none while there is nothing to promote."""

from collections.abc import Collection
from datetime import timedelta

from examples import NOW, a_stack

from runner.model.promotion.stage import Applied, StageRecord
from runner.model.schedule.decide import decide
from runner.model.schedule.view import View
from runner.model.settings.promotion import Promotion, PromotionWait
from runner.model.stack.definition import StateIdentity
from runner.service.queue.promotions import hold_back


class Records:
    """Every stage was applied an hour ago by the second head."""

    def __init__(self) -> None:
        self.asked: list[int] = []

    def stage_records(self, names: Collection[str]) -> dict[str, StageRecord]:
        self.asked.append(len(names))
        applied = Applied("run-1", NOW - timedelta(hours=1), head=2)
        return {name: StageRecord(moved=3, applied=applied) for name in names}


PROMOTIONS = [Promotion(f"p{n}", (f"dev/{n}", f"stage/{n}", f"prod/{n}"), PromotionWait()) for n in range(50)]


def views(**fields: object) -> dict[str, View]:
    names = (name for promotion in PROMOTIONS for name in promotion.order)
    return {name: View(a_stack(name=name, applied_revision="a" * 40, **fields), NOW) for name in names}


def test_fifty_promotions_are_read_at_once() -> None:
    records = Records()
    held = list(hold_back(records, views(applied_inputs="old"), PROMOTIONS))
    assert records.asked == [150]
    assert len(held) == 100
    assert {decide(view).code for view in held} == {"promotion"}


def test_a_later_stage_names_the_one_before_it() -> None:
    stage, prod = hold_back(Records(), views(applied_inputs="old"), PROMOTIONS[:1])
    assert decide(stage).sentence == (
        "waits for promotion p0: dev/0 has not applied bbbbbbbbbbbb yet (its inputs changed in Git)"
    )
    assert decide(prod).sentence == (
        "waits for promotion p0: stage/0 has not applied bbbbbbbbbbbb yet (it waits for dev/0)"
    )


def test_while_every_stage_is_in_sync_nothing_is_read() -> None:
    records = Records()
    assert list(hold_back(records, views(applied_inputs="new"), PROMOTIONS)) == []
    assert records.asked == []


def test_a_stack_with_the_state_of_a_stage_is_that_stage_under_whatever_name() -> None:
    state = StateIdentity("s3", '{"bucket": "b", "key": "prod"}', "default")
    left = a_stack(name="prod/0", identity=state, applied_revision="a" * 40, missing_since=NOW)
    other = a_stack(name="free", identity=state)
    own = a_stack(name="own", identity=StateIdentity("s3", "another", "default"))
    found = {stack.name: View(stack, NOW) for stack in (left, other, own)}
    held = {view.stack.name: decide(view) for view in hold_back(Records(), found, PROMOTIONS[:1])}
    assert "own" not in held
    assert held["free"].sentence == (
        "waits for promotion p0: free was its stage prod/0; correct the order in the configuration"
    )
