"""Bringing a database from one schema to the next."""

import signal
import subprocess
import sys
from pathlib import Path

import pytest
from store_world import CHILD, HandClock, discovered, opened, raw, run_in

from runner.errors import DatabaseRefused
from runner.model.run.life import State
from runner.store import upgrade as schema
from runner.store.database import SqliteStore
from runner.store.migrations import STEPS

NAME = "driftline.db"
NEXT = (
    "shape",
    "ALTER TABLE stacks ADD COLUMN shape TEXT; CREATE TABLE shapes (name TEXT PRIMARY KEY) STRICT;",
)


@pytest.fixture
def old(tmp_path: Path) -> Path:
    """A data directory that the version before left behind."""
    with opened(tmp_path) as store, store.writing() as writer:
        writer.save_discovered(discovered())
    return tmp_path


def columns(data_dir: Path, table: str) -> set[str]:
    with raw(data_dir / NAME) as connection:
        return {row["name"] for row in connection.execute(f"PRAGMA table_info({table})")}


def number(path: Path) -> int:
    with raw(path) as connection:
        found: int = connection.execute("PRAGMA user_version").fetchone()[0]
        return found


def test_a_new_database_has_the_newest_schema_and_our_mark(tmp_path: Path) -> None:
    with opened(tmp_path):
        pass
    assert number(tmp_path / NAME) == schema.version()
    with raw(tmp_path / NAME) as connection:
        assert connection.execute("PRAGMA application_id").fetchone()[0] == schema.APPLICATION_ID
        applied = connection.execute("SELECT name FROM _sqlite_migrations").fetchall()
    assert {row["name"] for row in applied} == {name for name, _ in STEPS}


def test_a_step_keeps_what_was_there(old: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(schema, "STEPS", (*STEPS, NEXT))
    with opened(old) as store, store.reading() as reader:
        assert [stack.name for stack in reader.stacks()] == ["prod/vpc"]
    assert "shape" in columns(old, "stacks")
    assert number(old / NAME) == schema.version()
    with opened(old) as store:
        assert store.problems() == []


def test_a_copy_is_put_beside_before_a_step(old: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(schema, "STEPS", (*STEPS, NEXT))
    with opened(old):
        pass
    copy = old / f"{NAME}.before-{schema.version()}"
    assert copy.stat().st_mode & 0o777 == 0o600
    assert number(copy) == schema.version() - 1
    with raw(copy) as connection:
        assert connection.execute("SELECT name FROM stacks").fetchone()["name"] == "prod/vpc"


def test_a_step_that_fails_leaves_the_old_schema_and_the_next_try_works(
    old: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    steps = STEPS
    broken = ("broken", "CREATE TABLE half (a TEXT) STRICT; ALTER TABLE nowhere ADD COLUMN x TEXT;")
    monkeypatch.setattr(schema, "STEPS", (*steps, NEXT, broken))
    with pytest.raises(Exception, match="nowhere"):
        SqliteStore(old, HandClock())
    assert number(old / NAME) == len(steps)
    assert "shape" not in columns(old, "stacks")
    monkeypatch.setattr(schema, "STEPS", (*steps, NEXT))
    with opened(old) as store:
        assert store.problems() == []


CREATOR = """
import os, signal, sqlite3, sys
from pathlib import Path
from store_world import CHILD, HandClock, opened

def die_at(statement):
    if sys.argv[2] in statement:
        os.kill(os.getpid(), signal.SIGKILL)

connect = sqlite3.connect
def traced(*args, **options):
    connection = connect(*args, **options)
    connection.set_trace_callback(die_at)
    return connection

sqlite3.connect = traced
with opened(Path(sys.argv[1]), HandClock()):
    pass
"""


def creator(data_dir: Path, die_at: str) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-c", CREATOR, str(data_dir), die_at]
    return subprocess.Popen(command, env=CHILD)


@pytest.mark.parametrize(
    "statement",
    [
        "BEGIN IMMEDIATE",
        "CREATE TABLE definitions",
        "CREATE TRIGGER audit_is_in_order",
        'INSERT INTO "_sqlite_migrations"',
        "PRAGMA user_version =",
        "COMMIT",
    ],
)
def test_a_process_that_dies_creating_the_schema_leaves_nothing_half_done(
    tmp_path: Path, statement: str
) -> None:
    assert creator(tmp_path, statement).wait(60) == -signal.SIGKILL
    assert number(tmp_path / NAME) == 0
    with opened(tmp_path) as store:
        assert store.problems() == []


MIGRATOR = """
import sys
from runner.store import upgrade as schema
schema.STEPS = (*schema.STEPS, (sys.argv[3], sys.argv[4]))
"""


@pytest.mark.parametrize(
    "statement",
    [
        "VACUUM INTO",
        "BEGIN IMMEDIATE",
        "ALTER TABLE stacks",
        "CREATE TABLE shapes",
        "PRAGMA user_version =",
        "COMMIT",
    ],
)
def test_a_process_that_dies_migrating_leaves_the_old_schema(
    old: Path, monkeypatch: pytest.MonkeyPatch, statement: str
) -> None:
    command = [sys.executable, "-c", MIGRATOR + CREATOR, str(old), statement, *NEXT]
    assert subprocess.run(command, env=CHILD, check=False, timeout=60).returncode == -signal.SIGKILL
    assert number(old / NAME) == len(STEPS)
    assert "shape" not in columns(old, "stacks")
    monkeypatch.setattr(schema, "STEPS", (*STEPS, NEXT))
    with opened(old) as store:
        assert store.problems() == []
        with store.reading() as reader:
            assert [stack.name for stack in reader.stacks()] == ["prod/vpc"]
    copy = old / f"{NAME}.before-{schema.version()}"
    assert number(copy) == schema.version() - 1


def test_processes_that_make_the_database_at_once_agree(tmp_path: Path) -> None:
    makers = [creator(tmp_path, "nothing that is ever said") for _ in range(4)]
    assert [maker.wait(60) for maker in makers] == [0] * 4
    with opened(tmp_path) as store:
        assert store.problems() == []


def test_a_table_of_somebody_else_in_our_file_is_a_problem(old: Path) -> None:
    with raw(old / NAME) as connection:
        connection.execute("CREATE TABLE songs (title TEXT)")
        connection.execute("DROP INDEX one_executing_run")
    with opened(old) as store:
        assert store.problems() == [
            "index one_executing_run is missing from the schema",
            "table songs does not belong to the schema",
        ]


def test_a_row_that_names_nothing_is_a_problem(old: Path) -> None:
    with raw(old / NAME) as connection:
        connection.execute(
            "INSERT INTO holds (stack, holder, reason, since) VALUES ('gone', 'ana', '', '2026-03-01T12:00:00Z')"
        )
    with opened(old) as store:
        assert store.problems() == ["row 1 of holds refers to a missing row of stacks"]


def test_a_file_with_our_mark_and_no_tables_is_refused(tmp_path: Path) -> None:
    with raw(tmp_path / NAME) as connection:
        connection.execute("PRAGMA application_id = 7")
    with pytest.raises(DatabaseRefused, match="another program"):
        SqliteStore(tmp_path, HandClock())


def test_after_an_upgrade_old_terms_still_hold_and_nothing_is_reviewed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    strict, loose = discovered(depends_on=("net",)), discovered()
    with monkeypatch.context() as before:
        # All but the first only add columns that are written now.
        old = {"tables", "life_of_stacks", "unknown_inputs", "failing_checks", "break_glass"}
        old |= {"apply_only_of_reports", "healing"}
        old |= {"heads", "outputs", "engine_wants"}
        before.setattr(schema, "STEPS", tuple(step for step in STEPS if step[0] in old))
        with opened(tmp_path) as store, store.writing() as writer:
            writer.save_discovered(strict)
            writer.mark_applied(run_in(writer, State.APPLIED, definition=strict.definition))
            writer.save_discovered(loose)
    with opened(tmp_path) as store, store.reading() as reader:
        known = [one.definition for one, _ in reader.declarations("prod/vpc")]
        assert known == [strict.definition, loose.definition]
        assert reader.former_dependencies() == {"prod/vpc": ("net",)}
        assert reader.review("prod/vpc") is None
        assert store.problems() == []
