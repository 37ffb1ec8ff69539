"""The broker that announces runs to workers: whether it can be reached from this host, and how."""

from collections.abc import Iterator
from urllib.parse import urlsplit

from runner.broker.celery import celery, reach
from runner.doctor.finding import Scene, failed, ok
from runner.errors import DriftlineError
from runner.view.finding import Finding

CHECK = "broker"
DAY_MS = 86_400_000


def broker(scene: Scene) -> Iterator[Finding]:
    """One connection, with its login; nothing is announced."""
    url = scene.settings.broker
    if url is None:
        return
    worker = scene.settings.worker
    pools = [pool.name for pool in scene.settings.pools] + ([] if worker is None else [worker.pool])
    try:
        celery(url, pools)
        reach(url, pools)
    except DriftlineError as error:
        yield failed(CHECK, error)
        return
    parts = urlsplit(url)
    yield ok(CHECK, f"{parts.hostname or parts.scheme} answers, {how(parts.scheme)}")
    if parts.scheme in {"amqp", "amqps"}:
        yield ok(
            CHECK,
            "nobody can ask RabbitMQ over this connection for its consumer_timeout, which must be at least "
            f"{DAY_MS}: on its host   rabbitmqctl eval 'application:get_env(rabbit, consumer_timeout).'",
        )


def how(scheme: str) -> str:
    """How the connection is protected. Anything else than loopback must be encrypted, or the configuration is refused."""
    if scheme in {"rediss", "amqps"}:
        return "over TLS, with a certificate that this host trusts"
    return "over HTTPS" if scheme == "sqs" else "without TLS, on this host"
