"""Processes on one data directory, each of which may die at any moment, and what is true beside them."""

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any
from unittest.mock import patch

from fake_git import Remote
from fake_terraform import Apply, Cloud, Engine, Step

from runner import failpoint
from runner.app import App
from runner.config.server_file import load
from runner.datadir.claims import FileClaims, HeldFiles
from runner.model.approval.approval import Person
from runner.model.approval.rules import standing
from runner.model.run.life import HALF_CHANGED, Claim, Run, State
from runner.model.settings.server import Settings
from runner.model.stack.lock import Leftover
from runner.model.values.clock import latest
from runner.ports.keeping import HeldClaim
from runner.ports.records.runs import RunFilter
from runner.service.approval.terms import run_terms
from runner.service.cycle.dispatch import next_assignment
from runner.service.cycle.prune import prune
from runner.service.cycle.recover import recover
from runner.service.queue.enqueue import enqueue_due
from runner.store.database import FILE_NAME

CONFIG = """\
data_dir: {root}/data
sources:
  - {{name: infra, url: "{root}/repository"}}
drift: {{schedule: "0 3 * * *", jitter: 1s}}
"""
ANA = Person("ana", "user")
NOON = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
STACKS = ("db", "web")


class Crash(BaseException):
    """the process is dead: nothing that comes after this line happens"""


DAEMON, TERRAFORM = "daemon", "terraform"
DEATHS = (frozenset({DAEMON}), frozenset({DAEMON, TERRAFORM}), frozenset({TERRAFORM}))
Said = tuple[Callable[[App, Any], object], str]


@dataclass(frozen=True)
class Cut:
    """What happens at one pass of a place: somebody's death, or what somebody says meanwhile."""

    place: str
    hit: int
    dies: frozenset[str] = frozenset()
    said: Said | None = None


@dataclass
class HandClock:
    at: datetime = NOON

    def now(self) -> datetime:
        return self.at


@dataclass
class Installation:
    """What outlives every process."""

    root: Path
    clock: HandClock = field(default_factory=HandClock)
    cloud: Cloud = field(default_factory=Cloud)
    backups: list[Path] = field(default_factory=list)
    alive: list["Process"] = field(default_factory=list)
    started: list[str] = field(default_factory=list)  # what was wrong when an apply was started

    def __post_init__(self) -> None:
        self.remote = Remote(self.root / "trees")
        self.remote.push(**dict.fromkeys(STACKS, "one"))
        data = self.root / "data"
        data.mkdir(mode=0o700)
        # Made once, copied often: to make its tables takes longer than most lives.
        shutil.copy(empty_database(self.root.parent), data / FILE_NAME)

    @property
    def database(self) -> Path:
        return self.root / "data" / FILE_NAME

    @property
    def settings(self) -> Settings:
        return replace(settings(self.root.parent), data_dir=self.root / "data")

    def backup(self, store: "Process") -> None:
        copy = self.root / f"backup-{len(list(self.root.glob('backup-*')))}.db"
        store.app.store.backup(copy)
        self.backups.append(copy)

    def restore(self, backup: Path) -> None:
        """As the hint of `db check` says it is done."""
        for process in list(self.alive):
            process.end()
        Path(f"{self.database}-journal").unlink(missing_ok=True)
        shutil.copy(backup, self.database)
        self.backups.remove(backup)


class Process:
    """An App whose end takes its locks and its memory; `cut` says what happens to it, and where."""

    def __init__(self, installation: Installation, meanwhile: Callable[[Said], object] = len) -> None:
        self.installation = installation
        self.app = App(installation.settings, installation.root / "driftline.yaml")
        self.meanwhile = meanwhile
        self.cut: Cut | None = None
        self.held: list[Held] = []
        self.is_dead = False
        engine = Engine(installation.cloud, self._born, self._passing)
        vars(self.app).update(
            clock=installation.clock,
            git=installation.remote,
            engine=engine,
            claims=Claims(self, installation.settings.data_dir),
        )
        installation.alive.append(self)

    @contextmanager
    def acting(self, cut: Cut | None = None) -> Iterator[None]:
        """What is done inside is done by this process. A death inside ends it, and what was being done."""
        self.cut = cut
        with patch.object(failpoint, "reach", self._reach):
            try:
                yield
            except Crash:
                self.end()
            finally:
                self.cut = None

    def recover(self) -> None:
        for assignment in recover(self.app.control).adopted:
            self.app.worker.perform(assignment)

    def work(self) -> None:
        """All that is due, until nothing is left."""
        for source in self.app.settings.sources:
            self.app.poller.poll(source)
        while True:
            enqueue_due(self.app.store, self.app.clock, ())
            assignment = next_assignment(self.app.control)
            if assignment is None:
                break
            self.app.worker.perform(assignment)

    def tidy(self) -> None:
        prune(self.app.control, self.app.workspaces, self.installation.remote)

    def end(self) -> None:
        """The kernel closes what it had open; nobody puts anything away."""
        self.is_dead = True
        for held in self.held:
            held.die()
        self.app.store.close()
        self.installation.alive.remove(self)

    def _reach(self, place: str) -> None:
        cut = self.cut
        if cut is None or cut.place != place:
            return
        self.cut = replace(cut, hit=cut.hit - 1) if cut.hit > 1 else None
        if self.cut is None:
            self._happens(cut)

    def _happens(self, cut: Cut) -> None:
        if cut.said is not None:
            self.meanwhile(cut.said)
        if TERRAFORM in cut.dies:
            for apply in self.installation.cloud.living:
                apply.die()
        if DAEMON in cut.dies:
            self.is_dead = True
            raise Crash

    def _passing(self, apply: Apply) -> None:
        self._reach(f"terraform.{apply.step.name}")
        self.app.worker.pass_on_cancels()

    def _born(self, apply: Apply) -> None:
        self.installation.started += wrong_start(self, apply)


@dataclass
class Held:
    """A claim that a dead process cannot let go of by itself."""

    process: Process
    real: HeldFiles

    @property
    def claim(self) -> Claim:
        return self.real.claim

    @property
    def lock(self) -> int | None:
        return self.real.lock

    @property
    def kept(self) -> list[int]:
        return self.real.kept

    def keep(self, fd: int) -> None:
        self.real.keep(fd)

    def hand_over(self) -> None:
        self.real.hand_over()

    def running(self) -> bool:
        return self.real.running()

    def release(self) -> None:
        if not self.process.is_dead:
            self.process.held.remove(self)
            self.real.release()

    def die(self) -> None:
        for descriptor in (*self.real.files.values(), *self.real.kept):
            os.close(descriptor)
        self.real.files.clear()
        self.real.kept.clear()


class Claims:
    """The real ones, by which the process is known to hold them."""

    def __init__(self, process: Process, data_dir: Path) -> None:
        self.process = process
        self.real = FileClaims(data_dir, process.installation.clock)

    def take(self, run: int, state: str | None = None) -> HeldClaim | None:
        return self._kept(self.real.take(run, state))

    def adopt(self, claim: Claim) -> HeldClaim | None:
        return self._kept(self.real.adopt(claim))

    def alive(self, claim: Claim) -> bool:
        return self.real.alive(claim)

    def end_orphans(self, claim: Claim) -> int:
        return self.real.end_orphans(claim)

    def leftovers(self) -> list[Leftover]:
        return self.real.leftovers()

    def end_leftover(self, leftover: Leftover) -> int:
        return self.real.end_leftover(leftover)

    def remove_free(self) -> int:
        return self.real.remove_free()

    def _kept(self, real: HeldFiles | None) -> HeldClaim | None:
        if real is None:
            return None
        held = Held(self.process, real)
        self.process.held.append(held)
        return held


def wrong_start(process: Process, apply: Apply) -> list[str]:
    """Why this apply should not have been started, judged by what is recorded at this moment."""
    control = process.app.control
    with control.store.reading() as reader:
        run = next(r for r in reader.open_runs() if r.executed_digest == apply.digest)
        terms = run_terms(control.settings, reader, run)
        given = standing(
            run,
            reader.approvals(run.id),
            terms,
            control.settings.approvals,
            # The gate's moment: no clock can be kept from jumping after it.
            latest(run.changed_at, reader.newest_time(run.name)),
        )
        beside = [
            other.name
            for other in reader.runs(
                RunFilter(states=frozenset({State.APPLYING, State.INTERRUPTED}), limit=1000)
            )
            if other.identity == run.identity and other.id != run.id
        ]
        facts = {
            "it is not recorded as begun": run.state is not State.APPLYING,
            "nobody has approved it": not given.complete,
            "its stack is locked": reader.lock(run.stack) is not None,
            f"{beside} is not over": bool(beside),
            "another terraform is at work on its state": any(
                one is not apply and one.stack == apply.stack for one in process.installation.cloud.living
            ),
        }
    return [f"{run.name} was started, and {fact}" for fact, is_so in facts.items() if is_so]


def false_ends(installation: Installation, runs: list[Run]) -> list[str]:
    """Final states that the cloud contradicts."""
    effects = installation.cloud.effects
    at_work = {one.digest for one in installation.cloud.living if one.step is not Step.BORN}
    found = []
    for run in runs:
        made = run.executed_digest in effects
        if run.state is State.APPLIED and not made:
            found.append(f"{run.name} is applied, and nothing was done")
        if run.final and run.state not in {State.APPLIED, State.INTERRUPTED} and made:
            found.append(f"{run.name} is {run.state}, and it was applied: {run.reason}")
        if run.final and run.state not in HALF_CHANGED and run.executed_digest in at_work:
            found.append(f"{run.name} is {run.state}, and it is at work")
    return found


# Places by their beginnings: while a daemon starts, while it executes, and those where it writes nothing.
STARTING = ("checkpoint.", "restored.", "recover.", "record.")
EXECUTING = (
    "artifact.", "claim.", "file.", "gate.", "plan.", "poll.", "record.", "recover.", "report.", "spawn.", "terraform.",
)  # fmt: skip
APPLYING = ("gate.", "spawn.", "terraform.", "record.")
OPEN = (
    "artifact.", "claim.after", "fetch.", "gate.after", "plan.after", "plan.before_artifact", "record.after", "spawn.",
    "terraform.",
)  # fmt: skip


def moments(*beginnings: str) -> list[str]:
    """Failpoints, and the steps of an apply that a process sees."""
    steps = (f"terraform.{step.name}" for step in Step if step is not Step.GONE)
    return [place for place in (*failpoint.POINTS, *steps) if place.startswith(beginnings)]


@cache
def settings(root: Path) -> Settings:
    path = root / "driftline.yaml"
    path.write_text(CONFIG.format(root=root))
    return load(path)


@cache
def empty_database(root: Path) -> Path:
    (root / "empty").mkdir(mode=0o700, exist_ok=True)
    App(replace(settings(root), data_dir=root / "empty"), root / "driftline.yaml").store.close()
    return root / "empty" / FILE_NAME
