"""Whoever attends to an apply may leave it, fail or be told to stop; the apply says itself how it ends."""

import threading

import pytest
from recovering_world import AUTOMATIC, Begun, dying, recovered_again
from traces import RECEIPT, STARTED, WORKED, ended, log
from world import ANA, DATA, World

from runner.errors import ArtifactStoreFailed
from runner.model.execution.job import Phase
from runner.model.run.life import State
from runner.service.cycle.dispatch import next_assignment
from runner.service.operator import cancel
from runner.service.queue.enqueue import enqueue_due

INTERRUPTED = {"receipt": RECEIPT, "apply.jsonl": log(STARTED)}


# While it runs on


def test_what_runs_on_is_neither_started_again_nor_planned(dead: Begun) -> None:
    world = dead.world
    dead.leave(INTERRUPTED)
    with dead.alive():
        assert world.push(value="two", rules=AUTOMATIC, body=DATA) == []
        assert world.run(dead.run.id).state is State.APPLYING
    assert dead.recovered().state is State.INTERRUPTED


def test_what_is_left_again_is_adopted_again(dead: Begun) -> None:
    worker = dead.world.app.worker
    with dead.alive():
        worker.leave.set()
        for _ in range(3):
            assert worker.perform(dead.adopted()).state is State.APPLYING
        worker.leave.clear()
        dead.leave(WORKED)
        assert dead.recovered().state is State.APPLIED


@pytest.mark.parametrize("hours", [0, 1])
def test_a_daemon_that_only_waits_for_what_it_has_started_starts_no_apply(planned: World, hours: int) -> None:
    """With an old plan, which would be made again first, and with one that is fresh."""
    (run,) = planned.runs()
    planned.approve(run)
    planned.age(hours=hours)
    assignment = next_assignment(planned.app.control)
    assert assignment is not None
    planned.app.worker.ends.set()
    put_back = planned.app.worker.perform(assignment)
    assert (put_back.state, put_back.claim, put_back.executed_digest) == (State.APPROVED, None, None)
    planned.app.worker.ends.clear()
    assert [done.state for done in planned.work()] == [State.APPLIED]


def test_a_person_can_stop_what_was_adopted(dead: Begun) -> None:
    world = dead.world
    with dead.alive():
        assignment = dead.adopted()
        cancel.cancel(world.app.control, dead.run.id, ANA, force=True)
        thread = threading.Thread(target=world.app.worker.perform, args=(assignment,))
        thread.start()
        while not (dead.control / "apply.stop").exists():
            world.app.worker.pass_on_cancels()
            thread.join(0.02)
            assert thread.is_alive()
        dead.leave({"receipt": RECEIPT, "apply.result": ended(1)})
        thread.join()
    stopped = world.run(dead.run.id)
    assert stopped.state is State.INTERRUPTED
    assert stopped.reason.startswith("ana asked to stop it; ")
    with world.app.store.reading() as reader:
        lock = reader.lock(stopped.stack)
    assert lock is not None
    assert "ana asked to stop it" in lock.reason


@pytest.mark.parametrize("fault", [OSError(5, "Input/output error"), RuntimeError("a bug")])
def test_our_own_failure_is_not_taken_for_the_end_of_what_runs_on(
    dead: Begun, monkeypatch: pytest.MonkeyPatch, fault: Exception
) -> None:
    def fail(*_: object) -> None:
        raise fault

    worker = dead.world.app.worker
    with dead.alive():
        monkeypatch.setattr("runner.engine.command.adopt", fail)
        assert worker.perform(dead.adopted()).state is State.APPLYING
        monkeypatch.undo()
        dead.leave(WORKED)
        assert dead.recovered().state is State.APPLIED


def test_an_unreachable_artifact_store_does_not_interrupt_an_apply(
    dead: Begun, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(*_: object) -> bytes:
        raise ArtifactStoreFailed(store="s3", problem="away")

    dead.leave(WORKED)
    monkeypatch.setattr(type(dead.world.app.artifacts), "get", away)
    assert dead.recovered().state is State.APPLYING
    monkeypatch.undo()
    assert dead.recovered().state is State.APPLIED


# Before it


def test_a_daemon_stopping_while_it_plans_again_keeps_the_approval(plain: World) -> None:
    plain.stack(body=DATA, rules=AUTOMATIC)
    plain.poll()
    enqueue_due(plain.app.store, plain.clock, ())
    planned = next_assignment(plain.app.control)
    assert planned is not None
    assert plain.app.worker.perform(planned).state is State.APPROVED
    plain.age(hours=1)
    assignment = next_assignment(plain.app.control)
    assert assignment is not None
    assert assignment.job.phase is Phase.APPLY
    plain.app.worker.leave.set()
    run = plain.app.worker.perform(assignment)
    assert (run.state, run.claim) == (State.APPROVED, None)
    plain.app.worker.leave.clear()
    (done,) = plain.work()
    assert (done.id, done.state) == (run.id, State.APPLIED)


# Between start and following


@pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.parametrize("action", ["EIO", "ENOSPC", "raise"])
def test_a_fault_right_after_the_start_is_not_taken_for_a_failed_start(plain: World, action: str) -> None:
    with dying("spawn.after_fork", action=action):
        plain.push(rules=AUTOMATIC, body=DATA)
    (run,) = plain.runs()
    assert run.state is State.APPLYING
    recovered_again(plain)
    assert plain.run(run.id).state is State.APPLIED


@pytest.mark.parametrize("action", ["EIO", "ENOSPC"])
def test_a_start_that_fails_for_certain_is_given_to_a_person(plain: World, action: str) -> None:
    with dying("spawn.before_fork", action=action):
        (*_, run) = plain.push(rules=AUTOMATIC, body=DATA)
    assert run.state is State.APPLY_FAILED
    assert "could not be started" in run.reason
