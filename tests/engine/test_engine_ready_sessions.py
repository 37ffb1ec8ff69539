"""What `init` has compared is used by the next commands of the run, until an engine was started; nothing of it outlives the run."""

import gc
import threading
from collections.abc import Callable
from dataclasses import replace
from weakref import ref

import pytest
from engine_world import SIMPLE, World, needs_terraform

from runner.engine import command, init, sessions
from runner.engine.command import CommandLineEngine
from runner.engine.session import Session
from runner.model.warm.provider import Ready

pytestmark = needs_terraform


@pytest.fixture
def looks(monkeypatch: pytest.MonkeyPatch) -> Callable[[], int]:
    """How often the results of `init` were compared with the code."""
    seen: list[Session] = []

    def found(session: Session) -> Session | None:
        seen.append(session)
        return init.found(session)

    for room in (command, sessions):
        monkeypatch.setattr(room, "found", found)
    return lambda: len(seen)


@pytest.fixture
def engine(world: World) -> CommandLineEngine:
    """Of a stack that is initialised."""
    world.write({"main.tf": SIMPLE})
    engine = world.engine
    assert engine.init(world.execution()) is None
    return engine


def test_the_next_command_of_a_run_uses_what_init_compared(
    world: World, engine: CommandLineEngine, looks: Callable[[], int]
) -> None:
    execution = world.execution()
    assert engine.init(execution) is None
    assert isinstance(engine.probe_ready(execution), Ready)
    assert looks() == 1


def test_after_a_plan_it_is_compared_again(
    world: World, engine: CommandLineEngine, looks: Callable[[], int]
) -> None:
    execution = world.execution()
    engine.init(execution)
    engine.plan(execution)
    before = looks()
    engine.probe_ready(execution)
    assert looks() == before + 1


def test_another_run_compares_by_itself(
    world: World, engine: CommandLineEngine, looks: Callable[[], int]
) -> None:
    execution = world.execution()
    engine.init(execution)
    engine.probe_ready(replace(execution))
    assert looks() == 2


def test_nothing_of_a_run_outlives_it(world: World, engine: CommandLineEngine) -> None:
    world.cancel = threading.Event()
    execution = world.execution()
    engine.init(execution)
    left: list[ref[object]] = [ref(execution), ref(world.cancel)]
    world.last, world.cancel = None, threading.Event()
    del execution
    gc.collect()
    assert [one() for one in left] == [None, None]
