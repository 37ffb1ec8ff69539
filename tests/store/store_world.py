"""A store on a real file, and the smallest stacks and runs to put into it."""

import hashlib
import os
import sqlite3
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from runner.model.run.life import Claim, Event, Kind, Run, State
from runner.model.stack.definition import Discovered, StackDefinition, StateIdentity
from runner.ports.records.runs import NewRun
from runner.ports.records.store import Writer
from runner.store.database import SqliteStore

# Another process runs the same code and finds this module.
CHILD = {"PYTHONPATH": os.pathsep.join(sys.path)}
NOON = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)


@dataclass
class HandClock:
    at: datetime = NOON

    def now(self) -> datetime:
        return self.at

    def pass_(self, **span: float) -> datetime:
        self.at += timedelta(**span)
        return self.at


def sha(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


@contextmanager
def opened(data_dir: Path, clock: HandClock | None = None) -> Iterator[SqliteStore]:
    store = SqliteStore(data_dir, clock or HandClock())
    try:
        yield store
    finally:
        store.close()


@contextmanager
def raw(path: Path) -> Iterator[sqlite3.Connection]:
    """The file without Driftline, as a person with the sqlite3 tool has it."""
    connection = sqlite3.connect(path, isolation_level=None)
    connection.row_factory = sqlite3.Row
    try:
        yield connection
    finally:
        connection.close()


def discovered(name: str = "prod/vpc", *, state: str | None = None, **definition: Any) -> Discovered:
    return Discovered(
        source="infra",
        revision="a" * 40,
        file=f"stacks/{name}/stack.yaml",
        module_path=f"stacks/{name}",
        definition=StackDefinition(name=name, **definition),
        inputs=sha(name),
        identity=StateIdentity("s3", f'{{"key":"{state or name}"}}', "default"),
        managed_state=False,
    )


def new_run(name: str = "prod/vpc", kind: Kind = Kind.CHANGE, **fields: Any) -> NewRun:
    stack = discovered(name)
    return NewRun(
        **{
            "stack": name,
            "source": stack.source,
            "kind": kind,
            "revision": stack.revision,
            "inputs": stack.inputs,
            "definition": stack.definition,
            "module_path": stack.module_path,
            "managed_state": False,
            "trigger": "push",
            "requested_by": "driftline",
            **fields,
        }
    )


def claim(token: str = "t1", pid: int | None = None) -> Claim:
    return Claim(token=token, host="here", pid=pid or os.getpid(), since=NOON)


# The shortest way from a new run to each state.
WAYS: dict[State, tuple[Event, ...]] = {
    State.QUEUED: (),
    State.PLANNING: (Event.CLAIM,),
    State.AWAITING_APPROVAL: (Event.CLAIM, Event.OFFER),
    State.APPROVED: (Event.CLAIM, Event.OFFER, Event.APPROVE),
    State.APPLYING: (Event.CLAIM, Event.OFFER, Event.APPROVE, Event.START_APPLY),
    State.NO_CHANGES: (Event.CLAIM, Event.FIND_NOTHING),
    State.DRIFTED: (Event.CLAIM, Event.FIND_DRIFT),
    State.PLANNED: (Event.CLAIM, Event.FIND_CHANGES),
    State.APPLIED: (Event.CLAIM, Event.OFFER, Event.APPROVE, Event.START_APPLY, Event.SUCCEED),
    State.REJECTED: (Event.CLAIM, Event.OFFER, Event.REJECT),
    State.CANCELED: (Event.CANCEL,),
    State.SUPERSEDED: (Event.SUPERSEDE,),
    State.PLAN_FAILED: (Event.CLAIM, Event.FAIL_PLAN),
    State.APPLY_FAILED: (Event.CLAIM, Event.OFFER, Event.APPROVE, Event.START_APPLY, Event.FAIL_APPLY),
    State.INTERRUPTED: (Event.CLAIM, Event.OFFER, Event.APPROVE, Event.START_APPLY, Event.INTERRUPT),
}


def run_in(writer: Writer, state: State, name: str = "prod/vpc", **fields: Any) -> Run:
    """A new run that was brought to the state."""
    run = writer.add_run(new_run(name, **fields))
    for event in WAYS[state]:
        run = writer.transition(run, event, by="test")
    return run
