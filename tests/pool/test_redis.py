"""The whole path over a real broker: announced in Redis, taken by `driftline worker`, executed, recorded."""

import os
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from applied_once import PATIENCE, until
from pool_world import Pool

from runner.broker.celery import CeleryBroker
from runner.errors import BrokerUnreachable
from runner.model.run.life import State

pytestmark = [
    pytest.mark.skipif(shutil.which("redis-server") is None, reason="no redis-server on PATH"),
    pytest.mark.long,
]


@dataclass
class Redis:
    folder: Path
    port: int
    process: "subprocess.Popen[bytes] | None" = None

    @property
    def url(self) -> str:
        return f"redis://127.0.0.1:{self.port}/0"

    def start(self) -> None:
        argv = ["redis-server", "--port", str(self.port), "--save", "", "--dir", str(self.folder)]
        self.process = subprocess.Popen(argv, stdout=subprocess.DEVNULL)
        until(self.answers, "redis does not answer")

    def answers(self) -> bool:
        with closing(socket.socket()) as probe:
            return probe.connect_ex(("127.0.0.1", self.port)) == 0

    def end(self) -> None:
        """With all its data."""
        if self.process is not None:
            self.process.kill()
            self.process.wait()


@pytest.fixture
def redis(tmp_path: Path) -> Iterator[Redis]:
    with closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    made = Redis(tmp_path, port)
    made.start()
    yield made
    made.end()


@contextmanager
def worker_of(pool: Pool, redis: Redis) -> Iterator["subprocess.Popen[str]"]:
    """It says that it is ready; killed at the end if it still lives."""
    worker = pool.worker()
    config = worker.config(redis.url)
    argv = [sys.executable, "-m", "runner.cli", "--config", str(config), "worker"]
    said = (pool.root / "worker.log").open("w+")
    process = subprocess.Popen(argv, stderr=said, text=True, env={**os.environ, "C_FORCE_ROOT": "1"})
    try:
        until(lambda: "worker.ready" in (pool.root / "worker.log").read_text(), "the worker is not ready")
        yield process
    finally:
        process.kill()
        process.wait()
        said.close()


def test_a_run_is_executed_by_the_worker_that_hears_of_it(pool: Pool, redis: Redis) -> None:
    pool.stack(rules="apply: {mode: automatic}\n")
    broker = CeleryBroker(redis.url)
    with worker_of(pool, redis) as worker:
        until(lambda: pool.offered(broker) and pool.run().state is State.APPLIED, "it is not applied")
        worker.send_signal(signal.SIGTERM)
        assert worker.wait(PATIENCE) == 0
    with pool.world.app.store.reading() as reader:
        (known,) = reader.workers()
    assert (known.name, known.stops) == ("w-1", True)


def test_a_worker_outlives_a_broker_that_loses_everything(pool: Pool, redis: Redis) -> None:
    pool.stack(rules="apply: {mode: automatic}\n")
    broker = CeleryBroker(redis.url)
    pool.offered(broker)
    with worker_of(pool, redis):
        until(lambda: pool.offered(broker) and pool.run().state is State.APPLIED, "it is not applied")
        redis.end()
        pool.stack("other", rules="apply: {mode: automatic}\n")
        pool.offered(broker)
        assert pool.broker_problem
        redis.start()
        until(lambda: pool.offered(broker) and pool.run(2).state is State.APPLIED, "it is not applied")


def test_a_broker_that_is_not_there_is_said_without_its_password() -> None:
    broker = CeleryBroker("redis://:hunter2@127.0.0.1:1/0")
    with pytest.raises(BrokerUnreachable) as refused:
        broker.announce("eu", 1, 1, 0.0)
    assert "hunter2" not in str(refused.value)
