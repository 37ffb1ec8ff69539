"""Many who look while runs go on: how much later a commit is noticed, and how much later its run begins."""

import asyncio
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event, Thread

import httpx2

from benchmarks.figure import Figure, Sample, at_least, at_most_times
from benchmarks.installation import PERSON, Installation, stack, stacks
from benchmarks.size import Size
from benchmarks.web.seeded import MORE, TOKEN
from benchmarks.web.served import DRIFTLINE, PATIENCE, Site, served
from runner.api.caller import Caller
from runner.api.tokens import create_token
from runner.model.run.life import Run, State
from runner.ports.records.runs import RunFilter

A_SECOND = 100
LATER = 1.10
PATHS = (
    "/",
    "/stacks",
    "/api/v1/status",
    "/api/v1/stacks",
    "/api/v1/runs",
    "/stacks/team-1/service-1",
    "/runs/run-1",
)


def measure(size: Size, folder: Path) -> Iterator[Figure]:
    installation = Installation(folder / "load", more=MORE)
    config = installation.config.read_text()
    installation.config.write_text(config.replace("{name: infra,", "{name: infra, poll: 1s,"))
    installation.repository.commit(stacks(size.followed_stacks))
    token = create_token(Caller(installation.app, lambda: PERSON), name=TOKEN).secret
    with served(installation, token, folder) as site, _daemon(installation, folder):
        _until_planned(installation, after=0)
        quiet = _Delays().seen(installation, size)
        with _asked(site) as crowd:
            busy = _Delays().seen(installation, size)
    installation.app.store.close()
    yield at_least(A_SECOND * 0.95, "web: answers to many readers", "a second", Sample((crowd.rate,)))
    name = f"with {A_SECOND} requests a second"
    yield at_most_times(
        LATER, f"web: a commit is noticed, {name}", Sample(busy.poll), Sample(quiet.poll), "no requests"
    )
    yield at_most_times(
        LATER, f"web: its run begins, {name}", Sample(busy.dispatch), Sample(quiet.dispatch), "no requests"
    )


class _Delays:
    """In seconds: from a commit to its queued run, and from there to its plan."""

    def __init__(self) -> None:
        self.poll: tuple[float, ...] = ()
        self.dispatch: tuple[float, ...] = ()

    def seen(self, installation: Installation, size: Size) -> "_Delays":
        end, number = time.monotonic() + size.rounds, 0
        while time.monotonic() < end or not self.poll:
            number += 1
            with installation.app.store.reading() as reader:
                (newest,) = reader.runs(RunFilter(limit=1))
            began = time.time()
            installation.repository.commit(
                dict(stack(2 * number % size.followed_stacks, size=time.monotonic_ns()))
            )
            run = _until_planned(installation, after=newest.id)
            with installation.app.store.reading() as reader:
                begun = next(
                    event.at
                    for event in reader.events(0, ("run.planning",), 1 << 20)
                    if event.subject == run.name
                )
            self.poll += (run.created_at.timestamp() - began,)
            self.dispatch += ((begun - run.created_at).total_seconds(),)
        return self


def _until_planned(installation: Installation, after: int) -> Run:
    """Until nothing is left to be planned; the newest run, which is another one than before."""
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        with installation.app.store.reading() as reader:
            newest = reader.runs(RunFilter(limit=1))
            left = [run for run in reader.open_runs() if run.state in {State.QUEUED, State.PLANNING}]
        if newest and newest[0].id > after and not left:
            return newest[0]
        time.sleep(0.02)
    raise RuntimeError(f"after {PATIENCE:g} s the daemon had not planned")


@dataclass
class _Crowd:
    site: Site
    over: Event = field(default_factory=Event)
    answers: int = 0
    rate: float = 0.0

    def ask(self) -> None:
        asyncio.run(self._ask())

    async def _ask(self) -> None:
        """At a steady pace, whether or not earlier ones are answered."""
        began, asked = time.monotonic(), 0
        limits = httpx2.Limits(max_connections=50)
        headers = self.site.headers
        async with (
            httpx2.AsyncClient(
                base_url=self.site.address, headers=headers, timeout=PATIENCE, limits=limits
            ) as client,
            asyncio.TaskGroup() as group,
        ):
            while not self.over.is_set():
                group.create_task(self._get(client, PATHS[asked % len(PATHS)]))
                asked += 1
                await asyncio.sleep(max(0.0, began + asked / A_SECOND - time.monotonic()))
            self.rate = self.answers / (time.monotonic() - began)

    async def _get(self, client: httpx2.AsyncClient, path: str) -> None:
        (await client.get(path)).raise_for_status()
        self.answers += 1


@contextmanager
def _asked(site: Site) -> Iterator[_Crowd]:
    crowd = _Crowd(site)
    thread = Thread(target=crowd.ask)
    thread.start()
    try:
        yield crowd
    finally:
        crowd.over.set()
        thread.join()


@contextmanager
def _daemon(installation: Installation, folder: Path) -> Iterator[None]:
    with (folder / "daemon.log").open("wb") as log:
        argv: list[str | Path] = [DRIFTLINE, "--config", installation.config, "daemon"]
        process = subprocess.Popen(argv, stdout=log, stderr=log)
        try:
            yield
        finally:
            process.terminate()
            process.wait()
