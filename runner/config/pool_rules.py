"""What pools of workers, and the settings of a worker, must satisfy."""

import re
from collections.abc import Iterator
from urllib.parse import urlsplit

from runner.config.check import Complaint
from runner.config.limits import POOL, out_of_limits
from runner.config.match import stack_glob_complaints
from runner.config.place import KeyPath
from runner.model.access.token import token_subject
from runner.model.settings.pools import PoolSettings, WorkerSettings
from runner.model.settings.server import Settings
from runner.model.values.loopback import is_loopback
from runner.model.values.name import EXPECTED, NAME

# Broker URL schemes -> whether the connection is encrypted.
_BROKERS = {"redis": False, "rediss": True, "amqp": False, "amqps": True, "sqs": True}
_ACCOUNT = re.compile(r"(/[0-9]{12})?")


def pool_complaints(settings: Settings) -> Iterator[Complaint]:
    for index, pool in enumerate(settings.pools):
        yield from _pool(("pools", index), pool)
        if any(other.name == pool.name for other in settings.pools[:index]):
            yield Complaint(("pools", index, "name"), "another pool already has this name")
        for number, token in enumerate(pool.tokens):
            if any(token in other.tokens for other in settings.pools[:index]):
                where: KeyPath = ("pools", index, "tokens", number)
                yield Complaint(where, "this token already belongs to another pool")
            if any(token_subject(token) in one.subjects for one in settings.web.access):
                where = ("pools", index, "tokens", number)
                yield Complaint(
                    where, "web.access gives this token a role, which every worker of the pool would have"
                )
    if settings.pools and settings.artifacts.store != "local":
        message = "workers hand artifacts to the server, which keeps them in its data directory: artifacts.store must be local"
        yield Complaint(("pools",), message, got=False)
    if (settings.pools or settings.worker is not None) and settings.broker is None:
        key = "pools" if settings.pools else "worker"
        yield Complaint((key,), "needs broker, by which runs are announced to workers", got=False)
    if settings.broker is not None and (flaw := _broker_flaw(settings.broker)):
        yield Complaint(("broker",), flaw, got=False)
    if settings.worker is not None:
        yield from _worker(("worker",), settings.worker, settings)


def _pool(here: KeyPath, pool: PoolSettings) -> Iterator[Complaint]:
    yield from out_of_limits(pool, POOL, here)
    if NAME.fullmatch(pool.name) is None:
        yield Complaint((*here, "name"), EXPECTED)
    if pool.match is not None:
        yield from stack_glob_complaints((*here, "match", "stacks"), pool.match.stacks)


def _broker_flaw(url: str) -> str | None:
    parts = urlsplit(url)
    if parts.scheme not in _BROKERS:
        return f"expected an address that begins with {', '.join(f'{scheme}://' for scheme in _BROKERS)}"
    if not _BROKERS[parts.scheme] and not is_loopback(parts.hostname or ""):
        return f"nothing encrypts the connection: use {parts.scheme}s:// to another host"
    if parts.scheme == "sqs" and _ACCOUNT.fullmatch(parts.path) is None:
        return "expected sqs://, or sqs://sqs.REGION.amazonaws.com/ACCOUNT for queues that exist already"
    return None


def _worker(here: KeyPath, worker: WorkerSettings, settings: Settings) -> Iterator[Complaint]:
    parts = urlsplit(worker.server)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        yield Complaint((*here, "server"), "expected an address such as https://driftline.example.com")
    elif parts.scheme == "http" and not is_loopback(parts.hostname):
        yield Complaint((*here, "server"), "nothing encrypts the token on the way to it: use https://")
    for key in ("pool", "name"):
        value = getattr(worker, key)
        if value is not None and NAME.fullmatch(value) is None:
            yield Complaint((*here, key), EXPECTED)
    if settings.sources or settings.pools:
        key = "sources" if settings.sources else "pools"
        yield Complaint((key,), "belongs to the server's configuration: a worker has no such key", got=False)
