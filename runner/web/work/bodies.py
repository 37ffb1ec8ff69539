"""What workers send: small bodies in memory, large ones on the disk, and one of these in memory at a time."""

from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from tempfile import TemporaryFile
from threading import Lock
from typing import IO

from fastapi import Request
from fastapi.concurrency import run_in_threadpool

from runner.errors import RequestTooLarge, TooManyAtOnce

IN_MEMORY = 1024 * 1024
MOST_LARGE = 4  # on the disk at a time, each up to what its route allows
PIECE = 1024 * 1024  # written at once


class Body:
    def __init__(self, pieces: list[bytes], file: IO[bytes] | None, alone: Lock) -> None:
        self._pieces, self._file, self._alone = pieces, file, alone

    @contextmanager
    def content(self) -> Iterator[bytes]:
        """For a thread: another large body waits for this one."""
        if self._file is None:
            yield b"".join(self._pieces)
            return
        with self._alone:
            self._file.seek(0)
            yield self._file.read()


class Bodies:
    """Those of one server. Its event loop alone counts them."""

    def __init__(self, in_memory: int = IN_MEMORY, most_large: int = MOST_LARGE) -> None:
        self.in_memory = in_memory
        self.most_large = most_large
        self.large = 0
        self._alone = Lock()

    @asynccontextmanager
    async def of(
        self, request: Request, most: int, may_be_large: Callable[[], object]
    ) -> AsyncIterator[Body]:
        """RequestTooLarge beyond `most` bytes. `may_be_large` raises for who may send nothing large, before it is read."""
        if int(request.headers.get("content-length") or 0) > most:
            raise RequestTooLarge(part="body", most=most)
        stream, pieces, size = request.stream(), list[bytes](), 0
        async for piece in stream:
            size += len(piece)
            pieces.append(piece)
            if size > self.in_memory:
                break
        else:
            yield Body(pieces, None, self._alone)
            return
        await run_in_threadpool(may_be_large)
        with self._place(), TemporaryFile() as file:
            await self._write(stream, pieces, file, most)
            yield Body([], file, self._alone)

    @contextmanager
    def _place(self) -> Iterator[None]:
        if self.large >= self.most_large:
            raise TooManyAtOnce(who="workers with large artifacts", most=self.most_large)
        self.large += 1
        try:
            yield
        finally:
            self.large -= 1

    @staticmethod
    async def _write(stream: AsyncIterator[bytes], pieces: list[bytes], file: IO[bytes], most: int) -> None:
        waiting = size = sum(map(len, pieces))
        async for piece in stream:
            size, waiting = size + len(piece), waiting + len(piece)
            if size > most:
                raise RequestTooLarge(part="body", most=most)
            pieces.append(piece)
            if waiting >= PIECE:
                await run_in_threadpool(file.writelines, pieces)
                pieces, waiting = [], 0
        await run_in_threadpool(file.writelines, pieces)
