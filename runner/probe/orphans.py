"""Orphaned providers: started by a daemon that died, with a known address, and not asked to end yet."""

import asyncio
from contextlib import suppress
from pathlib import Path

from runner.probe.backend import Backend
from runner.probe.identity import Identity
from runner.probe.protocol import Handshake, handshake

HANDSHAKES = "handshake-*"
TICK = 0.05
LONGEST_START = 20.0
PATIENCE = 5.0  # nothing else ends it, and nothing waits


async def end_orphans(own: Path, sockets: Path, identity: Identity) -> None:
    """Those of the check in folder `own`; a running daemon ends them itself, and removes both folders.

    `sockets` has a path short enough for socket names; `own` may be deep in a data directory.
    """
    with suppress(TimeoutError):
        async with asyncio.timeout(LONGEST_START):
            while None in _handshakes(own):  # noqa: ASYNC110 - a file does not say when it grows
                await asyncio.sleep(TICK)
    for one in _handshakes(own):
        # If it was reached, and so already asked to end, its socket has no name any more.
        if one is not None and Path(one.path).exists():  # noqa: ASYNC240 - a look at a local name
            await _end(Backend(one, identity, sockets))


async def _end(backend: Backend) -> None:
    with suppress(OSError):
        await backend.reach()
    await backend.close(PATIENCE)


def _handshakes(own: Path) -> list[Handshake | None]:
    """What each has printed so far."""
    found: list[Handshake | None] = []
    for path in own.glob(HANDSHAKES):
        with suppress(OSError):
            line, complete, _ = path.read_bytes().partition(b"\n")
            found.append(handshake(line.decode(errors="replace")) if complete else None)
    return found
