"""What goes wrong while the providers are asked alone: the check becomes dearer, its answer stays right, and nothing is left behind."""

import os
import signal
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

import pytest
from probing_service import ANA, ReplayedWorld, needs_terraform
from probing_world import environment_of, processes, wait_until
from replayed_world import CANARY, REPLAYED, beginnings, engine, recorded

from runner.engine.command import CommandLineEngine
from runner.model.run.life import State
from runner.model.warm.provider import Way
from runner.ports.engine import Execution
from runner.service.cycle.dispatch import next_assignment
from runner.service.operator import request

__all__ = ("beginnings", "recorded")
pytestmark = needs_terraform

Step = Callable[[ReplayedWorld], object]


def during_replay(patch: pytest.MonkeyPatch, world: ReplayedWorld, before: Step, after: Step) -> None:
    """What happens only while a replay is tried."""
    asked = CommandLineEngine.replay

    def replay(self: CommandLineEngine, execution: Execution, inputs: str) -> object:
        before(world)
        try:
            return asked(self, execution, inputs)
        finally:
            after(world)

    patch.setattr(CommandLineEngine, "replay", replay)


def living(world: ReplayedWorld) -> list[int]:
    """Processes of providers that nobody has ended."""
    mark = f"FAULTS={world.orders}\0".encode()
    return [pid for pid in processes() if mark in environment_of(pid)]


def folders(world: ReplayedWorld) -> list[Path]:
    """Of checks under way."""
    return [path for path in (world.root / "data" / "probe").iterdir() if len(path.name) == 16]


@pytest.mark.parametrize("order", ["hold", "die"])
def test_a_provider_that_hangs_or_dies_is_given_up(
    recorded: ReplayedWorld, monkeypatch: pytest.MonkeyPatch, order: str
) -> None:
    monkeypatch.setattr("runner.engine.warm.replay.SLACK_SECONDS", 1.0)
    during_replay(
        monkeypatch,
        recorded,
        lambda world: world.order(order),
        lambda world: (world.orders / order).unlink(),
    )
    way, reason = recorded.clean()
    assert (way, reason.startswith("not replayed: it ")) == (Way.PROBED, True), reason


def test_a_cloud_that_throttles_makes_the_check_a_probe(
    recorded: ReplayedWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    during_replay(
        monkeypatch,
        recorded,
        lambda world: world.cloud_set(fail="Rate exceeded"),
        lambda world: world.cloud_set(fail=None),
    )
    assert recorded.clean() == (
        Way.PROBED,
        "not replayed: the answer for resource cloudfile_object differs",
    )


def test_a_shared_process_that_died_between_two_checks_is_replaced(
    recorded: ReplayedWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    def kill(world: ReplayedWorld) -> None:
        for pid in living(world):
            with suppress(ProcessLookupError):  # the end of the first one of its namespaces is theirs
                os.kill(pid, signal.SIGKILL)

    with monkeypatch.context() as patch:
        during_replay(patch, recorded, kill, lambda _: None)
        assert len(recorded.sweep("web", "other-stack")) == 2
    ways = [recorded.record(name).way for name in ("web", "other-stack")]
    assert ways == [Way.REPLAYED, Way.PROBED]
    assert recorded.clean() == REPLAYED


def test_a_login_that_expires_in_a_sweep_costs_the_rest_of_it_a_probe_each(
    recorded: ReplayedWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[Way] = []

    def expire(world: ReplayedWorld) -> None:
        seen.append(world.record().way)
        if len(seen) == 2:  # web has been checked, and its process is shared
            world.order("expire")

    with monkeypatch.context() as patch:
        during_replay(patch, recorded, expire, lambda _: None)
        assert [run.state for run in recorded.sweep("web", "other-stack")] == [State.NO_CHANGES] * 2
    assert recorded.record().way is Way.REPLAYED
    after = recorded.record("other-stack")
    assert (after.way, after.reason) == (
        Way.PROBED,
        "not replayed: the answer for resource cloudfile_object differs",
    )
    assert [recorded.clean(name) for name in ("web", "other-stack")] == [REPLAYED] * 2


def test_two_sweeps_at_once_are_both_right(recorded: ReplayedWorld) -> None:
    """Of two processes that work on one installation."""
    other = ReplayedWorld.found(recorded.root)
    recorded.cloud_set(value="by hand")
    request.request_check(recorded.app.control, ["web", "other-stack"], ANA)
    with ThreadPoolExecutor(2) as pool:
        swept = [run for runs in pool.map(ReplayedWorld.work, (recorded, other)) for run in runs]
    assert sorted((run.stack, run.state) for run in swept) == [
        ("other-stack", State.NO_CHANGES),
        ("web", State.DRIFTED),
    ]
    recorded.cloud_set(value="one")
    assert [recorded.clean(name) for name in ("web", "other-stack")] == [REPLAYED] * 2
    assert [other.clean(name) for name in ("web", "other-stack")] == [REPLAYED] * 2
    other.leave()


def test_two_checks_at_once_ask_one_process(recorded: ReplayedWorld) -> None:
    request.request_check(recorded.app.control, ["web", "other-stack"], ANA)
    assigned = [next_assignment(recorded.app.control) for _ in range(2)]
    with ThreadPoolExecutor(2) as pool:
        ended = list(pool.map(recorded.app.worker.perform, [one for one in assigned if one is not None]))
    assert [run.state for run in ended] == [State.NO_CHANGES] * 2
    assert {recorded.record(name).way for name in ("web", "other-stack")} == {Way.REPLAYED}
    assert recorded.processes() == ["driftline"]


def test_shared_processes_end_with_those_who_ask_them(recorded: ReplayedWorld) -> None:
    assert recorded.clean() == REPLAYED
    assert living(recorded)
    replays = engine(recorded).replays
    assert replays is not None
    replays.shared.close()
    wait_until(lambda: not living(recorded), "the end of the provider")
    assert folders(recorded) == []


def test_the_shared_process_shows_nothing_secret(recorded: ReplayedWorld) -> None:
    assert recorded.clean() == REPLAYED
    shown = [
        Path(f"/proc/{pid}/{file}").read_bytes()
        for pid in living(recorded)
        for file in ("environ", "cmdline")
    ]
    assert shown
    assert not [text for text in shown if CANARY.encode() in text]
