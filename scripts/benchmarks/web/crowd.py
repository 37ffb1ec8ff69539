"""Many who look, in a process of their own: they are elsewhere, so they stand behind everything that is measured here."""

import asyncio
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field

import httpx2

from benchmarks.web.served import PATIENCE
from runner.sandbox.serving import stand_back

TOO_MANY = 429
A_SECOND = 100
_MAIN = "from benchmarks.web.crowd import main; main()"
PATHS = (
    "/",
    "/stacks",
    "/api/v1/status",
    "/api/v1/stacks",
    "/api/v1/runs",
    "/stacks/team-1/service-1",
    "/runs/run-1",
)


@dataclass
class Crowd:
    """What has come of all of its visits."""

    answers: int = 0
    seconds: float = 0.0

    @property
    def rate(self) -> float:
        return self.answers / self.seconds

    @contextmanager
    def asks(self, address: str, headers: Mapping[str, str]) -> Iterator[None]:
        """At a steady pace from the first answer on, until the end."""
        argv = [sys.executable, "-c", _MAIN, address, *map("=".join, headers.items())]
        with subprocess.Popen(
            argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, start_new_session=True
        ) as process:
            assert process.stdout is not None
            if process.stdout.readline() != "asking\n":
                raise RuntimeError(f"nobody asks {address}")
            yield
            said, _ = process.communicate()
        answers, seconds = said.split()
        self.answers += int(answers)
        self.seconds += float(seconds)


@dataclass
class _Askers:
    client: httpx2.AsyncClient
    over: asyncio.Event = field(default_factory=asyncio.Event)
    answers: int = 0

    async def ask(self) -> float:
        """Whether or not earlier requests are answered; how long that was."""
        began, asked = time.monotonic(), 0
        async with asyncio.TaskGroup() as group:
            while not self.over.is_set():
                group.create_task(self._get(PATHS[asked % len(PATHS)]))
                asked += 1
                await asyncio.sleep(max(0.0, began + asked / A_SECOND - time.monotonic()))
        return time.monotonic() - began

    async def _get(self, path: str) -> None:
        """Where one person has too many requests open, the server says when to ask again."""
        answer = await self.client.get(path)
        if answer.status_code == TOO_MANY and not self.over.is_set():
            await asyncio.sleep(float(answer.headers["retry-after"]))
            await self._get(path)
        elif answer.status_code != TOO_MANY:
            answer.raise_for_status()
            self.answers += 1


async def _until_told(address: str, headers: Mapping[str, str]) -> None:
    # The server closes idle connections after 5 s, perhaps while this process waits for its turn of the processor.
    limits = httpx2.Limits(max_connections=50, keepalive_expiry=1)
    async with httpx2.AsyncClient(
        base_url=address, headers=headers, timeout=PATIENCE, limits=limits
    ) as client:
        (await client.get(PATHS[0])).raise_for_status()
        print("asking", flush=True)
        askers = _Askers(client)
        asyncio.get_running_loop().add_reader(sys.stdin, askers.over.set)
        seconds = await askers.ask()
        print(askers.answers, seconds)


def main() -> None:
    stand_back(19)
    asyncio.run(_until_told(sys.argv[1], dict(word.split("=", 1) for word in sys.argv[2:])))
