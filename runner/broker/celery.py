"""How both sides use Celery. The database decides: a message only names a run, and losing or repeating one is harmless."""

import re
import ssl
from collections.abc import Iterable
from types import MappingProxyType
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from runner.errors import BrokerUnreachable, ExtraMissing
from runner.model.values.frozen import dataclass
from runner.model.values.loopback import is_loopback

if TYPE_CHECKING:
    from celery import Celery

TASK = "driftline.execute"
SECONDS = 5.0  # for one connection
# Acknowledged before it is executed: at-most-once comes from the claim in our database, and a broker that gives a message
# to a second worker while the first one applies must find nothing to give.
_SETTINGS = MappingProxyType(
    {
        "task_acks_late": False,
        "task_ignore_result": True,
        "task_serializer": "json",
        "accept_content": ["json"],
        "worker_prefetch_multiplier": 1,
        "worker_disable_prefetch": True,
        "worker_enable_remote_control": False,
        "worker_send_task_events": False,
        "worker_hijack_root_logger": False,
        "broker_connection_retry_on_startup": True,
        "broker_connection_max_retries": None,
        "broker_connection_timeout": SECONDS,
        "broker_heartbeat": 30,
        "task_publish_retry": False,
    }
)


@dataclass(frozen=True)
class Transport:
    """How a broker orders messages: `levels` are its priorities, the most urgent first; without priorities, each level has a queue."""

    levels: tuple[int, ...] = ()
    options: tuple[tuple[str, Any], ...] = ()
    arguments: tuple[tuple[str, Any], ...] = ()  # of each queue


_REDIS = Transport(
    (0, 3, 6, 9),
    (
        # Longer than any task: until then Redis gives it to nobody else.
        ("visibility_timeout", 43200),
        ("queue_order_strategy", "priority"),
        ("priority_steps", [0, 3, 6, 9]),
        ("socket_timeout", 30.0),
        ("socket_connect_timeout", SECONDS),
    ),
)
_RABBITMQ = Transport((9, 6, 3, 0), arguments=(("x-max-priority", 9),))
TRANSPORTS = MappingProxyType(
    {
        "redis": _REDIS,
        "rediss": _REDIS,
        "amqp": _RABBITMQ,
        "amqps": _RABBITMQ,
        "sqs": Transport(options=(("visibility_timeout", 43200), ("wait_time_seconds", 20))),
    }
)
URGENCIES = 4
_REGION = re.compile(r"sqs(?:-fips)?\.([a-z0-9-]+)\.")


def queues(pool: str, url: str) -> tuple[str, ...]:
    """Those that the workers of a pool read."""
    name = f"driftline-{pool}"
    return (name,) if _transport(url).levels else tuple(f"{name}-{level}" for level in range(URGENCIES))


def celery(url: str, pools: Iterable[str]) -> "Celery":
    """ExtraMissing without Celery."""
    try:
        from celery import Celery
    except ModuleNotFoundError as missing:
        raise ExtraMissing(what="a pool of workers", module=missing.name, extra="celery") from missing
    app = Celery("driftline", broker=_connected_to(url), set_as_current=False)
    app.conf.update(_SETTINGS)
    app.conf.broker_transport_options = {**dict(_transport(url).options), **_existing(url, pools)}
    if tls := _tls(url):
        app.conf.broker_use_ssl = tls
    return app


def _account(url: str) -> str:
    """Where the queues are made by others, as sqs://sqs.REGION.amazonaws.com/ACCOUNT says."""
    parts = urlsplit(url)
    return parts.path.strip("/") if parts.scheme == "sqs" else ""


def _connected_to(url: str) -> str:
    """Without the account: kombu takes a host for one of its own, and asks it without TLS."""
    parts = urlsplit(url)
    if not _account(url):
        return url
    login, at, _ = parts.netloc.rpartition("@")
    return f"sqs://{parts.netloc if is_loopback(parts.hostname or '') else login + at}"


def _existing(url: str, pools: Iterable[str]) -> dict[str, Any]:
    """With their addresses, nothing asks for the list of queues, nor makes one."""
    if not (account := _account(url)):
        return {}
    host = urlsplit(url).netloc.rpartition("@")[2]
    base = f"{'http' if is_loopback(urlsplit(url).hostname or '') else 'https'}://{host}/{account}"
    region = _REGION.match(host)
    return {
        "predefined_queues": {
            name: {"url": f"{base}/{name}"} for pool in pools for name in queues(pool, url)
        },
        **({"region": region[1]} if region else {}),
    }


def _tls(url: str) -> dict[str, Any]:
    """The certificate of the broker is verified, with its name. Each client library has words of its own, and refuses others."""
    parts = urlsplit(url)
    if parts.scheme == "rediss":
        return {"ssl_cert_reqs": ssl.CERT_REQUIRED, "ssl_check_hostname": True}
    if parts.scheme == "amqps":
        # Without the name, py-amqp accepts the certificate of any host.
        return {"cert_reqs": ssl.CERT_REQUIRED, "server_hostname": parts.hostname}
    return {}


def reach(url: str, pools: Iterable[str]) -> None:
    """BrokerUnreachable unless it can be connected to, with its login."""
    app = celery(url, pools)
    from kombu.exceptions import OperationalError

    try:
        with app.connection_for_write() as connection:
            connection.ensure_connection(max_retries=1, timeout=SECONDS)
    except (OperationalError, OSError) as error:
        raise BrokerUnreachable(problem=without_password(str(error), url)) from error


class CeleryBroker:
    """Satisfies `ports.Broker`."""

    def __init__(self, url: str, pools: Iterable[str]) -> None:
        self._url = url
        self._pools = tuple(pools)
        self._app: Celery | None = None

    def announce(self, pool: str, run: int, attempt: int, urgency: float) -> None:
        from kombu.exceptions import OperationalError

        app = self._app = self._app or celery(self._url, self._pools)
        level = min(max(round(urgency), 0), URGENCIES - 1)
        transport, names = _transport(self._url), queues(pool, self._url)
        queue, more = (
            (names[0], {"priority": transport.levels[level]}) if transport.levels else (names[level], {})
        )
        try:
            app.send_task(TASK, args=(run, attempt), queue=_queue(queue, transport), **more)
        except (OperationalError, OSError) as error:
            raise BrokerUnreachable(problem=without_password(str(error), self._url)) from error


def _queue(name: str, transport: Transport) -> Any:
    from kombu.entity import Queue

    return Queue(  # type: ignore[no-untyped-call]
        name, routing_key=name, queue_arguments=dict(transport.arguments) or None
    )


def declared(pool: str, url: str) -> list[Any]:
    """The queues of a pool as its workers declare them: the same as whoever announces, or RabbitMQ refuses."""
    return [_queue(name, _transport(url)) for name in queues(pool, url)]


def without_password(text: str, url: str) -> str:
    """A client library repeats the address in its errors."""
    password = urlsplit(url).password
    return text.replace(password, "***") if password else text


def _transport(url: str) -> Transport:
    return TRANSPORTS[urlsplit(url).scheme]
