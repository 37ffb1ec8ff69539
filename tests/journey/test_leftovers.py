"""What an apply leaves running in the background: the run is over, and its state stays taken."""

import os
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from signal import SIGKILL

import pytest
import shown
from recovering_world import AUTOMATIC, Begun
from world import ANA, World, states

from runner.errors import WrongState
from runner.model.run.life import Kind, Run, State
from runner.sandbox import namespaced
from runner.service.operator import cancel, request
from runner.view.need import Why

# A command that goes on in a session of its own, after terraform has ended.
LINGERS = """\
resource "terraform_data" "one" {{
  input = "{value}"
  provisioner "local-exec" {{
    command = "[ {value} = one ] || exit 0; setsid sleep 1000 >/dev/null 2>&1 & echo $! > %(pid)s"
  }}
}}
"""


@pytest.fixture
def lingering(plain: World, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[Run, int]]:
    """The run that is over, and the process that it left: where runs have namespaces, none can."""
    monkeypatch.setattr(namespaced, "problem", lambda: "not in this test")
    (source,) = plain.settings.sources
    allowing = replace(source, allow=replace(source.allow, provisioners=True))
    plain.configure(replace(plain.settings, sources=(allowing,)))
    file = plain.cloud.parent / "pid"
    *_, run = plain.push(rules=AUTOMATIC, body=LINGERS % {"pid": file})
    pid = int(file.read_text())
    yield run, pid
    if Path(f"/proc/{pid}").exists():
        os.kill(pid, SIGKILL)


def gone(world: World) -> None:
    """Nothing is left running, two seconds after the kill at most."""
    until = time.monotonic() + 2.0
    while world.app.claims.leftovers():
        assert time.monotonic() < until
        time.sleep(0.01)


def test_the_run_is_over_and_what_it_left_is_named(plain: World, lingering: tuple[Run, int]) -> None:
    run, pid = lingering
    assert (run.state, run.claim) == (State.APPLIED, None)
    (left,) = plain.app.claims.leftovers()
    assert (left.run, left.state) == (run.name, run.identity)
    assert pid in left.pids


def test_no_other_change_of_its_state_begins_while_drift_checks_go_on(
    plain: World, lingering: tuple[Run, int]
) -> None:
    _, pid = lingering
    assert plain.push(value="two", rules=AUTOMATIC, body=LINGERS % {"pid": plain.cloud.parent / "pid"}) == []
    request.request_check(plain.app.control, ["web"], ANA)
    (check,) = plain.work()
    assert (check.kind, check.state) == (Kind.DRIFT, State.NO_CHANGES)
    os.kill(pid, SIGKILL)
    gone(plain)
    assert states(plain.work()) == [State.APPROVED, State.APPLIED]


def test_a_person_can_end_it(plain: World, lingering: tuple[Run, int]) -> None:
    run, pid = lingering
    cancel.cancel(plain.app.control, run.id, ANA, force=True)
    gone(plain)
    assert not Path(f"/proc/{pid}/exe").exists()
    with pytest.raises(WrongState):
        cancel.cancel(plain.app.control, run.id, ANA, force=True)


def test_an_apply_that_nobody_attends_to_is_asked_to_stop_and_not_killed(
    dead: Begun, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = dead.world
    monkeypatch.setattr(type(world.app.claims), "end_leftover", lambda *_: pytest.fail("it was killed"))
    state = world.settings.data_dir / "claims" / f"state-{dead.run.identity}"
    with dead.alive(), dead.alive(state):
        assert [left.run for left in world.app.claims.leftovers()] == [dead.run.name]
        asked = cancel.cancel(world.app.control, dead.run.id, ANA, force=True)
        assert cancel.left_running(world.app.claims, world.app.store) == []
    assert (asked.state, asked.cancel_requested_by) == (State.APPLYING, "ana")


def test_status_takes_no_living_apply_for_a_leftover(dead: Begun) -> None:
    world = dead.world
    state = world.settings.data_dir / "claims" / f"state-{dead.run.identity}"
    with dead.alive(), dead.alive(state):
        assert lingers(world) == []


def test_status_names_what_a_run_left_that_is_over(plain: World, lingering: tuple[Run, int]) -> None:
    assert lingers(plain) == [lingering[0].name]


def lingers(world: World) -> list[str]:
    return [need.name for need in shown.needs(world.app) if need.why is Why.LINGERS]
