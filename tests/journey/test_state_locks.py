"""States in a remote backend: locks of others are waited for, our own dead ones are freed, and none is lost."""

import json
import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any, Self

import pytest
from beginnings import Beginnings
from click.testing import CliRunner
from remote.state_backend import StateBackend, state_backend
from world import ANA, World, states

from runner.api.caller import Caller
from runner.api.daemon_process import DaemonProcess
from runner.api.performing import performer
from runner.api.states import force_unlock, show_left_lock
from runner.cli.main import main
from runner.daemon.requests import Requests
from runner.engine.state.lock import WITNESSED
from runner.errors import Blocked, Conflict, NotFound, RunUnresolved, StateBusy, StateHeld, StateUnsaved
from runner.model.run.evidence import Evidence
from runner.model.run.life import Run, State
from runner.model.settings.source import Allow
from runner.model.stack.definition import DriftStatus
from runner.service.cycle.dispatch import next_assignment
from runner.service.cycle.recover import recover
from runner.service.operator import lock, request, resolve, unlock

HTTP = 'terraform {{\n  backend "http" {{}}\n}}\n'
BODY = HTTP + 'resource "terraform_data" "one" {{\n  input = "{value}"\n}}\n'
# The second resource is made once the file `go` beside the test's cloud is there.
SLOW = (
    BODY
    + """
resource "terraform_data" "two" {{
  depends_on = [terraform_data.one]
  provisioner "local-exec" {{ command = "until [ -e {cloud}.go ]; do echo waiting; sleep 0.05; done" }}
}}
"""
)
ANAS = "5f9f5ae7-1111-2222-3333-444455556666"


@dataclass(frozen=True)
class Kept:
    """What a backend has, and was asked."""

    states: dict[str, bytes]
    locks: dict[str, dict[str, Any]]
    requests: list[tuple[str, str]]

    @classmethod
    def of(cls, backend: StateBackend) -> Self:
        return cls(dict(backend.states), dict(backend.locks), list(backend.requests))

    def give_to(self, backend: StateBackend) -> None:
        backend.states, backend.locks, backend.requests = (
            dict(self.states),
            dict(self.locks),
            [*self.requests],
        )


@dataclass(frozen=True)
class Starts:
    """What tests begin with, on one backend: stack files have its port."""

    backend: StateBackend

    def after_apply(self, world: World) -> Kept:
        approved(world, self.backend)
        (run,) = world.work()
        assert run.state is State.APPLIED, run.reason
        return Kept.of(self.backend)

    def after_kill(self, world: World) -> Kept:
        killed(world, self.backend)
        return Kept.of(self.backend)


@pytest.fixture(scope="module")
def starts() -> Iterator[Starts]:
    with state_backend() as running:
        yield Starts(running)


@pytest.fixture
def backend(starts: Starts) -> StateBackend:
    Kept({}, {}, []).give_to(starts.backend)
    return starts.backend


@pytest.fixture
def remote(tmp_path: Path) -> World:
    return with_provisioners(tmp_path)


@pytest.fixture
def applied(beginnings: Beginnings, starts: Starts, backend: StateBackend) -> Iterator[World]:
    """With one resource, whose state is in the backend."""
    world, kept = beginnings.world(starts.after_apply, with_provisioners)
    kept.give_to(backend)
    yield world
    world.leave()


@pytest.fixture
def dead(beginnings: Beginnings, starts: Starts, backend: StateBackend) -> Iterator[World]:
    """Its first apply was killed, and has left its lock in the backend."""
    world, kept = beginnings.world(starts.after_kill, with_provisioners)
    kept.give_to(backend)
    yield world
    world.leave()


def with_provisioners(root: Path) -> World:
    made = World(root, "apply: {lock_timeout: 0s}\n")
    allowed = 'repository", allow: {provisioners: true}}'
    made.config.write_text(made.config.read_text().replace('repository"}', allowed))
    return made


def rules(backend: StateBackend) -> str:
    return f"backend_config: {json.dumps(backend.config('web'))}\n"


def planned(world: World, backend: StateBackend, value: str = "one", body: str = BODY) -> Run:
    (run,) = world.push(value=value, rules=rules(backend), body=body)
    assert run.state is State.AWAITING_APPROVAL, run.reason
    return run


def approved(world: World, backend: StateBackend, value: str = "one", body: str = BODY) -> Run:
    return world.approve(planned(world, backend, value, body))


def evidence(world: World, run: Run) -> Evidence:
    with world.app.store.reading() as reader:
        found = reader.evidence(run.id)
    assert found is not None
    return found


def until(condition: Callable[[], object]) -> None:
    end = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.02)


def next_second() -> None:
    """Two plans of one second may be equal byte for byte, and none is handed to terraform twice."""
    now = int(time.time())
    until(lambda: int(time.time()) > now)


def killed(world: World, backend: StateBackend, *, left: bool = False) -> Run:
    """An apply whose every process is killed while it makes the second resource; how the run ended.

    With `left`, the daemon is gone before, and another one finds out.
    """
    run = approved(world, backend, body=SLOW)
    assignment = next_assignment(world.app.control)
    assert assignment is not None
    ended: list[Run] = []
    thread = threading.Thread(target=lambda: ended.append(world.app.worker.perform(assignment)))
    thread.start()
    control = world.settings.data_dir / "control" / str(run.id)
    log = world.app.workspaces.log(run.id)
    until(lambda: "terraform_data.two: Creating" in log.read_text())
    until((control / WITNESSED).exists)
    if left:
        world.app.worker.leave.set()
        thread.join()
        assert ended.pop().state is State.APPLYING
    (receipt,) = (world.settings.data_dir / "receipts").glob("*.json")
    os.killpg(json.loads(receipt.read_bytes())["pid"], signal.SIGKILL)
    thread.join()
    if left:
        world.configure(world.settings)
        (adopted,) = recover(world.app.control).adopted
        ended.append(world.app.worker.perform(adopted))
    assert ended[0].state is State.INTERRUPTED
    return ended[0]


def command(world: World, *words: str) -> str:
    result = CliRunner().invoke(main, ["-c", str(world.config), *words])
    assert result.exit_code == 0, result.output
    return result.stdout


# Somebody else's lock


def test_a_plan_waits_for_anothers_lock_and_is_made_once_it_is_gone(
    remote: World, backend: StateBackend
) -> None:
    backend.take("web", ANAS)
    (run,) = remote.push(rules=rules(backend), body=BODY)
    assert run.state is State.QUEUED
    assert run.reason == f"someone else holds the state lock: lock {ANAS}"
    assert remote.work() == []
    backend.locks.clear()
    remote.age(seconds=31)
    assert states(remote.work()) == [State.AWAITING_APPROVAL]


def test_an_apply_waits_with_its_approval_and_longer_each_time(remote: World, backend: StateBackend) -> None:
    run = approved(remote, backend)
    backend.take("web", ANAS)
    waited = []
    for _ in range(3):
        (tried,) = remote.work()
        assert (tried.state, tried.claim) == (State.APPROVED, None)
        assert tried.wait_until is not None
        waited.append(round((tried.wait_until - remote.clock.now()) / timedelta(seconds=30)))
        remote.clock.shift += tried.wait_until - remote.clock.now()
        next_second()
    assert waited == [1, 2, 4]
    assert backend.states == {}
    backend.locks.clear()
    (done,) = remote.work()
    assert (done.id, done.state) == (run.id, State.APPLIED)


def test_a_plan_with_another_effect_after_the_wait_needs_a_new_approval(
    applied: World, backend: StateBackend
) -> None:
    run = approved(applied, backend, value="two")
    backend.take("web", ANAS)
    assert states(applied.work()) == [State.APPROVED]
    # What Ana held the lock for: the state has another value now.
    state = json.dumps(backend.state("web")).replace('"one"', '"three"')
    backend.states["web"] = state.encode()
    backend.bump("web")
    backend.locks.clear()
    applied.age(seconds=31)
    applied.work()
    assert applied.run(run.id).state is State.SUPERSEDED
    assert "now do something else" in applied.run(run.id).reason


def test_a_waiting_run_shows_the_lock_holder_and_the_next_attempt(
    remote: World, backend: StateBackend
) -> None:
    approved(remote, backend)
    backend.take("web", ANAS)
    (run,) = remote.work()
    reason = f"someone else holds the state lock: lock {ANAS}"
    (row,) = json.loads(command(remote, "lock", "list", "-o", "json"))
    assert (row["stack"], row["run"], row["reason"]) == ("web", run.name, reason)
    assert row["tried_again_at"]
    assert f"{reason}; {run.name} tries again in" in command(remote, "lock", "list")
    status = json.loads(command(remote, "status", "-o", "json"))
    assert ([one["id"] for one in status["waiting"]], status["queued"]) == ([run.name], 0)
    assert f"{reason}; retry in" in command(remote, "status")
    (need,) = [need for need in status["needs"] if need["why"] == "lock"]
    assert (need["name"], need["stack"], need["failure"]) == (run.name, "web", False)
    assert need["text"].startswith("waiting since ")
    assert reason in need["text"]
    (stack,) = json.loads(command(remote, "stack", "list", "-o", "json"))
    assert stack["reason"].startswith(f"{run.name} waits until ")
    assert reason in stack["reason"]
    assert reason in command(remote, "stack", "show", "web")


def test_plan_says_that_it_waits_for_whom_until_when_and_how_to_stop(
    remote: World, backend: StateBackend
) -> None:
    backend.take("web", ANAS)
    remote.stack("web", "one", rules(backend), body=BODY)
    command_line = Path(sys.executable).with_name("driftline")
    with subprocess.Popen(
        [command_line, "-c", str(remote.config), "plan", "web"], stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stderr is not None
        too_late = threading.Timer(30, process.kill)
        too_late.start()
        heard = ""
        for line in process.stderr:
            heard += line
            if "Ctrl-C" in line:
                process.send_signal(signal.SIGINT)
        too_late.cancel()
        assert process.wait() > 0
    assert re.search(
        rf"run-1 of web waits until \d\d:\d\d:\d\d UTC: someone else holds the state lock: lock {ANAS}", heard
    )
    assert heard.count("waits until") == 1
    assert "driftline run cancel run-1" in heard
    assert remote.run(1).state is State.CANCELED


def test_a_drift_check_neither_takes_nor_waits_for_a_lock(applied: World, backend: StateBackend) -> None:
    backend.take("web", ANAS)
    asked = backend.asked("LOCK", "web")
    request.request_check(applied.app.control, ["web"], ANA)
    assert states(applied.work()) == [State.NO_CHANGES]
    assert backend.asked("LOCK", "web") == asked


def test_a_clock_that_goes_back_does_not_make_a_run_wait_for_ever(
    remote: World, backend: StateBackend
) -> None:
    backend.take("web", ANAS)
    remote.push(rules=rules(backend), body=BODY)
    backend.locks.clear()
    remote.age(days=-3)
    assert states(remote.work()) == [State.AWAITING_APPROVAL]


# Our own lock


def test_a_killed_apply_is_interrupted_and_a_person_releases_its_lock(
    dead: World, backend: StateBackend
) -> None:
    (run,) = dead.runs()
    left = backend.locks["web"]["ID"]
    known = evidence(dead, run)
    assert known.unfinished == ("terraform_data.two",)
    assert known.lock is not None
    assert (known.lock.id, known.lock_is_ours) == (left, True)
    # Nothing frees it by itself.
    assert dead.work() == []
    assert backend.locks["web"]["ID"] == left
    shown = command(dead, "lock", "force-unlock", "web", "-m", "its host was rebooted", "--yes")
    assert shown == ""
    assert backend.locks == {}
    with dead.app.store.reading() as reader:
        (noted,) = [one for one in reader.audit(subject="web") if one.action == "lock.force_unlock"]
    assert (noted.detail["lock"], noted.detail["reason"]) == (left, "its host was rebooted")
    assert (noted.detail["run"], "successfully unlocked" in log_of(dead, run)) == (run.name, True)
    resolve.resolve(
        dead.app.control, dead.app.workspaces, run.id, ANA, applied=False, reason="half of it is there"
    )
    assert states(dead.work()) == [State.AWAITING_APPROVAL]


def log_of(world: World, run: Run) -> str:
    return world.app.workspaces.log(run.id).read_text()


def test_a_run_waiting_for_our_own_dead_lock_is_due_once_it_is_released(
    dead: World, backend: StateBackend
) -> None:
    (run,) = dead.runs()
    resolve.resolve(dead.app.control, dead.app.workspaces, run.id, ANA, applied=False, reason="x")
    assert states(dead.work()) == [State.QUEUED]
    offered = unlock.offer(dead.app.control, dead.app.worker.ask, "web")
    assert offered.run.id == run.id
    unlock.free(dead.app.control, dead.app.worker.ask, "web", offered.lock.id, ANA, "x")
    assert states(dead.work()) == [State.AWAITING_APPROVAL]


# A daemon that leaves an apply is gone afterwards; this process still is its parent.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_a_later_daemon_knows_the_lock_of_an_apply_that_died_unattended(
    remote: World, backend: StateBackend
) -> None:
    known = evidence(remote, killed(remote, backend, left=True))
    assert known.lock is not None
    assert (known.lock.id, known.lock_is_ours) == (backend.locks["web"]["ID"], True)
    assert known.exit_code is None


@pytest.mark.parametrize("seen", [True, False], ids=["moved", "never seen"])
def test_a_lock_of_anybody_else_is_never_offered(dead: World, backend: StateBackend, *, seen: bool) -> None:
    if seen:
        backend.take("web", ANAS)
    else:
        # As if it had been killed before it could be seen: nothing proves whose it is.
        forget_whose(dead)
    before = dict(backend.locks)
    with pytest.raises(StateHeld, match=backend.locks["web"]["ID"]):
        unlock.offer(dead.app.control, dead.app.worker.ask, "web")
    assert backend.locks == before
    assert backend.asked("UNLOCK", "web") == 1  # by the plan


def forget_whose(world: World) -> None:
    (run,) = world.runs(states=frozenset({State.INTERRUPTED}))
    with world.app.store.writing() as writer:
        writer.save_evidence(run.id, replace(evidence(world, run), lock_is_ours=False))


def test_the_daemon_releases_it_for_who_asked(dead: World, backend: StateBackend) -> None:
    app = dead.app
    requests = Requests(
        app.store, app.clock, performer(lambda: app), lambda work: work(), lambda _, work: work()
    )
    caller = Caller(
        app, lambda: ANA, daemon=DaemonProcess(lambda _: True, lambda _: True, lambda _: requests.look())
    )
    left = show_left_lock(caller, "web")
    assert left.id == backend.locks["web"]["ID"]
    force_unlock(caller, "web", lock=left.id, reason="its host was rebooted")
    assert "web" not in backend.locks
    with app.store.reading() as reader:
        (entry,) = [one for one in reader.audit() if one.action == "lock.force_unlock"]
    assert entry.actor == ANA.name


def test_a_lock_that_was_never_offered_is_not_freed(dead: World, backend: StateBackend) -> None:
    backend.take("web", ANAS)
    with pytest.raises(NotFound, match="no run of stack"):
        unlock.free(dead.app.control, dead.app.worker.ask, "web", ANAS, ANA, "x")
    assert backend.locks["web"]["ID"] == ANAS


def test_a_lock_that_moves_while_the_person_thinks_is_not_freed(dead: World, backend: StateBackend) -> None:
    offered = unlock.offer(dead.app.control, dead.app.worker.ask, "web")
    backend.take("web", ANAS)
    with pytest.raises(Conflict, match="no longer locked"):
        unlock.free(dead.app.control, dead.app.worker.ask, "web", offered.lock.id, ANA, "x")
    assert backend.locks["web"]["ID"] == ANAS


def test_code_that_is_no_longer_allowed_is_not_used_to_look_at_a_lock(
    dead: World, backend: StateBackend
) -> None:
    (source,) = dead.settings.sources
    dead.configure(replace(dead.settings, sources=(replace(source, allow=Allow()),)))
    with pytest.raises(Blocked, match="provisioner"):
        unlock.offer(dead.app.control, dead.app.worker.ask, "web")


def test_a_state_that_nobody_holds_needs_no_freeing(applied: World, backend: StateBackend) -> None:
    with pytest.raises(NotFound, match="is not locked"):
        unlock.offer(applied.app.control, applied.app.worker.ask, "web")


def test_a_managed_state_has_nothing_to_be_freed(plain: World) -> None:
    plain.applied(body='resource "terraform_data" "one" {{}}\n')
    with pytest.raises(NotFound, match="ends with the process"):
        unlock.offer(plain.app.control, plain.app.worker.ask, "web")


def test_nothing_is_freed_while_something_of_the_stack_lives(applied: World, backend: StateBackend) -> None:
    (run,) = applied.runs()
    held = applied.app.claims.take(99, run.identity)
    assert held is not None
    try:
        with pytest.raises(StateBusy):
            unlock.offer(applied.app.control, applied.app.worker.ask, "web")
    finally:
        held.release()


# States that could not be saved, or moved


def test_an_unsaved_state_keeps_everything_from_being_recreated(
    applied: World, backend: StateBackend
) -> None:
    approved(applied, backend, value="two")
    backend.fail_saves = True
    (run,) = applied.work()
    backend.fail_saves = False
    assert run.state is State.INTERRUPTED
    (kept,) = evidence(applied, run).salvaged
    assert (Path(kept).stat().st_mode & 0o777, kept in run.reason) == (0o600, True)
    # Neither a push nor a person gets a plan, and a check does not take what is there for drift.
    assert applied.push(value="three", rules=rules(backend), body=BODY) == []
    with pytest.raises(RunUnresolved):
        lock.release(applied.app.control, "web", ANA, "let me in")
    request.request_check(applied.app.control, ["web"], ANA)
    (check,) = applied.work()
    assert (check.state, applied.look().drift) == (State.PLAN_FAILED, DriftStatus.ERROR)
    assert kept in applied.look().drift_reason
    assert applied.reports() == []
    with pytest.raises(StateUnsaved):
        resolve.resolve(applied.app.control, applied.app.workspaces, run.id, ANA, applied=True, reason="x")
    # As `terraform state push` does it.
    backend.states["web"] = Path(kept).read_bytes()
    resolve.resolve(
        applied.app.control,
        applied.app.workspaces,
        run.id,
        ANA,
        applied=True,
        reason="x",
        state_pushed=True,
    )
    (again,) = applied.work()
    assert (again.state, again.summary.update, again.summary.create) == (State.AWAITING_APPROVAL, 1, 0)


def test_a_state_that_moved_after_the_plan_supersedes_it_and_has_no_effect(
    applied: World, backend: StateBackend
) -> None:
    run = approved(applied, backend, value="two")
    backend.bump("web")
    moved = backend.states["web"]
    applied.work()
    assert applied.run(run.id).state is State.SUPERSEDED
    assert backend.states["web"] == moved
    fresh: Any = applied.run(applied.run(run.id).superseded_by or 0)
    assert fresh.state is State.AWAITING_APPROVAL
    with applied.app.store.reading() as reader:
        assert reader.approvals(fresh.id) == []
