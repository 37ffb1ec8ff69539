"""A daemon is killed in the middle of a sweep of replays: nothing of it is left, and the next daemon ends the sweep."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from probing_service import ANA, ReplayedWorld, needs_terraform
from probing_world import environment_of, processes, wait_until
from replayed_world import REPLAYED, beginnings, recorded

from runner.model.run.life import Kind, Run, State
from runner.model.warm.provider import Way
from runner.ports.records.runs import RunFilter
from runner.service.operator import request

__all__ = ("beginnings", "recorded")
pytestmark = needs_terraform

DRIFTLINE = Path(sys.executable).with_name("driftline")
STACKS = ("web", "other-stack")


@contextmanager
def daemon(world: ReplayedWorld) -> Iterator["subprocess.Popen[bytes]"]:
    """A process of its own."""
    argv = [str(DRIFTLINE), "-c", str(world.config), "daemon"]
    with (world.root / "daemon.log").open("ab") as log:
        process = subprocess.Popen(argv, stdout=log, stderr=log, start_new_session=True)
    try:
        yield process
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait()


def living(world: ReplayedWorld) -> list[int]:
    mark = f"FAULTS={world.orders}\0".encode()
    return [pid for pid in processes() if mark in environment_of(pid) and pid != os.getpid()]


def providers(world: ReplayedWorld) -> list[int]:
    return [pid for pid in living(world) if b"PLUGIN_CLIENT_CERT" in environment_of(pid)]


def checks(world: ReplayedWorld) -> list[Run]:
    """The newest of each stack."""
    with world.app.store.reading() as reader:
        found = [reader.runs(RunFilter(stack=name, kind=Kind.DRIFT, limit=1)) for name in STACKS]
    return [run for runs in found for run in runs]


def test_a_daemon_killed_in_a_sweep_leaves_nothing_and_the_next_one_ends_the_sweep(
    recorded: ReplayedWorld,
) -> None:
    recorded.order("stay")  # a provider that does not look after its parent
    recorded.order("hold")
    request.request_check(recorded.app.control, STACKS, ANA)
    with daemon(recorded) as first:
        wait_until(lambda: list(recorded.orders.glob("hold-*[0-9]")), "a replay that waits for its provider")
        assert providers(recorded)
        first.kill()
        first.wait()
    recorded.cloud_set("other", value="by hand")
    (recorded.orders / "hold").unlink()
    with daemon(recorded):
        wait_until(lambda: all(run.final for run in checks(recorded)), "the end of both checks")
    wait_until(lambda: not living(recorded), "the end of all that they started")
    assert {run.state for run in checks(recorded)} == {State.DRIFTED}
    assert {recorded.record(name).way for name in STACKS} <= {Way.PROBED, Way.COMPARED}
    recorded.cloud_set("other", value="there")
    assert [recorded.clean(name) for name in STACKS] == [REPLAYED] * 2
    recorded.leave()
    assert [path for path in (recorded.root / "data" / "probe").iterdir() if len(path.name) == 16] == []
