"""A stack whose every apply leaves a trace, and the lives that are lived on it: each in a process of its own."""

import os
import sys
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from functools import cached_property, partial
from pathlib import Path

from crashes import ground
from nursery import nursery
from world import ANA, ShiftedClock, World, half_a_year_from_now

from runner import failpoint
from runner.errors import DriftlineError
from runner.host.log import configure
from runner.model.run.life import Run, State
from runner.service.cycle.begin import begin
from runner.service.cycle.recover import recover
from runner.service.operator import lock, request, resolve

STACK = "web"
LONGEST = 120.0


class Stage(World):
    """May be entered by one process after another; the time that has passed for one has passed for all."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.repository = root / "repository"
        self.cloud = root / "cloud.json"
        self.config = ground.config_of(root)

    @classmethod
    def made(cls, root: Path) -> "Stage":
        """With a first commit that nobody has looked at."""
        stage = cls(root)
        # Where the steps and the applies are written down is no place of theirs.
        ground.lay(root, slots=1, drift=f"0 0 1 {half_a_year_from_now()} *", confine="never")
        stage.repository.mkdir()
        stage._git("init", "--quiet", "--initial-branch=main")
        stage.step(1)
        return stage

    def step(self, steps: int, declared: str = f"name: {STACK}\n") -> str:
        (self.root / "steps").write_text(str(steps))
        main = ground.module(self.root, STACK, steps)
        return self.commit_files({"web/main.tf": main, "web/stack.yaml": declared})

    @cached_property
    def clock(self) -> ShiftedClock:
        clock = ShiftedClock()
        with suppress(FileNotFoundError):
            clock.shift = timedelta(seconds=float((self.root / "shift").read_text()))
        return clock

    def age(self, **span: float) -> None:
        super().age(**span)
        (self.root / "shift").write_text(str(self.clock.shift.total_seconds()))

    def close(self) -> None:
        self.app.store.close()

    # What a process does

    def daemon(self) -> None:
        """One turn of everything, as the daemon does it: failures are reported, and the rest goes on.

        But for its start, which alone may look at a restored backup before anything else is written.
        """
        if self.attempt(self.start):
            for work in (self.recover, self.poll, self.work):
                self.attempt(work)

    def start(self) -> None:
        begin(self.app.control)

    def recover(self) -> None:
        for assignment in recover(self.app.control).adopted:
            self.app.worker.perform(assignment)

    def person(self) -> None:
        """Approves what is asked, looks at what has failed and lets it go on; what is unclear stays so."""
        with self.app.store.reading() as reader:
            asked = [run for run in reader.open_runs() if run.state is State.AWAITING_APPROVAL]
            last = reader.last_runs(change_only=True).get(STACK)
            locked = reader.lock(STACK) if last is not None else None
        for run in asked:
            self.attempt(partial(self.approve, run))
        if locked is not None and last is not None and last.state is not State.INTERRUPTED:
            self.attempt(lambda: lock.release(self.app.control, STACK, ANA, "looked"))
        elif last is not None and last.state is State.PLAN_FAILED:
            self.attempt(lambda: request.request_plan(self.app.control, self.app.discoverer, STACK, ANA))

    def say(self, *, applied: bool) -> None:
        """A person's word on what is unclear."""
        for run in self.runs(states=frozenset({State.INTERRUPTED})):
            resolve.resolve(
                self.app.control,
                self.app.workspaces,
                run.id,
                ANA,
                applied=applied,
                reason="looked",
                state_pushed=True,
            )

    @staticmethod
    def attempt(work: Callable[[], object]) -> bool:
        try:
            work()
        except (DriftlineError, OSError, failpoint.FailpointHit) as error:
            sys.stderr.write(f"{type(error).__name__}: {error}\n")
            return False
        return True

    # What there is to see

    def lines(self, name: str) -> list[str]:
        return ground.lines(self.root, name)

    @property
    def steps(self) -> int:
        return int((self.root / "steps").read_text())

    @property
    def made_steps(self) -> Counter[str]:
        return Counter(self.lines("effects"))

    @property
    def handed_over(self) -> Counter[ground.Handed]:
        return ground.handed_over(self.root)

    def history(self) -> list[Run]:
        return self.runs(limit=1000)


def live(root: Path, what: Callable[[Stage], object], armed: str = "") -> int:
    """Do this on the stage, in a process of its own; its exit code, negative where a signal ended it."""
    process = nursery().Process(target=_lived, args=(root, what, armed))
    process.start()
    process.join(LONGEST)
    if process.is_alive():
        process.kill()
        raise AssertionError(f"a life with {armed or 'nothing'} armed does not end:\n{log_of(root)}")
    assert process.exitcode is not None
    return process.exitcode


def log_of(root: Path) -> str:
    path = root / "lives.log"
    return path.read_text() if path.exists() else ""


def noted(root: Path) -> Counter[str]:
    """The failpoints that acted, and how often."""
    path = root / "noted"
    return Counter(path.read_text().split()) if path.exists() else Counter()


def _lived(root: Path, what: Callable[[Stage], object], armed: str) -> None:
    log = os.open(root / "lives.log", os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    os.dup2(log, 1)
    os.dup2(log, 2)
    sys.stdout = sys.stderr = os.fdopen(log, "w", buffering=1)
    sys.stderr.write(f"--- {what}, armed: {armed or 'nothing'}\n")
    configure()
    if armed:
        # As it would be with the variable set at its start.
        os.environ[failpoint.VARIABLE] = armed
        os.environ[failpoint.NOTED] = str(root / "noted")
        failpoint._ARMED.update(failpoint.armed(armed))
    what(Stage(root))
