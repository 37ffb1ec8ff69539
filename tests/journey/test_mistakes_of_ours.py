"""A result that we cannot record ends its run, so that nobody waits for it and nothing is made again and again."""

import pytest
from world import DATA, World

from runner.model.run.life import Run, State


def test_a_plan_whose_result_cannot_be_recorded_has_failed_with_the_reason(
    plain: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    def confused(*_: object) -> Run:
        raise ValueError("not made for this")

    with monkeypatch.context() as patch:
        patch.setattr("runner.service.outcome.plan._offer", confused)
        (run,) = plain.push(body=DATA)
    assert run.state is State.PLAN_FAILED
    assert run.reason == "internal error: ValueError: not made for this"
