"""A server with a pool and a worker of it, on real git and terraform. Announcements lie in a list instead of a broker."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Self

from live import live
from world import DATA, ShiftedClock, World

from runner.app import App
from runner.daemon.pools import Pools
from runner.datadir.broker_problem import BrokerProblems
from runner.engine.command import CommandLineEngine
from runner.errors import BrokerUnreachable
from runner.host.files import private_folder
from runner.model.access.token import Token, digest_of
from runner.model.run.life import Run
from runner.model.settings.pools import WorkerSettings
from runner.model.settings.server import Settings
from runner.model.work.offers import BrokerProblem
from runner.pool.client import WorkClient
from runner.pool.execute import take
from runner.pool.left import finish, left
from runner.ports.broker import Broker
from runner.ports.records.runs import RunFilter
from runner.service.queue.enqueue import enqueue_due
from runner.source.packs import GitPacks

SECRET = "drift_" + "w" * 43
CONFIG = """\
broker: redis://127.0.0.1:1/0
pools: [{name: eu, tokens: [worker], at_most: 3, checks_at_most: 2, labels: {region: eu}}]
"""
LOCAL_STATE = 'terraform {{\n  backend "local" {{ path = "{path}" }}\n}}\n'


@dataclass
class Announcements:
    """Satisfies `ports.Broker`."""

    told: list[tuple[int, int]] = field(default_factory=list)
    away: bool = False

    def announce(self, pool: str, run: int, attempt: int, urgency: float) -> None:
        assert pool == "eu"
        assert 0 <= urgency <= 3
        if self.away:
            raise BrokerUnreachable(problem="it is away")
        self.told.append((run, attempt))


class Pool:
    def __init__(self, root: Path, config: str = CONFIG, *, providers: bool = False) -> None:
        self.root = root
        self.states = root / "outside"
        self.states.mkdir()
        self.world = World(root, config, providers=providers)
        text = self.world.config.read_text()
        allowed = f'allow: {{pools: ["*"], state_folders: ["{self.states}"], provisioners: true}}'
        self.world.config.write_text(text.replace('/repository"}', f'/repository", {allowed}}}'))
        self.broker = Announcements()
        self.url = ""
        self.broker_problem: BrokerProblem | None = None

    @contextmanager
    def served(self) -> Iterator[Self]:
        app = self.world.app
        with app.store.writing() as writer:
            if not any(one.name == "worker" for one in writer.tokens()):  # they come back with a backup
                writer.add_token(Token("worker", digest_of(SECRET), self.world.clock.now(), "ana"))
        with live(app) as url:
            self.url = url
            yield self
        self.world.leave()

    @property
    def pools(self) -> Pools:
        app = self.world.app
        packs = GitPacks(app.settings.data_dir, app.git.pack)
        return Pools(app.control, self.broker, packs, BrokerProblems(app.settings.data_dir))

    def worker(self, name: str = "w-1", **changed: str) -> "Worker":
        settings = WorkerSettings(self.url, SECRET, "eu", name)
        return Worker(self, replace(settings, **changed))

    def stack(self, name: str = "web", value: str = "one", rules: str = "", body: str = DATA) -> None:
        """One whose state is where both hosts reach it, as any remote backend is."""
        state = LOCAL_STATE.format(path=self.states / f"{name}.tfstate")
        self.world.stack(
            name, value, "pool: eu\n" + rules, body=state.replace("{", "{{").replace("}", "}}") + body
        )
        self.world.poll()

    def offer(self) -> list[tuple[int, int]]:
        """What is announced now."""
        app = self.world.app
        enqueue_due(app.store, self.world.clock, app.settings.promotion)
        before = len(self.broker.told)
        self.pools.offer()
        return self.broker.told[before:]

    def offered(self, broker: Broker) -> bool:
        """What is announced now is announced there; always true, so that a look at the records may follow."""
        app = self.world.app
        enqueue_due(app.store, self.world.clock, app.settings.promotion)
        pools = replace(self.pools, broker=broker)
        pools.offer()
        self.broker_problem = pools.problem
        return True

    def work(self, worker: "Worker | None" = None) -> list[Run]:
        """Announce and execute until nothing is left; the runs as they are then."""
        worker = worker or self.worker()
        while announced := self.offer():
            for run, attempt in announced:
                worker.take(run, attempt)
        return self.runs()

    def runs(self) -> list[Run]:
        with self.world.app.store.reading() as reader:
            return sorted(reader.runs(RunFilter()), key=lambda run: run.id)

    def run(self, number: int = 1) -> Run:
        with self.world.app.store.reading() as reader:
            found: Run = reader.run(number)
            return found

    def pass_time(self, **by: float) -> None:
        self.world.age(**by)


@dataclass
class Worker:
    """One host: a data directory and a clock of its own."""

    pool: Pool
    settings: WorkerSettings
    host: str = ""
    clock: ShiftedClock = field(default_factory=ShiftedClock)

    @property
    def data_dir(self) -> Path:
        return private_folder(self.pool.root / f"at-{self.host or self.settings.name}")

    @contextmanager
    def process(self) -> Iterator[App]:
        """Another one each time."""
        server: Settings = self.pool.world.settings
        own = Settings(self.data_dir, engines=server.engines, executor=server.executor, worker=self.settings)
        app = App(own, self.pool.world.config)
        app.__dict__["clock"] = self.clock
        try:
            yield app
        finally:
            if isinstance(engine := app.__dict__.get("engine"), CommandLineEngine):
                engine.close()

    def config(self, broker: str = "redis://127.0.0.1:1/0", slots: int | None = None) -> Path:
        """For processes of its own."""
        server = self.pool.world.settings
        mirror, visible = server.engines.plugin_mirror, [str(one) for one in server.executor.visible]
        path = self.pool.root / f"{self.host or self.settings.name}.yaml"
        told = {
            "data_dir": str(self.data_dir),
            "engines": {"plugin_mirror": None if mirror is None else str(mirror)},
            "executor": {"visible": visible, "slots": slots or "auto"},
            "broker": broker,
            "worker": asdict(self.settings),
        }
        path.write_text(json.dumps(told))
        path.chmod(0o600)
        return path

    def take(self, run: int, attempt: int = 1) -> bool:
        with self.process() as app, WorkClient.of(self.settings) as client:
            return take(app, client, self.settings, run, attempt)

    def finish_left(self) -> list[int]:
        """As the worker does every few seconds; the runs that it found."""
        with self.process() as app:
            found = [entry.job.run for entry in left(app)]
            for run in found:
                finish(app, self.settings, run)
        return found
