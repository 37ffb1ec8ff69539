"""A World with a pool, and a run that one of its workers executes: as the records say it, without a worker."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

from cli_world import World, planned
from web_world import access

from runner.model.execution.job import Job
from runner.model.run.life import Event
from runner.model.work.lease import lease_claim
from runner.model.work.worker import KnownWorker
from runner.ports.records.store import Writer
from runner.service.cycle.dispatch import record_claim

POOLS = 'broker: "redis://127.0.0.1:1/0"\npools: [{name: eu, tokens: [worker], at_most: 3, labels: {region: eu}}]\n'
CONFIG = access("ci") + "\n" + POOLS


def a_worker(world: World, name: str = "w-1", seconds_ago: float = 0, *, stops: bool = False) -> None:
    """One of pool eu, which was seen so long ago."""
    now = datetime.now(UTC) - timedelta(seconds=seconds_ago)
    with world.app.store.writing() as writer:
        writer.note_worker(KnownWorker(name, "eu", "1.4.0", 4, now, now, stops))


def applying(tmp_path: Path) -> World:
    """The apply of run-1, of stack `app`, has begun at worker w-1."""
    world = planned(tmp_path, config=CONFIG)
    world.approve("run-1")
    a_worker(world)
    app = world.app
    with app.store.reading() as reader:
        run = reader.run(1)
    claim = lease_claim("p", "w-1", app.clock.now())

    def lease(writer: Writer, job: Job) -> None:
        writer.add_lease(run.id, 1, "eu", "w-1", job)

    assert record_claim(app.control, run, claim, lambda *_: True, lease) is not None
    with app.store.writing() as writer:
        writer.transition(writer.run(1), Event.START_APPLY, by="driftline", executed_digest=run.plan_digest)
    return world
