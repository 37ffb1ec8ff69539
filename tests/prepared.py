"""What each test would make anew, made once by each process that tests: a database, and what terraform says of itself."""

import gc
import os
import shutil
import sqlite3
import sys
import tempfile
from collections.abc import Mapping
from contextlib import suppress
from functools import cache
from pathlib import Path

import pytest

from runner.engine.versions.record import Known, Record, binary_digest, record_in
from runner.engine.versions.version import Versions
from runner.model.code.engines import ENGINES
from runner.store import connection, location
from runner.store.journal_mode import choose_journal

_CREATE, _RECORDED = location._create, Record._recorded


def start_fast() -> None:
    """For this process and all that it starts."""
    # Where it is set, each child compiles Driftline again: 0.3 s.
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    sys.dont_write_bytecode = False
    # What is imported stays, and each collection would look at all of it.
    gc.freeze()
    gc.set_threshold(10_000, 20, 50)


def prepare(patch: pytest.MonkeyPatch) -> None:
    """For this process alone: what it starts creates, asks and syncs everything itself."""
    patch.setattr(location, "_create", create)
    patch.setattr(connection, "choose_journal", choose_fast_journal)
    patch.setattr(os, "fsync", lambda _descriptor: None)
    patch.setattr(Record, "_recorded", recorded)


def create(path: Path) -> None:
    """With its tables, which take 50 ms to make."""
    with tempfile.NamedTemporaryFile(dir=path.parent, prefix=".prepared") as whole:
        whole.write(empty_database())
        whole.flush()
        with suppress(FileExistsError):
            os.link(whole.name, path)


@cache
def empty_database() -> bytes:
    with pytest.MonkeyPatch.context() as patch, tempfile.TemporaryDirectory() as folder:
        patch.setattr(location, "_create", _CREATE)
        path = Path(folder) / "driftline.db"
        connection.Connections(path).close()
        return path.read_bytes()


def choose_fast_journal(opened: sqlite3.Connection, path: Path) -> None:
    """The power does not fail during a test."""
    choose_journal(opened, path)
    opened.execute("PRAGMA synchronous = OFF")


def recorded(record: Record) -> Mapping[str, Known]:
    return {**answer_of_terraform(), **_RECORDED(record)}


@cache
def answer_of_terraform() -> Mapping[str, Known]:
    """With its digest: each installation would hash 90 MB for itself, 50 ms."""
    binary = shutil.which("terraform")
    if binary is None:
        return {}
    with pytest.MonkeyPatch.context() as patch, tempfile.TemporaryDirectory() as folder:
        patch.setattr(Record, "_recorded", _RECORDED)
        Versions(Path(folder)).of(ENGINES["terraform"], Path(binary).absolute(), {"PATH": os.defpath})
        binary_digest(Path(binary), Path(folder))
        return record_in(Path(folder))._recorded()
