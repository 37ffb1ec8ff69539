"""Who the workers of a pool are: each under a name of its own, which pages, logs and commands show."""

import re

from runner.errors import BadUsage, OtherPool, TooManyWorkers, WorkerNameTaken
from runner.model.settings.pools import PoolSettings
from runner.model.values.name import NAME
from runner.model.work.protocol import Hello, Wanted
from runner.model.work.worker import KnownWorker, WorkerStatus
from runner.ports.control import ControlPorts
from runner.ports.records.store import Reader

MOST = 1000  # workers of one pool
_RELEASE = re.compile(r"[0-9A-Za-z.+-]{1,64}")


def greet(control: ControlPorts, pool: PoolSettings, said: Hello) -> None:
    """Note that it is there, or that it stops."""
    if _RELEASE.fullmatch(said.release) is None:
        raise BadUsage("the release of a worker is no version", hint="driftline --version")
    now = control.clock.now()
    with control.store.writing() as writer:
        refuse_impostor(control, writer, pool, said)
        known = {one.name: one for one in writer.workers()}
        before = known.get(said.worker)
        if before is None and sum(one.pool == pool.name for one in known.values()) >= MOST:
            raise TooManyWorkers(pool=pool.name, most=MOST)
        since = now if before is None else before.since
        writer.note_worker(
            KnownWorker(said.worker, pool.name, said.release, said.slots, since, now, said.stops)
        )


def refuse_impostor(control: ControlPorts, reader: Reader, pool: PoolSettings, said: Hello | Wanted) -> None:
    """OtherPool, or WorkerNameTaken while a worker of another pool is there under this name: giving up one would give up both."""
    if NAME.fullmatch(said.worker) is None:
        raise BadUsage(
            "the name of a worker is 1 to 64 of a-z, 0-9 and . _ -, with a letter or digit first",
            hint="set worker.name in its configuration",
        )
    if said.pool != pool.name:
        raise OtherPool(theirs=pool.name, pool=said.pool)
    now = control.clock.now()
    for other in reader.workers():
        there = other.status(now) in {WorkerStatus.READY, WorkerStatus.STOPPING}
        if there and other.name == said.worker and other.pool != pool.name:
            raise WorkerNameTaken(worker=said.worker, pool=other.pool)
