"""Many who look while runs go on: how much later a commit is noticed, and how much later its run begins."""

import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.figure import Figure, Sample, at_least, at_most_times
from benchmarks.installation import PERSON, Installation, stack, stacks
from benchmarks.size import Size
from benchmarks.web.crowd import A_SECOND, Crowd
from benchmarks.web.seeded import MORE, TOKEN
from benchmarks.web.served import DRIFTLINE, PATIENCE, served
from benchmarks.web.static import static_answers
from runner.api.caller import Caller
from runner.api.tokens import create_token
from runner.model.run.life import Run, State
from runner.ports.records.runs import RunFilter

LATER = 1.10


def measure(size: Size, folder: Path) -> Iterator[Figure]:
    installation = Installation(folder / "load", more=MORE, poll="1s")
    installation.repository.commit(stacks(size.followed_stacks))
    token = create_token(Caller(installation.app, lambda: PERSON), name=TOKEN).secret
    crowd, alone, fixed, busy = Crowd(), _Delays(), _Delays(), _Delays()
    with (
        served(installation, token, folder) as site,
        static_answers() as other,
        _daemon(installation, folder),
    ):
        _until_planned(installation, after=0)
        slices = size.part(10)
        seconds = size.rounds / slices
        # They take turns, so that what else the machine does hits all of them alike.
        for _ in range(slices):
            alone.see(installation, size, seconds)
            with Crowd().asks(other, site.headers):
                fixed.see(installation, size, seconds)
            with crowd.asks(site.address, site.headers):
                busy.see(installation, size, seconds)
    installation.app.store.close()
    yield at_least(A_SECOND * 0.95, "web: answers to many readers", "a second", Sample((crowd.rate,)))
    for seen, to in ((busy, ""), (fixed, " for static answers")):
        name = f"with {A_SECOND} requests a second{to}"
        for what, values, rival in (
            ("a commit is noticed", seen.poll, alone.poll),
            ("its run begins", seen.dispatch, alone.dispatch),
        ):
            yield at_most_times(
                LATER, f"web: {what}, {name}", Sample(tuple(values)), Sample(tuple(rival)), "no requests"
            )


@dataclass
class _Delays:
    """In seconds: from a commit to its queued run, and from there to its plan."""

    poll: list[float] = field(default_factory=list)
    dispatch: list[float] = field(default_factory=list)

    def see(self, installation: Installation, size: Size, seconds: float) -> None:
        end = time.monotonic() + seconds
        while True:
            with installation.app.store.reading() as reader:
                (newest,) = reader.runs(RunFilter(limit=1))
            number, began = 2 * len(self.poll) % size.followed_stacks, time.time()
            installation.repository.commit(dict(stack(number, size=time.monotonic_ns())))
            run = _until_planned(installation, after=newest.id)
            with installation.app.store.reading() as reader:
                begun = next(
                    event.at
                    for event in reader.events(0, ("run.planning",), 1 << 20)
                    if event.subject == run.name
                )
            self.poll.append(run.created_at.timestamp() - began)
            self.dispatch.append((begun - run.created_at).total_seconds())
            if time.monotonic() > end:
                return


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
