"""Those who go on working while the daemon dies: one commits, one approves, one says what became of interrupted runs."""

import random
import threading
from contextlib import suppress

from crashes.field import Field
from runner.errors import DriftlineError
from runner.model.approval.approval import Person
from runner.model.run.life import Run, State
from runner.ports.records.runs import RunFilter
from runner.service.approval.approve import approve
from runner.service.approval.authorship import Authors
from runner.service.operator.resolve import resolve

ANA = Person("ana", "user")
PAUSE = 0.3


class People(threading.Thread):
    """One thread with a connection of its own, as a person with a terminal has. Stops when it is told to."""

    def __init__(self, field: Field, seed: int, *, commits: float = 0.5) -> None:
        super().__init__(daemon=True, name="people")
        self.field = field
        self.random = random.Random(seed)
        self.commits = commits  # how likely one is at each look
        self.steps = dict.fromkeys(field.stacks, 1)
        self.interrupted: list[Run] = []
        self.without_evidence: list[Run] = []
        self._stop_asked = threading.Event()
        self._rest = threading.Event()

    def run(self) -> None:
        while not self._stop_asked.wait(PAUSE):
            if not self._rest.is_set() and self.random.random() < self.commits:
                self._commit()
            self._answer()

    def rest(self) -> None:
        """Commit nothing more, and go on answering."""
        self._rest.set()

    def stop(self) -> None:
        self._stop_asked.set()
        self.join()

    def _commit(self) -> None:
        name = self.random.choice(self.field.stacks)
        self.steps[name] += 1
        self.field.write(name, self.steps[name])
        self.field.commit(f"{name} to {self.steps[name]}")

    def _answer(self) -> None:
        app = self.field.app
        with app.store.reading() as reader:
            waiting = [run for run in reader.open_runs() if run.state is State.AWAITING_APPROVAL]
            interrupted = reader.runs(RunFilter(states=frozenset({State.INTERRUPTED})))
        for run in waiting:
            # It may have been superseded since it was looked at.
            with suppress(DriftlineError):
                approve(
                    app.control,
                    lambda: Authors(app.git, app.modules),
                    run.id,
                    ANA,
                    digest=run.plan_digest or "",
                )
        for run in interrupted:
            self._resolve(run)

    def _resolve(self, run: Run) -> None:
        app = self.field.app
        with app.store.reading() as reader:
            evidence = reader.evidence(run.id)
        self.interrupted.append(run)
        if evidence is None:
            self.without_evidence.append(run)
        with suppress(DriftlineError):
            resolve(app.control, app.workspaces, run.id, ANA, applied=False, reason="it was killed")
