"""A run whose process is gone: what it left behind is written by hand, exactly as it would lie there."""

import fcntl
import hashlib
import re
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from world import DATA, World

from runner import failpoint
from runner.datadir.workspace import slug
from runner.model.execution.job import Phase
from runner.model.run.life import Run, State
from runner.service.cycle.recover import recover
from runner.service.queue.assignment import Assignment

AUTOMATIC = "apply: {mode: automatic}\n"


@contextmanager
def dying(*points: str, action: str = "raise") -> Iterator[None]:
    """The process dies at these places: nothing of ours that comes after them happens. Or a call fails there."""
    with pytest.MonkeyPatch.context() as patch:
        for point in points:
            patch.setitem(failpoint._ARMED, point, (action, 0))
        yield


def begun(world: World, name: str = "web", value: str = "one", body: str = DATA) -> "Begun":
    """A run of which it is recorded that its apply begins, and whose process died before it did anything."""
    with dying("gate.after_commit"):
        world.push(name, value, AUTOMATIC, body=body)
    (run,) = [run for run in world.runs(stack=name) if not run.final]
    assert run.state is State.APPLYING
    return Begun(world, run)


def begin_apply(world: World) -> Run:
    return begun(world).run


@dataclass(frozen=True)
class Begun:
    world: World
    run: Run

    @property
    def data(self) -> Path:
        return self.world.settings.data_dir

    @property
    def scratch(self) -> Path:
        return self.data / "runs" / str(self.run.id)

    @property
    def control(self) -> Path:
        return self.data / "control" / str(self.run.id)

    @property
    def receipt(self) -> Path:
        name = hashlib.sha256(f"{self.run.stack}\0{self.run.executed_digest}".encode()).hexdigest()
        return self.data / "receipts" / f"{name}.json"

    @property
    def state(self) -> Path:
        return self.data / "workspaces" / slug(self.run.stack) / "state" / "terraform.tfstate"

    def leave(self, trace: Mapping[str, str]) -> None:
        """The files of the apply by their names; the receipt is `receipt`, the managed state `state`."""
        for name, text in trace.items():
            path = {"receipt": self.receipt, "state": self.state}.get(name, self.control / name)
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            path.write_text(text)

    @contextmanager
    def alive(self, held: Path | None = None) -> Iterator[None]:
        """Something of it executes, and holds this file of its claim."""
        assert self.run.claim is not None
        with (held or self.data / "claims" / self.run.name).open("w") as file:
            file.write(self.run.claim.token)
            file.flush()
            fcntl.flock(file, fcntl.LOCK_EX)
            yield

    def adopted(self) -> Assignment:
        """What recovery hands to somebody to attend to."""
        (assignment,) = recover(self.world.app.control).adopted
        assert (assignment.job.run, assignment.job.phase) == (self.run.id, Phase.ADOPT)
        return assignment

    def recovered(self) -> Run:
        return self.world.app.worker.perform(self.adopted())


def recovered_again(world: World) -> None:
    """As each daemon does at its start, and every few seconds."""
    for assignment in recover(world.app.control).adopted:
        world.app.worker.perform(assignment)


# What differs between two installations that went through the same: times, and everything that is made of them.
_TIME = re.compile(r"\d{4}-\d\d-\d\d[T ][0-9:.]+(?:Z|\+00:00)?")
_HASH = re.compile(r"\b[0-9a-f]{16,64}\b")
MEASURED = {"measured", "execution_totals"}
_SECONDS = re.compile(r'(?<="seconds":)[0-9.e-]+')  # how long a step took


def content(world: World) -> list[str]:
    """All that the database says, line by line, without times and what was measured."""
    with closing(sqlite3.connect(world.settings.data_dir / "driftline.db")) as connection:
        named = connection.execute("SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name")
        tables = [name for (name,) in named if "sqlite" not in name and name not in MEASURED]
        return [
            f"{table}: {[_plain(world, value) for value in row]}"
            for table in tables
            for row in connection.execute(f"SELECT * FROM {table} ORDER BY 1")
        ]


def _plain(world: World, value: object) -> object:
    if isinstance(value, bytes):
        return "bytes"
    if not isinstance(value, str):
        return value
    return _SECONDS.sub("S", _HASH.sub("#", _TIME.sub("T", value.replace(str(world.root), "ROOT"))))
