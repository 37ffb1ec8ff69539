"""The main job on engines that are not on this machine, played as they were recorded."""

from pathlib import Path

import pytest
from recorded.players import Players
from recorded.recording import Recording, recordings
from world import ANA, World

from runner.model.run.life import State
from runner.service.operator import request


@pytest.mark.parametrize("recording", recordings("create"), ids=str)
def test_a_stack_is_planned_approved_applied_and_checked_for_drift(
    tmp_path: Path, players: Players, recording: Recording
) -> None:
    binary = players(recording.engine, recording.version)
    world = World(tmp_path, engines=f"  {recording.engine}: {{binary: {binary}}}\n")
    stack = f"name: web\nengine: {recording.engine}\n"
    world.commit_files(
        {"web/stack.yaml": stack, **{f"web/{name}": text for name, text in recording.code.items()}}
    )
    world.poll()
    (run,) = world.work()
    assert (run.state, run.engine_version) == (State.AWAITING_APPROVAL, recording.version), run.reason
    world.approve(run)
    (done,) = world.work()
    assert done.state is State.APPLIED, done
    request.request_check(world.app.control, ["web"], ANA)
    (check,) = world.work()
    assert check.state is State.NO_CHANGES, check
