"""A plan that says when it was made is another one each time: its approval and its acknowledgement outlive that, and nothing else."""

from datetime import timedelta
from pathlib import Path

import pytest
from world import ANA, BO, World

from runner.model.drift.report import ReportStatus
from runner.model.run.life import Run, State
from runner.service.operator import report, request

CONFIG = "apply: {fresh_for: 1s}\n"
STAMPED = """\
locals {{
  now = plantimestamp()
}}
resource "terraform_data" "one" {{
  input = {{ value = "{value}", built = "built at ${{local.now}}", until = timeadd(local.now, "24h") }}
}}
output "at" {{
  value = plantimestamp()
}}
"""


@pytest.fixture
def plain(tmp_path: Path) -> World:
    return World(tmp_path, CONFIG)


def later(world: World, run: Run) -> list[Run]:
    """Approve it, and apply it when its plan has grown old; a second of the real clock moves the plan's time."""
    world.approve(run)
    world.age(minutes=10)
    return world.work()


def test_an_approval_outlives_the_time_of_the_plan_and_says_so(plain: World) -> None:
    (planned,) = plain.push(body=STAMPED)
    with plain.app.store.reading() as reader:
        changes = reader.changes(planned.id)
    assert changes is not None
    assert changes.moving == ("terraform_data.one input.built", "terraform_data.one input.until", "output.at")
    (done,) = later(plain, planned)
    assert done.state is State.APPLIED
    assert "only the time of the plan differed: terraform_data.one input" in done.reason


def test_what_differs_besides_is_named(world: World) -> None:
    world.applied(value="one")
    (planned,) = world.push(value="two")
    world.approve(planned)
    world.cloud_set(tags={"by": "hand"})
    world.age(minutes=10)
    thrown_away, again = world.work()
    assert (thrown_away.state, again.state) == (State.SUPERSEDED, State.AWAITING_APPROVAL)
    paths = "cloudfile_object.web tags.by, cloudfile_object.web tags.env"
    assert thrown_away.reason == f"planned again: it would now do something else ({paths} changed)"


def check(world: World) -> Run:
    runs, _ = request.request_check(world.app.control, ["web"], ANA)
    (done,) = [run for run in world.work() if run.id == runs[0].id]
    return done


def test_an_acknowledgement_outlives_the_time_of_the_plan(plain: World) -> None:
    plain.applied(body=STAMPED)
    # In the second of the plan that was applied there is nothing to see yet.
    while check(plain).state is not State.DRIFTED:
        pass
    report.acknowledge(plain.app.control, 1, BO, "its own time", timedelta(weeks=2))
    seconds = {_set_by(plain, check(plain))}
    while len(seconds) < 3:
        seconds.add(_set_by(plain, check(plain)))
    (found,) = plain.reports()
    assert found.status is ReportStatus.ACKNOWLEDGED


def _set_by(world: World, run: Run) -> str:
    """The second that its plan would set."""
    with world.app.store.reading() as reader:
        changes = reader.changes(run.id)
    assert changes is not None
    return str(changes.outputs[0].after)
