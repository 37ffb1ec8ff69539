"""What many who only listen cost."""

import asyncio
from collections.abc import Iterator
from datetime import timedelta
from itertools import cycle
from secrets import token_urlsafe

from benchmarks.figure import Figure, Sample, at_most
from benchmarks.size import Size
from benchmarks.web.seeded import TOKEN
from benchmarks.web.served import Site
from runner.model.access.session import Identity, Session
from runner.model.access.token import digest_of, token_subject
from runner.web.identity.live import LOGIN_PREFIX
from runner.web.stream.places import MOST_OF_ONE

LISTENERS = 200
FOLLOWED = "/api/v1/events"


def measure(size: Size, site: Site) -> Iterator[Figure]:
    listeners = LISTENERS if size.warms_up else 3
    memory, threads, descriptors = site.memory, site.threads, site.descriptors
    after, more, open_now = asyncio.run(_listened(site, listeners))
    if open_now < descriptors + listeners:
        raise RuntimeError(f"of {listeners} listeners, {open_now - descriptors} are connected")
    name = f"web: {listeners} idle listeners of events"
    yield at_most(60, f"{name}, memory", "MB", Sample((after - memory,)))
    yield at_most(4, f"{name}, threads", "", Sample((float(more - threads),)))


def _logins(site: Site, people: int) -> list[str]:
    """Secrets of logins, since one person has so many streams at most."""
    app = site.installation.app
    now, secrets = app.clock.now(), [f"{LOGIN_PREFIX}{token_urlsafe()}" for _ in range(people)]
    for secret in secrets:
        identity = Identity(secret, "oidc", (token_subject(TOKEN),))
        with app.store.writing() as writer:
            session = Session(digest_of(secret), identity, now, now + timedelta(hours=1), now)
            writer.add_session(session, address="127.0.0.1")
    return secrets


async def _listened(site: Site, count: int) -> tuple[float, int, int]:
    logins = cycle(_logins(site, -(-count // MOST_OF_ONE)))
    opened = [await asyncio.open_connection("127.0.0.1", site.port) for _ in range(count)]
    for reader, writer in opened:
        writer.write(
            f"GET {FOLLOWED} HTTP/1.1\r\nHost: 127.0.0.1:{site.port}\r\nAccept: text/event-stream\r\n"
            f"Authorization: Bearer {next(logins)}\r\n\r\n".encode()
        )
        await writer.drain()
        status = await reader.readline()
        if b" 200 " not in status:
            raise RuntimeError(status.decode())
    await asyncio.sleep(2)
    measured = site.memory, site.threads, site.descriptors
    for _, writer in opened:
        writer.close()
    return measured
