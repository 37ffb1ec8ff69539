"""A stack that reads files which nobody can name: each commit of its repository is looked at, once."""

import pytest
from world import World

from runner.model.run.life import State, Trigger
from runner.model.schedule.decide import decide
from runner.model.stack.definition import Sync
from runner.service.queue.views import view

READS = """\
resource "terraform_data" "which" {{
  input = "../values.txt"
}}
resource "terraform_data" "it" {{
  input = "{value}${{terraform_data.which.id == "" ? "" : file(terraform_data.which.input)}}"
}}
"""


@pytest.fixture
def reading(plain: World) -> World:
    plain.commit_files({"values.txt": "one", "README.md": "one"})
    plain.applied(body=READS)
    # The apply itself was at the newest commit.
    assert plain.look().sync is Sync.SYNCED
    return plain


def sentence(world: World) -> str:
    with world.app.store.reading() as reader:
        return decide(view(reader, world.clock, "web")).sentence


def test_a_commit_elsewhere_is_planned_once_and_that_syncs_the_stack(reading: World) -> None:
    head = reading.commit_files({"README.md": "two"})
    reading.poll()
    assert reading.look().sync is Sync.PENDING
    assert "not fully known" in sentence(reading)
    (look,) = reading.work()
    assert (look.state, look.trigger, look.revision) == (State.NO_CHANGES, Trigger.PUSH, head)
    assert reading.look().sync is Sync.SYNCED
    assert "not fully known" in sentence(reading)
    reading.poll()
    assert reading.work() == []


def test_what_is_read_is_planned_when_it_moves(reading: World) -> None:
    reading.commit_files({"values.txt": "two"})
    reading.poll()
    assert [run.state for run in reading.work()] == [State.AWAITING_APPROVAL]


def test_a_commit_elsewhere_takes_no_plan_away_that_waits(reading: World) -> None:
    (waiting,) = reading.push(value="two", body=READS)
    reading.commit_files({"README.md": "two"})
    reading.poll()
    assert reading.work() == []
    reading.approve(waiting)
    applied, look = reading.work()
    assert (applied.id, applied.state, look.state) == (waiting.id, State.APPLIED, State.NO_CHANGES)
    assert reading.look().sync is Sync.SYNCED


def test_its_own_code_takes_such_a_plan_away(reading: World) -> None:
    (waiting,) = reading.push(value="two", body=READS)
    (newer,) = reading.push(value="three", body=READS)
    with reading.app.store.reading() as reader:
        assert reader.run(waiting.id).state is State.SUPERSEDED
    assert newer.state is State.AWAITING_APPROVAL


def test_a_look_may_be_answered_by_a_probe(reading: World) -> None:
    reading.commit_files({"README.md": "two"})
    reading.poll()
    (look,) = reading.work()
    with reading.app.store.reading() as reader:
        # It has no provider to be asked, and was thought of.
        assert reader.probe("web").reason
    assert look.state is State.NO_CHANGES


def test_once_it_is_known_what_is_read_other_commits_are_left_alone(reading: World) -> None:
    plain = READS.replace("terraform_data.which.input", '"../values.txt"')
    reading.applied(body=plain, value="two")
    assert reading.look().unknown_inputs == ()
    reading.commit_files({"README.md": "two"})
    reading.poll()
    assert reading.work() == []
