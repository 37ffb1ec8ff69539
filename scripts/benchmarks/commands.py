"""Whole processes: `driftline version`, and `driftline stack list` with a long history, beside a bare Python."""

import os
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from functools import partial
from pathlib import Path

from benchmarks.figure import Figure, at_most, interleaved, timed
from benchmarks.installation import Installation, stacks
from benchmarks.size import Size
from runner.model.audit.actor import DAEMON
from runner.model.run.life import Event, Kind
from runner.model.stack.definition import Stack
from runner.ports.records.runs import NewRun
from runner.ports.records.store import Writer
from runner.store.database import FILE_NAME

DRIFTLINE = Path(sys.executable).with_name("driftline")


def measure(size: Size, folder: Path) -> Iterator[Figure]:
    installation = Installation(folder / "history")
    installation.repository.commit(stacks(size.history_stacks))
    installation.poll()
    _live(installation, size.history_runs)
    installation.app.store.close()
    quiet = _compiled(folder / "compiled")
    version, listed, document, bare = interleaved(
        size.part(3),
        partial(_seconds, quiet, DRIFTLINE, "version"),
        partial(_seconds, quiet, DRIFTLINE, "--config", installation.config, "stack", "list"),
        partial(_seconds, quiet, DRIFTLINE, "--config", installation.config, "stack", "list", "-o", "json"),
        partial(_seconds, quiet, sys.executable, "-c", "pass"),
    )
    many = f"{size.history_stacks:,} stacks, {size.history_runs:,} runs"
    rival = bare, "python -c pass"
    yield at_most(0.15, "driftline version", "s", version, *rival)
    yield at_most(0.3, f"driftline stack list, {many}", "s", listed, *rival)
    yield at_most(0.3, f"driftline stack list -o json, {many}", "s", document, *rival)


def _compiled(folder: Path) -> dict[str, str]:
    """An environment in which modules are compiled once, as pip does it, whatever the developer's says."""
    return {**os.environ, "PYTHONDONTWRITEBYTECODE": "", "PYTHONPYCACHEPREFIX": str(folder)}


def _seconds(environment: dict[str, str], *argv: str | Path) -> float:
    return timed(partial(subprocess.run, argv, env=environment, check=True, stdout=subprocess.DEVNULL))


def _live(installation: Installation, count: int) -> None:
    """A first plan and a drift check of every stack through the store's own verbs; the rest are copies of the checks."""
    store = installation.app.store
    for kind in (Kind.CHANGE, Kind.DRIFT):
        with store.writing() as writer:
            for stack in writer.stacks():
                _lived(writer, stack, kind)
    with closing(sqlite3.connect(installation.app.settings.data_dir / FILE_NAME)) as database:
        known = database.execute("SELECT name FROM pragma_table_info('runs') WHERE name <> 'id'").fetchall()
        columns = ", ".join(name for (name,) in known)
        copy = f"INSERT INTO runs ({columns}) SELECT {columns} FROM runs WHERE kind = 'drift' LIMIT ?"
        while (missing := count - database.execute("SELECT count(*) FROM runs").fetchone()[0]) > 0:
            database.execute(copy, (missing,))
        database.commit()


def _lived(writer: Writer, stack: Stack, kind: Kind) -> None:
    """A run that was planned and found nothing."""
    run = writer.add_run(
        NewRun(
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
    )
    done = writer.transition(writer.transition(run, Event.CLAIM, by=DAEMON), Event.FIND_NOTHING, by=DAEMON)
    if kind is Kind.CHANGE:
        writer.mark_planned(stack.name, stack.inputs)
        writer.mark_applied(done)
