"""The whole path over RabbitMQ and SQS, where they are installed."""

import os
import shutil
import signal
import socket
import subprocess
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
from applied_once import until
from broker_world import worker_of
from pool_world import Pool

from runner.broker.celery import CeleryBroker
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
    """Its URL."""
    if not RABBITMQ.exists() or shutil.which("erl") is None:
        pytest.skip("no rabbitmq-server")
    port, home = free_port(), tmp_path / "rabbitmq"
    home.mkdir()
    env = {
        **os.environ,
        "HOME": str(home),
        "RABBITMQ_NODENAME": f"driftline-{port}@localhost",
        "RABBITMQ_NODE_IP_ADDRESS": "127.0.0.1",
        "RABBITMQ_NODE_PORT": str(port),
        "RABBITMQ_DIST_PORT": str(free_port()),
        "RABBITMQ_MNESIA_BASE": str(home),
        "RABBITMQ_LOG_BASE": str(home),
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
    yield f"sqs://testing:testing@{host}:{port}"
    server.stop()


@pytest.mark.parametrize("broker", ["rabbitmq", "sqs"])
def test_a_run_is_executed_by_the_worker_that_hears_of_it(
    pool: Pool, broker: str, request: pytest.FixtureRequest
) -> None:
    url: str = request.getfixturevalue(broker)
    pool.stack(rules="apply: {mode: automatic}\n")
    announced = CeleryBroker(url)
    with worker_of(pool, url):
        until(lambda: pool.offered(announced) and pool.run().state is State.APPLIED, "it is not applied")
