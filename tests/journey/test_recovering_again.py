"""Recovery may be run by anybody, at any time, again and again, and may itself be killed."""

import sqlite3
import subprocess
from contextlib import closing
from typing import Any

import pytest
from beginnings import Beginnings
from recovering_world import Begun, begin_apply, begun, content, dying, recovered_again
from traces import RECEIPT, ROWS, STARTED, WORKED, log
from world import DATA, World

from runner.failpoint import FailpointHit
from runner.model.run.life import Claim, State
from runner.ports.keeping import HeldClaim
from runner.service.cycle.recover import recover

INTERRUPTED = {"receipt": RECEIPT, "apply.jsonl": log(STARTED)}


def tried(world: World) -> None:
    """A recovery that is killed where a failpoint says so."""
    with pytest.raises(FailpointHit):
        recovered_again(world)


# Idempotent


@pytest.mark.parametrize(
    "row", ["it worked", "it failed", "it died in the middle", "terraform refused it as stale"]
)
def test_recovering_again_changes_nothing(dead: Begun, row: str) -> None:
    dead.leave(ROWS[row][0])
    recovered_again(dead.world)
    once = content(dead.world)
    for _ in range(2):
        recovered_again(dead.world)
        assert content(dead.world) == once


@pytest.mark.repeats("row")
@pytest.mark.parametrize("point", ["record.before_commit", "record.after_commit"])
@pytest.mark.parametrize("row", ["it worked", "it failed", "it died in the middle"])
def test_a_recovery_that_was_killed_five_times_ends_as_one_that_was_not(
    beginnings: Beginnings, row: str, point: str
) -> None:
    seen = []
    for name in ("clean", "killed"):
        world, run = beginnings.world(begin_apply, World)
        Begun(world, run).leave(ROWS[row][0])
        if name == "killed":
            with dying(point):
                for _ in range(5 if point == "record.before_commit" else 1):
                    tried(world)
        recovered_again(world)
        seen.append(content(world))
        world.leave()
    assert seen[0] == seen[1]


def test_a_plan_whose_recovery_is_killed_is_made_again_once(plain: World) -> None:
    plain.stack(body=DATA)
    plain.poll()
    with dying("plan.before_commit"), pytest.raises(FailpointHit):
        plain.work()
    for point in ("recover.before_commit", "recover.before_commit", "recover.after_commit"):
        with dying(point), pytest.raises(FailpointHit):
            recover(plain.app.control)
    assert recover(plain.app.control).ended == ()
    (run,) = plain.work()
    assert (run.id, run.state) == (1, State.AWAITING_APPROVAL)


def test_a_recovery_that_fails_lets_go_of_the_applies_that_it_had_found(plain: World) -> None:
    dead = begun(plain, "aa")
    plain.stack("bb", body=DATA)
    plain.poll()
    with dying("plan.before_commit"), pytest.raises(FailpointHit):
        plain.work()
    with dying("recover.before_commit"), pytest.raises(FailpointHit):
        recover(plain.app.control)
    dead.leave(WORKED)
    (assignment,) = recover(plain.app.control).adopted
    assert plain.app.worker.perform(assignment).state is State.APPLIED


# Who may


def test_two_that_recover_at_once_attend_to_it_once(dead: Begun) -> None:
    dead.leave(WORKED)
    assignment = dead.adopted()
    assert recover(dead.world.app.control).adopted == ()
    assert dead.world.app.worker.perform(assignment).state is State.APPLIED


def test_what_ends_while_recovery_looks_is_not_attended_to(
    dead: Begun, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever executed it records its end and lets go, between the look at the row and the look at the lock."""
    world = dead.world
    dead.leave(WORKED)
    claims: Any = world.app.control.claims
    real = claims.adopt

    def slow(claim: Claim) -> HeldClaim | None:
        monkeypatch.setattr(claims, "adopt", real)
        recovered_again(world)
        return real(claim)  # type: ignore[no-any-return]

    monkeypatch.setattr(claims, "adopt", slow)
    assert recover(world.app.control).adopted == ()
    assert world.run(dead.run.id).state is State.APPLIED
    assert real(dead.run.claim).release() is None  # and nobody is in the way


def test_a_pid_that_is_somebody_elses_by_now_is_no_reason_to_wait(dead: Begun) -> None:
    stranger = subprocess.Popen(["/bin/sleep", "1000"])
    try:
        with closing(sqlite3.connect(dead.data / "driftline.db")) as connection, connection:
            connection.execute("UPDATE runs SET claim_pid = ?", (stranger.pid,))
        dead.leave(WORKED)
        assert dead.recovered().state is State.APPLIED
        assert stranger.poll() is None
    finally:
        stranger.kill()
        stranger.wait()


# After it


def test_what_never_began_is_applied_once_and_later(dead: Begun) -> None:
    world = dead.world
    put_back = dead.recovered()
    assert (put_back.state, put_back.waits) == (State.APPROVED, 1)
    assert world.work() == []
    world.age(minutes=1)
    (done,) = world.work()
    assert (done.id, done.state) == (dead.run.id, State.APPLIED)
    state = next((world.settings.data_dir / "workspaces").glob("web-*/state/terraform.tfstate"))
    assert '"serial": 1' in state.read_text()


def test_what_never_begins_however_often_it_is_tried_is_given_to_a_person(dead: Begun) -> None:
    world = dead.world
    for _ in range(20):
        run = dead.recovered() if world.run(dead.run.id).state is State.APPLYING else world.run(dead.run.id)
        if run.final:
            break
        world.age(minutes=20)
        with dying("gate.after_commit"):
            world.work()
    assert run.state is State.APPLY_FAILED
    assert "never started" in run.reason or "died" in run.reason


def test_an_interrupted_one_is_never_applied_again_by_itself(dead: Begun) -> None:
    world = dead.world
    dead.leave(INTERRUPTED)
    assert dead.recovered().state is State.INTERRUPTED
    for _ in range(3):
        world.age(hours=13)
        recovered_again(world)
        assert [run for run in world.work() if run.kind != "drift"] == []
