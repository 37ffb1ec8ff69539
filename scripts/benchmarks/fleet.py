"""A fleet of workers against the real web server and the real announcing: terraform takes no time here, so that the server is measured.

Its workers are threads of this process that speak the work API. Announcements pass from hand to hand instead of by a broker.
"""

import queue
import secrets
import threading
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path

from benchmarks.figure import Figure, Sample, at_least, at_most
from benchmarks.history import new_run
from benchmarks.installation import Installation, stacks
from benchmarks.processes import clock_of
from benchmarks.size import Size
from benchmarks.web.served import Site, served
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

SECRET = f"drift_{'f' * 43}"
MORE = """\
broker: redis://127.0.0.1:1/0
pools: [{name: fleet, tokens: [fleet], match: {stacks: ["**"]}, at_most: 1000, checks_at_most: 1000}]
"""
CHECKS_AN_HOUR = 50_000
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
    with closing(app.store), served(installation, "", folder) as site:
        fleet = _Fleet(installation, site, size.fleet_workers)
        fleet.run(size.fleet_seconds)
        yield from fleet.figures(size)
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


class _Hands:
    """Satisfies `ports.Broker`."""

    def __init__(self) -> None:
        self.told: queue.SimpleQueue[tuple[int, int] | None] = queue.SimpleQueue()

    def announce(self, pool: str, run: int, attempt: int, urgency: float) -> None:  # noqa: ARG002 - one pool
        self.told.put((run, attempt))


@dataclass
class _Fleet:
    installation: Installation
    site: Site
    workers: int
    claims: list[float] = field(default_factory=list)  # in milliseconds
    done: int = 0
    seconds: float = 0.0
    announcing: float = 0.0  # seconds of CPU
    serving: float = 0.0
    written: int = 0  # commits

    def run(self, seconds: float) -> None:
        hands, over = _Hands(), threading.Event()
        threads = [
            threading.Thread(target=self._work, args=(number, hands)) for number in range(self.workers)
        ]
        announcer = threading.Thread(target=self._announce, args=(hands, over))
        began, served_before, written = time.monotonic(), clock_of(self.site.pid), self._commits()
        for thread in (*threads, announcer):
            thread.start()
        over.wait(seconds)
        over.set()
        announcer.join()
        for _ in threads:
            hands.told.put(None)
        for thread in threads:
            thread.join()
        self.seconds = time.monotonic() - began
        self.serving = clock_of(self.site.pid) - served_before
        self.written = self._commits() - written

    def _commits(self) -> int:
        """Of the whole installation: SQLite counts them in its header."""
        with (self.installation.app.settings.data_dir / FILE_NAME).open("rb") as file:
            file.seek(24)
            return int.from_bytes(file.read(4), "big")

    def _announce(self, hands: _Hands, over: threading.Event) -> None:
        app = self.installation.app
        data_dir = app.settings.data_dir
        packs = GitPacks(data_dir, app.git.pack)
        pools = Pools(app.control, hands, packs, BrokerProblems(data_dir))
        began = time.thread_time()
        while not over.wait(0.2):
            pools.offer()
        self.announcing = time.thread_time() - began

    def _work(self, number: int, hands: _Hands) -> None:
        settings = WorkerSettings(self.site.address, SECRET, "fleet", f"w-{number}")
        with WorkClient.of(settings) as client:
            client.hello(Hello(f"w-{number}", "fleet", "bench", 1))
            while (told := hands.told.get()) is not None:
                run, attempt = told
                began = time.perf_counter()
                try:
                    given = client.claim(run, Wanted(attempt, f"w-{number}", "fleet", secrets.token_hex(8)))
                except ClaimRefused:
                    continue
                self.claims.append((time.perf_counter() - began) * 1000)
                client.append_log(run, given.fence, 0, b"=== plan\nNo changes.\n")
                client.result(run, Ended(given.fence, _clean()))
                self.done += 1

    def figures(self, size: Size) -> Iterator[Figure]:
        name = f"fleet of {self.workers} workers, {size.fleet_stacks:,} stacks"
        rate = self.done / self.seconds
        yield at_least(CHECKS_AN_HOUR, f"{name}: checks", "an hour", Sample((rate * 3600,)))
        ordered = sorted(self.claims)
        yield at_most(CLAIM_MS, f"{name}: a claim, p95", "ms", Sample((ordered[int(len(ordered) * 0.95)],)))
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
