"""An installation that has run for years, through the store's own verbs."""

import sqlite3
from contextlib import closing

from benchmarks.installation import Installation
from runner.model.audit.actor import DAEMON
from runner.model.run.life import Event, Kind
from runner.model.stack.definition import Stack
from runner.ports.records.runs import NewRun
from runner.ports.records.store import Writer
from runner.store.database import FILE_NAME

_DAYS = 90


def live(installation: Installation, count: int) -> None:
    """A first plan and a drift check of every stack; the other runs are copies of the checks, over the last months."""
    store = installation.app.store
    for kind in (Kind.CHANGE, Kind.DRIFT):
        with store.writing() as writer:
            for stack in writer.stacks():
                _lived(writer, stack, kind)
    with closing(sqlite3.connect(installation.app.settings.data_dir / FILE_NAME)) as database:
        known = database.execute("SELECT name FROM pragma_table_info('runs') WHERE name <> 'id'").fetchall()
        columns = [name for (name,) in known]
        earlier = f"strftime('%Y-%m-%dT%H:%M:%S.000000Z', {{}}, '-' || (abs(random()) % {_DAYS * 24 * 60}) || ' minutes')"
        chosen = [earlier.format(name) if name in {"created_at", "changed_at"} else name for name in columns]
        copy = f"INSERT INTO runs ({', '.join(columns)}) SELECT {', '.join(chosen)} FROM runs WHERE kind = 'drift' LIMIT ?"
        while (missing := count - database.execute("SELECT count(*) FROM runs").fetchone()[0]) > 0:
            database.execute(copy, (missing,))
        database.commit()


def new_run(stack: Stack, kind: Kind = Kind.CHANGE) -> NewRun:
    return NewRun(
        stack=stack.name,
        source=stack.source,
        kind=kind,
        revision=stack.revision,
        inputs=stack.inputs,
        definition=stack.definition,
        module_path=stack.module_path,
        managed_state=stack.managed_state,
        trigger="schedule",
        requested_by=DAEMON,
    )


def _lived(writer: Writer, stack: Stack, kind: Kind) -> None:
    """A run that was planned and found nothing."""
    run = writer.add_run(new_run(stack, kind))
    done = writer.transition(writer.transition(run, Event.CLAIM, by=DAEMON), Event.FIND_NOTHING, by=DAEMON)
    if kind is Kind.CHANGE:
        writer.mark_planned(stack.name, stack.inputs)
        writer.mark_applied(done)
