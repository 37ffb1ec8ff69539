"""The session of one check's engine command. They come one after the other; a later one may get the number of an
earlier one, so only the newest is let in.
"""

import asyncio
from contextlib import suppress

ANNOUNCED_SECONDS = 3.0  # in which a command that has just started is announced


class Admitted:
    def __init__(self) -> None:
        self._session: int | None = None
        self._more = asyncio.Event()

    def add(self, session: int) -> None:
        self._session = session
        self._more.set()
        self._more = asyncio.Event()

    async def has(self, session: int) -> bool:
        """Waits for the first one; a later command may connect shortly before it is announced."""
        if self._session is None:
            await self._more.wait()
        with suppress(TimeoutError):
            async with asyncio.timeout(ANNOUNCED_SECONDS):
                while session != self._session:
                    await self._more.wait()
        return session == self._session
