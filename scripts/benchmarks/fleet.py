"""A fleet of workers against the real web server and the real announcing, once with a terraform that takes no time,
so that the server is measured, and once with one that takes seconds, as real ones do.

Its workers are threads of this process that speak the work API. Announcements come from a process of their own, as
from a daemon, but through a pipe instead of a broker.
"""

import multiprocessing
import queue
import secrets
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import TypeAlias

from benchmarks.figure import Figure, Sample, at_least, at_most
from benchmarks.history import new_run
from benchmarks.installation import Installation, stacks
from benchmarks.processes import clock_of
from benchmarks.size import Size
from benchmarks.web.served import Site, served
from runner.app import App
from runner.daemon.announcer import rest
from runner.daemon.pools import Pools
from runner.datadir.broker_problem import BrokerProblems
from runner.errors import ClaimRefused
from runner.model.access.token import Token, digest_of
from runner.model.audit.actor import DAEMON
from runner.model.changes.changes import ChangeSet
from runner.model.execution.job import PlanResult
from runner.model.run.life import Event, Kind
from runner.model.settings.pools import WorkerSettings
from runner.model.stack.definition import Stack
from runner.model.work.protocol import Ended, Hello, Wanted
from runner.pool.client import WorkClient
from runner.ports.records.store import Writer
from runner.source.packs import GitPacks
from runner.store.database import FILE_NAME

_SPAWN = multiprocessing.get_context("spawn")
SECRET = f"drift_{'f' * 43}"
MORE = """\
broker: redis://127.0.0.1:1/0
pools: [{name: fleet, tokens: [fleet], match: {stacks: ["**"]}, at_most: 1000, checks_at_most: 1000}]
"""
CHECKS_AN_HOUR = 50_000
TERRAFORM_SECONDS = 3.0  # 50 workers then take 60,000 checks an hour at the most
CLAIM_MS = 250.0
HEARTBEATS = 0.10  # of one core
WEB_MS = 40.0
ANNOUNCING_MS = 10.0
COMMITS = 500.0  # more would be the disk's share, not ours
SERVER_MB = 300.0
CORE = 1.0  # of one process: at its end it is what saturates


def measure(size: Size, folder: Path) -> Iterator[Figure]:
    folder.mkdir(parents=True)
    installation = Installation(folder / "fleet", more=MORE)
    installation.repository.commit(stacks(size.fleet_stacks))
    app = installation.app
    app.poller.poll(app.settings.sources[0])
    with app.store.writing() as writer:
        writer.add_token(Token("fleet", digest_of(SECRET), app.clock.now(), "ana"))
    left = iter(_stacks(installation))
    while some := list(islice(left, 1000)):
        with app.store.writing() as writer:
            for stack in some:
                _due(writer, stack)
    with (
        closing(app.store),
        served(installation, "", folder) as site,
        _announcing(installation.config) as announcer,
    ):
        at_work = _Fleet(installation, site, announcer, size.fleet_workers, TERRAFORM_SECONDS)
        at_work.run(size.fleet_seconds)
        yield from at_work.claims_in_time(size)
        saturating = _Fleet(installation, site, announcer, size.fleet_workers)
        saturating.run(size.fleet_seconds)
        yield from saturating.figures(size)
        yield from _heartbeats(site, size)


def _stacks(installation: Installation) -> list[Stack]:
    with installation.app.store.reading() as reader:
        return reader.stacks()


def _due(writer: Writer, stack: Stack) -> None:
    """It was applied, and its check is queued."""
    run = writer.add_run(new_run(stack, Kind.CHANGE))
    done = writer.transition(writer.transition(run, Event.CLAIM, by=DAEMON), Event.FIND_NOTHING, by=DAEMON)
    writer.mark_planned(stack.name, stack.inputs)
    writer.mark_applied(done)
    writer.add_run(new_run(stack, Kind.DRIFT))


Told: TypeAlias = "multiprocessing.Queue[tuple[int, int]]"  # runs with their attempts


@dataclass(frozen=True)
class _Pipe:
    """Satisfies `ports.Broker`."""

    told: Told

    def announce(self, pool: str, run: int, attempt: int, urgency: float) -> None:  # noqa: ARG002 - one pool
        self.told.put((run, attempt))


@dataclass(frozen=True)
class _Announcer:
    pid: int
    told: Told


@contextmanager
def _announcing(config: Path) -> Iterator[_Announcer]:
    told: Told = _SPAWN.Queue()
    process = _SPAWN.Process(target=_announce, args=(config, told))
    process.start()
    try:
        told.put(told.get())  # from here on it announces
        yield _Announcer(process.pid or 0, told)
    finally:
        process.terminate()
        process.join()


def _announce(config: Path, told: Told) -> None:
    app = App.from_config(config)
    data_dir = app.settings.data_dir
    pools = Pools(app.control, _Pipe(told), GitPacks(data_dir, app.git.pack), BrokerProblems(data_dir))
    while True:
        began = time.monotonic()
        pools.offer()
        time.sleep(max(0.2, rest(time.monotonic() - began)))


@dataclass
class _Fleet:
    installation: Installation
    site: Site
    announcer: _Announcer
    workers: int
    takes: float = 0.0  # seconds of terraform for each check
    claims: list[float] = field(default_factory=list)  # in milliseconds
    done: int = 0
    seconds: float = 0.0
    announcing: float = 0.0  # seconds of CPU
    serving: float = 0.0
    written: int = 0  # commits
    over: threading.Event = field(default_factory=threading.Event)

    def run(self, seconds: float) -> None:
        threads = [threading.Thread(target=self._work, args=(number,)) for number in range(self.workers)]
        began, written = time.monotonic(), self._commits()
        serving, announcing = clock_of(self.site.pid), clock_of(self.announcer.pid)
        for thread in threads:
            thread.start()
        self.over.wait(seconds)
        self.over.set()
        self.seconds = time.monotonic() - began
        self.serving = clock_of(self.site.pid) - serving
        self.announcing = clock_of(self.announcer.pid) - announcing
        self.written = self._commits() - written
        for thread in threads:
            thread.join()

    def _commits(self) -> int:
        """Of the whole installation: SQLite counts them in its header."""
        with (self.installation.app.settings.data_dir / FILE_NAME).open("rb") as file:
            file.seek(24)
            return int.from_bytes(file.read(4), "big")

    def _work(self, number: int) -> None:
        settings = WorkerSettings(self.site.address, SECRET, "fleet", f"w-{number}")
        with WorkClient.of(settings) as client:
            client.hello(Hello(f"w-{number}", "fleet", "bench", 1))
            self.over.wait(self.takes * number / self.workers)  # they do not all begin in one moment
            while not self.over.is_set():
                with suppress(queue.Empty, ClaimRefused):
                    self._check(client, number, *self.announcer.told.get(timeout=0.1))

    def _check(self, client: WorkClient, number: int, run: int, attempt: int) -> None:
        began = time.perf_counter()
        given = client.claim(run, Wanted(attempt, f"w-{number}", "fleet", secrets.token_hex(8)))
        self.claims.append((time.perf_counter() - began) * 1000)
        self.over.wait(self.takes)
        client.append_log(run, given.fence, 0, b"=== plan\nNo changes.\n")
        client.result(run, Ended(given.fence, _clean()))
        self.done += not self.over.is_set()

    def claims_in_time(self, size: Size) -> Iterator[Figure]:
        """Before the server saturates; after that each claim waits for all others."""
        name = f"{self._name(size)}, each check takes {self.takes:g} s"
        rate = self.done / self.seconds
        yield at_least(
            0.8 * self.workers / self.takes * 3600, f"{name}: checks", "an hour", Sample((rate * 3600,))
        )
        ordered = sorted(self.claims)
        yield at_most(CLAIM_MS, f"{name}: a claim, p95", "ms", Sample((ordered[int(len(ordered) * 0.95)],)))

    def figures(self, size: Size) -> Iterator[Figure]:
        name = self._name(size)
        rate = self.done / self.seconds
        yield at_least(CHECKS_AN_HOUR, f"{name}: checks", "an hour", Sample((rate * 3600,)))
        each = 1000 / max(self.done, 1)
        for limit, what, value, unit in (
            (SERVER_MB, "memory of the web server", self.site.memory, "MB"),
            (CORE, "cores that the web server used", self.serving / self.seconds, ""),
            (CORE, "cores that announcing used", self.announcing / self.seconds, ""),
            (WEB_MS, "CPU of the web server for a check", self.serving * each, "ms"),
            (ANNOUNCING_MS, "CPU of announcing for a check", self.announcing * each, "ms"),
            (COMMITS, "commits of the database", self.written / self.seconds, "a second"),
        ):
            yield at_most(limit, f"{name}: {what}", unit, Sample((value,)))

    def _name(self, size: Size) -> str:
        return f"fleet of {self.workers} workers, {size.fleet_stacks:,} stacks"


def _clean() -> PlanResult:
    return PlanResult(ChangeSet(), "0" * 64, None, datetime.now(UTC), "1.11.4", tree="0" * 40)


def _heartbeats(site: Site, size: Size) -> Iterator[Figure]:
    """What workers that only say that they are there cost; they are asked for more often, and the share is worked out."""
    beats = size.fleet_workers * 4
    settings = WorkerSettings(site.address, SECRET, "fleet", "w-0")
    with WorkClient.of(settings) as client:
        before = clock_of(site.pid)
        for number in range(beats):
            client.hello(Hello(f"w-{number % size.fleet_workers}", "fleet", "bench", 1))
        taken = (clock_of(site.pid) - before) / beats
    share = taken * size.fleet_workers / 15.0
    yield at_most(HEARTBEATS, f"{size.fleet_workers} idle workers: share of a core", "", Sample((share,)))
