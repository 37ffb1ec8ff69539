"""Providers that a daemon had started when it died: they told where they answer, and nobody was left to ask them to end."""

import asyncio
from contextlib import suppress
from pathlib import Path

from runner.probe.backend import Backend
from runner.probe.identity import Identity
from runner.probe.protocol import Handshake, handshake

HANDSHAKES = "handshake-*"
TICK = 0.05
LONGEST_START = 20.0
PATIENCE = 5.0  # nobody else ends it, and nobody waits


async def end_orphans(own: Path, sockets: Path, identity: Identity) -> None:
    """Those of the check whose folder `own` is; a daemon that lives ends them itself, and takes both folders away.

    `sockets` has a path that is short enough for names of sockets, `own` may be deep in a data directory.
    """
    with suppress(TimeoutError):
        async with asyncio.timeout(LONGEST_START):
            while None in _handshakes(own):  # noqa: ASYNC110 - a file does not say when it grows
                await asyncio.sleep(TICK)
    for one in _handshakes(own):
        # Of one that was reached, and so was asked already, the socket has no name any more.
        if one is not None and Path(one.path).exists():  # noqa: ASYNC240 - a look at a local name
            await _end(Backend(one, identity, sockets))


async def _end(backend: Backend) -> None:
    with suppress(OSError):
        await backend.reach()
    await backend.close(PATIENCE)


def _handshakes(own: Path) -> list[Handshake | None]:
    """What each has said so far."""
    found: list[Handshake | None] = []
    for path in own.glob(HANDSHAKES):
        with suppress(OSError):
            line, complete, _ = path.read_bytes().partition(b"\n")
            found.append(handshake(line.decode(errors="replace")) if complete else None)
    return found
