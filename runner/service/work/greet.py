"""Who the workers of a pool are: each has a name of its own, which pages, logs and commands show."""

import re

from runner.errors import BadUsage, OtherPool, TooManyWorkers, WorkerNamedTwice, WorkerNameTaken
from runner.model.settings.pools import PoolSettings
from runner.model.values.name import NAME
from runner.model.work.lease import SILENCE
from runner.model.work.protocol import Hello, Wanted
from runner.model.work.worker import KnownWorker
from runner.ports.control import ControlPorts
from runner.ports.records.store import Reader

MOST = 1000  # workers of one pool
_RELEASE = re.compile(r"[0-9A-Za-z.+-]{1,64}")
_INSTANCE = re.compile(r"[0-9a-f]{0,32}")


def greet(control: ControlPorts, pool: PoolSettings, said: Hello) -> None:
    """Note that it is there, or that it stops."""
    if _RELEASE.fullmatch(said.release) is None:
        raise BadUsage("the release of a worker is not a version", hint="driftline --version")
    refuse_namesake(control, pool, said)
    now = control.clock.now()
    with control.store.writing() as writer:
        refuse_impostor(control, writer, pool, said)
        known = {one.name: one for one in writer.workers()}
        before = known.get(said.worker)
        if before is None and sum(one.pool == pool.name for one in known.values()) >= MOST:
            raise TooManyWorkers(pool=pool.name, most=MOST)
        since, namesake = (now, None) if before is None else (before.since, before.namesake)
        if before is not None and before.is_another(said.instance):
            namesake = None  # the other one has left
        writer.note_worker(
            KnownWorker(
                said.worker,
                pool.name,
                said.release,
                said.slots,
                since,
                now,
                said.stops,
                said.instance,
                namesake,
            )
        )


def refuse_name(control: ControlPorts, pool: PoolSettings, said: Hello) -> None:
    """Raises what `greet` would because of its name. Nothing is noted: whoever asks may never join."""
    _refuse_strange(said)
    with control.store.reading() as reader:
        refuse_impostor(control, reader, pool, said)
        _refuse_known(control, reader, pool, said)


def refuse_namesake(control: ControlPorts, pool: PoolSettings, said: Hello | Wanted) -> None:
    """WorkerNamedTwice while a worker of another host is there under this name, which is noted for whoever looks.

    The name belongs to whoever was heard last, until they say goodbye or are silent. A worker that is restarted is the same
    instance, however it ended.
    """
    _refuse_strange(said)
    try:
        with control.store.reading() as reader:
            _refuse_known(control, reader, pool, said)
    except WorkerNamedTwice:
        with control.store.writing() as writer:
            writer.note_namesake(said.worker)
        raise


def _refuse_known(control: ControlPorts, reader: Reader, pool: PoolSettings, said: Hello | Wanted) -> None:
    """WorkerNamedTwice while a worker of another host is there under this name."""
    now = control.clock.now()
    for known in reader.workers():
        if known.name != said.worker or known.pool != pool.name:
            continue
        if known.is_there(now) and known.is_another(said.instance):
            ago = max(0, int((now - known.seen).total_seconds()))
            raise WorkerNamedTwice(worker=said.worker, ago=ago, silence=int(SILENCE.total_seconds()))


def _refuse_strange(said: Hello | Wanted) -> None:
    if _INSTANCE.fullmatch(said.instance) is None:
        raise BadUsage("the instance of a worker is no hexadecimal number", hint="driftline --version")


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
        if other.is_there(now) and other.name == said.worker and other.pool != pool.name:
            raise WorkerNameTaken(worker=said.worker, pool=other.pool)
