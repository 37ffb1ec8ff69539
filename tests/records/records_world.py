"""One installation without Git and terraform: a database, its checkpoints and receipts, and runs that walk their table."""

import hashlib
import json
import shutil
import sqlite3
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cached_property
from pathlib import Path
from typing import Any

from runner.app import App
from runner.model.run.life import Event, Kind, Run
from runner.model.stack.definition import Discovered, StackDefinition, StateIdentity
from runner.ports.control import ControlPorts
from runner.ports.records.runs import NewRun
from runner.ports.records.store import Writer
from runner.service.integrity.checkpoint import checkpoint
from runner.store.database import FILE_NAME

CONFIG = "version: 1\ndata_dir: {root}/data\nsources:\n  - {{name: infra, url: {root}/repository}}\n"
NOON = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
WAY = (Event.CLAIM, Event.OFFER, Event.APPROVE)


@dataclass
class HandClock:
    at: datetime = NOON

    def now(self) -> datetime:
        return self.at


def sha(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


@dataclass
class Records:
    root: Path
    clock: HandClock = field(default_factory=HandClock)

    def __post_init__(self) -> None:
        (self.root / "driftline.yaml").write_text(CONFIG.format(root=self.root))
        with self.control.store.writing() as writer:
            for name in ("prod/rds", "prod/vpc"):
                writer.save_discovered(discovered(name))

    @property
    def data_dir(self) -> Path:
        return self.root / "data"

    @property
    def database(self) -> Path:
        return self.data_dir / FILE_NAME

    @property
    def checkpoints(self) -> Path:
        return self.data_dir / "checkpoints.jsonl"

    @cached_property
    def app(self) -> App:
        app = App.from_config(self.root / "driftline.yaml")
        app.__dict__["clock"] = self.clock
        return app

    @property
    def control(self) -> ControlPorts:
        return self.app.control

    def restart(self) -> None:
        """As another process would find it."""
        self.app.store.close()
        del self.__dict__["app"]

    def age(self, **span: float) -> None:
        self.clock.at += timedelta(**span)

    # What happens

    def queue(self, stack: str = "prod/vpc", kind: Kind = Kind.CHANGE) -> Run:
        with self.control.store.writing() as writer:
            return writer.add_run(new_run(writer, stack, kind))

    def walk(self, run: Run, *events: Event, **fields: Any) -> Run:
        with self.control.store.writing() as writer:
            for event in events:
                run = writer.transition(run, event, by="test", **(fields if event is events[-1] else {}))
        return run

    def start_apply(self, stack: str = "prod/vpc") -> Run:
        """Up to the moment in which terraform has the plan."""
        run = self.walk(self.queue(stack), *WAY, plan_digest=sha(stack))
        digest = sha(f"the plan of {run.name}")
        if not self.checkpoints.exists():
            checkpoint(self.control)
        run = self.walk(run, Event.START_APPLY, executed_digest=digest)
        folder = self.data_dir / "receipts"
        folder.mkdir(exist_ok=True)
        facts = {"run": run.id, "stack": stack, "digest": digest, "at": self.clock.at.isoformat(), "pid": 1}
        (folder / f"{digest}.json").write_text(json.dumps(facts))
        return run

    def apply(self, stack: str = "prod/vpc") -> Run:
        """With the checkpoint that is written at its end."""
        done = self.walk(self.start_apply(stack), Event.SUCCEED)
        checkpoint(self.control)
        return done

    # What is done to it

    def backup(self) -> Path:
        copy = self.root / "backup.db"
        self.app.store.backup(copy)
        return copy

    def restore(self, backup: Path) -> None:
        self.restart()
        shutil.copy(backup, self.database)

    def tamper(self, *statements: str) -> None:
        """As somebody would who can write to the file: the triggers are no obstacle."""
        with closing(sqlite3.connect(self.database)) as connection:
            triggers = "SELECT name, sql FROM sqlite_schema WHERE type = 'trigger'"
            found = connection.execute(triggers).fetchall()
            for name, _ in found:
                connection.execute(f"DROP TRIGGER {name}")
            for statement in statements:
                connection.execute(statement)
            for _, text in found:
                connection.execute(text)
            connection.commit()

    # What is there

    def run(self, run_id: int) -> Run:
        with self.control.store.reading() as reader:
            return reader.run(run_id)

    def open_runs(self) -> list[Run]:
        with self.control.store.reading() as reader:
            return reader.open_runs()

    def actions(self, subject: str | None = None) -> list[str]:
        with self.control.store.reading() as reader:
            return [entry.action for entry in reversed(reader.audit(subject=subject, limit=1000))]

    def head(self) -> tuple[int, str]:
        with self.control.store.reading() as reader:
            return reader.audit_head()


def discovered(name: str) -> Discovered:
    return Discovered(
        source="infra",
        revision="a" * 40,
        file=f"{name}/stack.yaml",
        module_path=name,
        definition=StackDefinition(name=name),
        inputs=sha(name),
        identity=StateIdentity("s3", f'{{"key":"{name}"}}', "default"),
        managed_state=False,
    )


def new_run(writer: Writer, name: str, kind: Kind) -> NewRun:
    stack = writer.stack(name)
    return NewRun(
        stack=name,
        source=stack.source,
        kind=kind,
        revision=stack.revision,
        inputs=stack.inputs,
        definition=stack.definition,
        module_path=stack.module_path,
        managed_state=False,
        trigger="push",
        requested_by="driftline",
    )
