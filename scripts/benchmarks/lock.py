"""Processes that contend for the lock of one stack; beside the two bare SQLite transactions that it takes."""

import os
import random
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from functools import partial
from multiprocessing import get_context
from multiprocessing.connection import Connection
from multiprocessing.synchronize import Barrier, Lock
from pathlib import Path

from benchmarks.figure import Figure, Sample, at_least
from benchmarks.installation import STACK, Installation
from benchmarks.size import Size
from runner.app import App
from runner.errors import StackLocked
from runner.model.approval.approval import Person
from runner.service.operator import lock
from runner.store.journal_mode import change_over, choose_journal

PAUSE = 0.005  # at most, before somebody who was refused asks again
PATIENCE = 60.0
BARE = "bare.db"

# True where the lock was taken and released, False where somebody else has it.
Attempt = Callable[[], bool]


def measure(size: Size, folder: Path) -> Iterator[Figure]:
    installation = Installation(folder / "lock")
    installation.repository.commit({"web/main.tf": STACK, "web/stack.yaml": "name: web\n"})
    installation.poll()
    installation.app.store.close()
    database = installation.root / BARE
    database.touch()
    change_over(database)
    with closing(_connection(installation.root)) as connection:
        connection.execute("CREATE TABLE holds (stack TEXT PRIMARY KEY)")
    ours, bare = [], []
    for _ in range(size.part(12)):
        ours.append(_contend(_driftline, size, installation.root))
        bare.append(_contend(_sqlite, size, installation.root))
    _refuse_double_grants(installation)
    yield at_least(
        300,
        f"lock take + release, {size.contenders} processes",
        "/s",
        Sample(tuple(ours)),
        Sample(tuple(bare)),
        "sqlite insert, delete",
    )


def _contend(prepare: Callable[[Path, Lock], Attempt], size: Size, root: Path) -> float:
    """Pairs a second, of all processes together."""
    context = get_context("spawn")  # a connection must not be carried through a fork
    start, only = context.Barrier(size.contenders), context.Lock()
    contenders = []
    for _ in range(size.contenders):
        ours, theirs = context.Pipe(duplex=False)
        process = context.Process(
            target=_run, args=(prepare, root, only, start, size.contend_seconds, theirs)
        )
        process.start()
        theirs.close()
        contenders.append((process, ours))
    pairs = 0
    for process, counted in contenders:
        with suppress(EOFError):
            pairs += counted.recv()
        process.join()
        if process.exitcode != 0:
            raise RuntimeError("a contender broke; see above")
    return pairs / size.contend_seconds


def _run(
    prepare: Callable[[Path, Lock], Attempt],
    root: Path,
    only: Lock,
    start: Barrier,
    seconds: float,
    report: "Connection[int, int]",
) -> None:
    attempt = prepare(root, only)
    start.wait(PATIENCE)
    pairs = 0
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if attempt():
            pairs += 1
        else:
            time.sleep(random.random() * PAUSE)
    report.send(pairs)


def _driftline(root: Path, only: Lock) -> Attempt:
    app = App.from_config(root / "driftline.yaml")
    _ = app.control  # opens the database
    return partial(_hold, app, Person(f"person-{os.getpid()}", "user"), only)


def _hold(app: App, person: Person, only: Lock) -> bool:
    try:
        lock.take(app.control, "web", person, "a benchmark")
    except StackLocked:
        return False
    # Not a file: a folder that changed makes the database's next commit slower.
    if not only.acquire(block=False):
        raise RuntimeError("double grant: another process holds the lock of this stack")
    os.sched_yield()
    only.release()
    lock.release(app.control, "web", person, "a benchmark")
    return True


def _refuse_double_grants(installation: Installation) -> None:
    """The audit log is written in the same transaction: each take must be followed by the release of the same person."""
    shown = [entry for entry in installation.app.store.export_audit() if entry.action.startswith("lock.")]
    for take, release in zip(shown[::2], shown[1::2], strict=True):
        if (take.action, release.action, take.actor) != ("lock.take", "lock.release", release.actor):
            raise RuntimeError(f"double grant: {take} was followed by {release}")
    installation.app.store.close()


def _connection(root: Path) -> sqlite3.Connection:
    path = root / BARE
    connection = sqlite3.connect(path, isolation_level=None, timeout=PATIENCE)
    choose_journal(connection, path)
    return connection


def _sqlite(root: Path, _only: Lock) -> Attempt:
    return partial(_insert, _connection(root))


def _insert(connection: sqlite3.Connection) -> bool:
    """The least that a lock in SQLite can be: no reason, no audit log, no look at who else executes."""
    connection.execute("BEGIN IMMEDIATE")
    taken = connection.execute("INSERT INTO holds VALUES ('web') ON CONFLICT DO NOTHING").rowcount == 1
    connection.execute("COMMIT")
    if taken:
        connection.execute("BEGIN IMMEDIATE")
        connection.execute("DELETE FROM holds")
        connection.execute("COMMIT")
    return taken
