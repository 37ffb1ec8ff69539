"""The whole path over a real broker: announced in Redis, taken by `driftline worker`, executed, recorded."""

import shutil
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from applied_once import PATIENCE, WAITS, applied, until
from broker_world import worker_of
from pool_world import Pool
from provider.mirror import certificate
from redis_world import Redis, running

from runner.app import App
from runner.broker.celery import CeleryBroker
from runner.doctor.broker import broker
from runner.doctor.finding import Scene
from runner.errors import BrokerUnreachable
from runner.model.run.life import State
from runner.model.settings.server import Settings
from runner.view.finding import Finding
from runner.view.finding import State as FindingState

pytestmark = [
    pytest.mark.skipif(shutil.which("redis-server") is None, reason="no redis-server on PATH"),
    pytest.mark.long,
]


@pytest.fixture
def redis(tmp_path: Path) -> Iterator[Redis]:
    with running(tmp_path) as made:
        yield made


def doctor(url: str) -> Finding:
    (found,) = broker(Scene(App(Settings(Path("/nowhere"), broker=url), Path("/nowhere"))))
    return found


def test_a_run_is_executed_by_the_worker_that_hears_of_it(pool: Pool, redis: Redis) -> None:
    pool.stack(rules="apply: {mode: automatic}\n")
    broker = CeleryBroker(redis.url, ["eu"])
    with worker_of(pool, redis.url) as worker:
        until(lambda: pool.offered(broker) and pool.run().state is State.APPLIED, "it is not applied")
        worker.send_signal(signal.SIGTERM)
        assert worker.wait(PATIENCE) == 0
    with pool.world.app.store.reading() as reader:
        (known,) = reader.workers()
    assert (known.name, known.stops) == ("w-1", True)


def test_a_worker_that_is_told_twice_to_stop_leaves_an_apply_which_is_reported_later(
    pool: Pool, redis: Redis
) -> None:
    go = pool.states / "go"
    pool.stack(rules="apply: {mode: automatic}\n", body=WAITS % (pool.states / "applied", go))
    broker = CeleryBroker(redis.url, ["eu"])
    with worker_of(pool, redis.url) as worker:
        until(lambda: pool.offered(broker) and applied(pool) == 1, "it does not begin")
        until(lambda: told_to_stop(worker), "it does not leave")
    assert pool.run().state is State.APPLYING
    go.touch()
    with worker_of(pool, redis.url):
        until(lambda: pool.run().state is State.APPLIED, "it is not reported")
    assert applied(pool) == 1


def told_to_stop(worker: "subprocess.Popen[str]") -> bool:
    """Once more; whether it has ended."""
    worker.send_signal(signal.SIGTERM)
    return worker.poll() is not None


def test_a_worker_outlives_a_broker_that_loses_everything(pool: Pool, redis: Redis) -> None:
    pool.stack(rules="apply: {mode: automatic}\n")
    broker = CeleryBroker(redis.url, ["eu"])
    pool.offered(broker)
    with worker_of(pool, redis.url):
        until(lambda: pool.offered(broker) and pool.run().state is State.APPLIED, "it is not applied")
        redis.end()
        pool.stack("other", rules="apply: {mode: automatic}\n")
        pool.offered(broker)
        assert pool.broker_problem
        redis.start()
        until(lambda: pool.offered(broker) and pool.run(2).state is State.APPLIED, "it is not applied")


def test_a_broker_that_is_not_there_is_said_without_its_password() -> None:
    broker = CeleryBroker("redis://:hunter2@127.0.0.1:1/0", ["eu"])
    with pytest.raises(BrokerUnreachable) as refused:
        broker.announce("eu", 1, 1, 0.0)
    assert "hunter2" not in str(refused.value)


def test_doctor_says_how_the_broker_answers(redis: Redis) -> None:
    found = doctor(redis.url)
    assert (found.state, found.message) == (
        FindingState.OK,
        "127.0.0.1 answers, without TLS, on this host",
    )


@pytest.fixture
def encrypted(tmp_path: Path) -> Iterator[Redis]:
    """Its certificate is that of localhost."""
    pem = tmp_path / "redis.pem"
    pem.write_bytes(certificate())
    with running(tmp_path, pem) as made:
        yield made


def test_a_broker_whose_certificate_nobody_trusts_is_not_talked_to(encrypted: Redis) -> None:
    found = doctor(encrypted.url.replace("127.0.0.1", "localhost"))
    assert found.state is FindingState.FAIL
    assert "certificate verify failed" in found.message


def test_a_broker_with_the_certificate_of_its_name_is_talked_to_over_tls(
    encrypted: Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(encrypted.pem))
    found = doctor(encrypted.url.replace("127.0.0.1", "localhost"))
    assert found.state is FindingState.OK
    assert "over TLS" in found.message


def test_a_broker_with_the_certificate_of_another_name_is_not_talked_to(
    encrypted: Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(encrypted.pem))
    found = doctor(encrypted.url)
    assert found.state is FindingState.FAIL
    assert "certificate verify failed" in found.message
