"""A plan by a worker of a pool, beside the same plan by the daemon's own threads: what the way to another host costs.

The web server and the worker's processes are real. Announcements pass from hand to hand instead of through a broker, and
both hosts are this one: what broker and line take comes on top.
"""

import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from benchmarks.figure import Figure, at_most_above, interleaved, timed
from benchmarks.installation import PERSON, STACK, Installation
from benchmarks.processes import children, clock_of
from benchmarks.size import Size
from benchmarks.web.served import Site, served
from runner.app import App
from runner.daemon.pools import Pools
from runner.datadir.broker_problem import BrokerProblems
from runner.model.access.token import Token, digest_of
from runner.model.run.life import Run, State
from runner.pool.start import Listening
from runner.service.cycle.dispatch import next_assignment
from runner.service.operator.request import request_plan
from runner.source.packs import GitPacks

HERE, AFAR = "here", "afar"
SECRET = f"drift_{'r' * 43}"
MORE = f"""\
broker: redis://127.0.0.1:1/0
pools: [{{name: eu, tokens: [eu], match: {{stacks: [{AFAR}]}}, at_most: 1, checks_at_most: 1}}]
"""
WORKER = f"""\
data_dir: {{data}}
executor: {{{{slots: 1, visible: [{{states}}]}}}}
broker: redis://127.0.0.1:1/0
worker: {{{{server: "{{server}}", token: {SECRET}, pool: eu, name: w-1}}}}
"""
STATE = 'terraform {{\n  backend "local" {{ path = "{folder}/{name}.tfstate" }}\n}}\n'
ABOVE = 0.15  # seconds
LOOK_SECONDS = 0.002
IDLE_SECONDS = 0.2  # without CPU time


def measure(size: Size, folder: Path) -> Iterator[Figure]:
    folder.mkdir(parents=True)
    installation = _installed(folder)
    app = installation.app
    with closing(app.store), served(installation, "", folder) as site, _worker(folder, site) as listening:
        besides = children()
        measured, rival = interleaved(
            size.part(3), partial(_afar, app, listening, besides), partial(_here, app)
        )
        yield at_most_above(ABOVE, "a plan by a worker", measured, rival, "by the daemon")


def _installed(folder: Path) -> Installation:
    """Both stacks keep their states where both hosts reach them, as they are with any remote backend."""
    states = folder / "states"
    states.mkdir()
    installation = Installation(folder / "server", more=MORE)
    text = installation.config.read_text()
    installation.config.write_text(
        text.replace("poll: auto}", f'poll: auto, allow: {{state_folders: ["{states}"]}}}}')
    )
    files = {f"{name}/main.tf": STATE.format(folder=states, name=name) + STACK for name in (HERE, AFAR)}
    files |= {f"{name}/stack.yaml": f"name: {name}\n" for name in (HERE, AFAR)}
    installation.repository.commit(files)
    installation.poll()
    with installation.app.store.writing() as writer:
        writer.add_token(Token("eu", digest_of(SECRET), installation.app.clock.now(), "ana"))
    return installation


@contextmanager
def _worker(folder: Path, site: Site) -> Iterator[Listening]:
    config = folder / "worker.yaml"
    config.write_text(WORKER.format(data=folder / "worker", server=site.address, states=folder / "states"))
    config.chmod(0o600)
    app = App.from_config(config, creates=False)
    assert app.settings.worker is not None
    listening = Listening(app, app.settings.worker)
    try:
        yield listening
    finally:
        listening.standby.close()


def _here(app: App) -> float:
    run = request_plan(app.control, app.discoverer, HERE, PERSON)

    def perform() -> None:
        assignment = next_assignment(app.control, only=run.id)
        assert assignment is not None
        _require_plan(app.worker.perform(assignment))

    return timed(perform)


@dataclass(frozen=True)
class _Hand:
    """Satisfies `ports.Broker`."""

    told: list[tuple[int, int]]

    def announce(self, pool: str, run: int, attempt: int, urgency: float) -> None:  # noqa: ARG002 - one pool
        self.told.append((run, attempt))


def _afar(app: App, listening: Listening, besides: frozenset[int] | set[int]) -> float:
    """From the announcement to the recorded plan, without what the worker tidies up afterwards."""
    run = request_plan(app.control, app.discoverer, AFAR, PERSON)
    data_dir, told = app.settings.data_dir, list[tuple[int, int]]()
    packs = GitPacks(data_dir, app.git.pack)
    pools = Pools(app.control, _Hand(told), packs, BrokerProblems(data_dir))
    _wait_until_idle(besides)
    began = time.perf_counter()
    pools.offer()
    working = threading.Thread(target=listening.standby.execute, args=told[0])
    working.start()
    while (done := _run(app, run.id)).state in {State.QUEUED, State.PLANNING}:
        time.sleep(LOOK_SECONDS)
    taken = time.perf_counter() - began
    working.join()
    _require_plan(done)
    return taken


def _run(app: App, number: int) -> Run:
    with app.store.reading() as reader:
        found: Run = reader.run(number)
        return found


def _require_plan(run: Run) -> None:
    if run.state is not State.AWAITING_APPROVAL:
        raise RuntimeError(f"{run.name} is {run.state}: {run.reason}")


def _wait_until_idle(besides: frozenset[int] | set[int]) -> None:
    """A process that has just been started imports what it needs; in a burst of runs it has."""
    before = -1.0
    while (now := sum(map(clock_of, children() - besides))) != before:
        before = now
        time.sleep(IDLE_SECONDS)
