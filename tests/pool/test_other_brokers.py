"""The whole path over RabbitMQ and SQS, where they are installed."""

import os
import shutil
import signal
import socket
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path

import boto3
import httpx2
import pytest
from applied_once import WAITS, applied, until
from broker_world import worker_of
from pool_world import Pool

from runner.broker.celery import CeleryBroker, queues
from runner.model.run.life import State

RABBITMQ = Path("/usr/lib/rabbitmq/bin/rabbitmq-server")
pytestmark = pytest.mark.long


def free_port() -> int:
    with closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


@contextmanager
def ended(argv: list[str], env: dict[str, str]) -> Iterator[None]:
    """A process for as long as the block lasts."""
    with subprocess.Popen(argv, env=env) as process:
        yield
        process.kill()


@pytest.fixture
def rabbitmq(tmp_path: Path) -> Iterator[str]:
    """Its URL. It waits for less than a run takes, and looks often."""
    if not RABBITMQ.exists() or shutil.which("erl") is None:
        pytest.skip("no rabbitmq-server")
    port, home = free_port(), tmp_path / "rabbitmq"
    home.mkdir()
    impatient = "[{rabbit, [{consumer_timeout, 4000}, {channel_tick_interval, 500}]}]."
    (home / "advanced.config").write_text(impatient)
    env = {
        **os.environ,
        "HOME": str(home),
        "RABBITMQ_NODENAME": f"driftline-{port}@localhost",
        "RABBITMQ_NODE_IP_ADDRESS": "127.0.0.1",
        "RABBITMQ_NODE_PORT": str(port),
        "RABBITMQ_DIST_PORT": str(free_port()),
        "RABBITMQ_MNESIA_BASE": str(home),
        "RABBITMQ_LOG_BASE": str(home),
        "RABBITMQ_ADVANCED_CONFIG_FILE": str(home / "advanced.config"),
        "RABBITMQ_PID_FILE": str(home / "pid"),
        "RABBITMQ_ENABLED_PLUGINS_FILE": str(home / "plugins"),
        "ERL_EPMD_PORT": str(names := free_port()),
    }
    with (
        ended(["epmd", "-port", str(names)], env),
        subprocess.Popen(
            [RABBITMQ], env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, start_new_session=True
        ) as process,
    ):
        assert process.stdout is not None
        said = []
        for line in process.stdout:
            said.append(line)
            if b"completed with" in line:
                break
        else:
            pytest.fail(f"it does not start: {b''.join(said)!r}")
        yield f"amqp://guest:guest@127.0.0.1:{port}//"
        os.killpg(process.pid, signal.SIGKILL)


@pytest.fixture
def sqs(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    pytest.importorskip("pycurl")
    server = pytest.importorskip("moto.server").ThreadedMotoServer(ip_address="127.0.0.1", port=0)
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-1")
    server.start()
    host, port = server.get_host_and_port()
    # Queues outlive a server: a worker that an earlier test killed still waits at them, and would take a message.
    httpx2.post(f"http://{host}:{port}/moto-api/reset").raise_for_status()
    yield f"sqs://testing:testing@{host}:{port}"
    server.stop()


@pytest.mark.parametrize("broker", ["rabbitmq", "sqs"])
def test_a_run_is_executed_by_the_worker_that_hears_of_it(
    pool: Pool, broker: str, request: pytest.FixtureRequest
) -> None:
    url: str = request.getfixturevalue(broker)
    pool.stack(rules="apply: {mode: automatic}\n")
    announced = CeleryBroker(url, ["eu"])
    with worker_of(pool, url):
        until(lambda: pool.offered(announced) and pool.run().state is State.APPLIED, "it is not applied")


def test_queues_that_exist_are_used_without_listing_or_making_any(
    pool: Pool, sqs: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    from moto.sqs.responses import SQSResponse

    login, address = sqs.removeprefix("sqs://").split("@")
    client = boto3.client(
        "sqs",
        endpoint_url=f"http://{address}",
        aws_access_key_id="testing",
        aws_secret_access_key="testing",
    )
    for name in queues("eu", "sqs://"):
        client.create_queue(QueueName=name)
    asked = list[str]()
    for call in ("create_queue", "list_queues"):
        monkeypatch.setattr(SQSResponse, call, lambda _, call=call: asked.append(call))
    url = f"sqs://{login}@{address}/123456789012"
    pool.stack(rules="apply: {mode: automatic}\n")
    announced = CeleryBroker(url, ["eu"])
    with worker_of(pool, url):
        until(lambda: pool.offered(announced) and pool.run().state is State.APPLIED, "it is not applied")
    assert asked == []


def test_rabbitmq_that_gives_messages_away_while_an_apply_takes_long_makes_nothing_happen_twice(
    pool: Pool, rabbitmq: str
) -> None:
    go, log = pool.states / "go", pool.root / "w-1.log"
    for name in ("first", "second", "third"):
        pool.stack(name, rules="apply: {mode: automatic}\n", body=WAITS % (pool.states / "applied", go))
    announced = CeleryBroker(rabbitmq, ["eu"])
    with ExitStack() as stack:
        workers = [stack.enter_context(worker_of(pool, rabbitmq, slots=1))]

        def restarted() -> bool:
            """As systemd does after a failure; always true."""
            if workers[-1].poll() is not None:
                assert workers[-1].returncode == 1
                workers.append(stack.enter_context(worker_of(pool, rabbitmq, slots=1)))
            return True

        until(lambda: restarted() and pool.offered(announced) and applied(pool) == 1, "no apply begins")
        # Celery stops then, and waits for what it executes.
        until(lambda: "PRECONDITION_FAILED" in log.read_text(), "RabbitMQ is patient")
        go.touch()
        until(lambda: restarted() and pool.offered(announced) and _all_applied(pool), "they are not applied")
    assert (applied(pool), len(workers) > 1) == (3, True)


def _all_applied(pool: Pool) -> bool:
    return [run.state for run in pool.runs()] == [State.APPLIED] * 3
