"""The sessions of one check's engine commands, which come one after the other."""

import asyncio
from contextlib import suppress

ANNOUNCED_SECONDS = 3.0  # in which a command that has just started is announced


class Admitted:
    def __init__(self) -> None:
        self._sessions: set[int] = set()
        self._more = asyncio.Event()

    def add(self, session: int) -> None:
        self._sessions.add(session)
        self._more.set()
        self._more = asyncio.Event()

    async def has(self, session: int) -> bool:
        """Waits for the first one; a later command may connect shortly before it is announced."""
        if not self._sessions:
            await self._more.wait()
        with suppress(TimeoutError):
            async with asyncio.timeout(ANNOUNCED_SECONDS):
                while session not in self._sessions:
                    await self._more.wait()
        return session in self._sessions
