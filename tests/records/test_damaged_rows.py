"""A row that somebody or something has damaged: which one it is, and never an internal error."""

import pytest
from click.testing import CliRunner, Result
from records_world import WAY, Records

from runner.cli.main import main
from runner.errors import RowDamaged
from runner.model.stack.source import SourceStatus
from runner.store.damage import _COLUMNS
from runner.store.database import SqliteStore

LOOKS = (("status",), ("run", "show", "run-1"), ("run", "list"), ("daemon", "--once"))


def run(records: Records, *words: str) -> Result:
    argv = ["-c", str(records.root / "driftline.yaml"), *words]
    return CliRunner().invoke(main, argv, prog_name="driftline")


@pytest.fixture
def waiting(records: Records) -> Records:
    records.walk(records.queue("prod/rds"), *WAY[:2])
    with records.control.store.writing() as writer:
        writer.save_source(SourceStatus("infra"))
    return records


@pytest.mark.parametrize("words", LOOKS, ids=" ".join)
@pytest.mark.parametrize(
    ("statement", "shown"),
    [
        ("UPDATE runs SET state = 'bogus'", "column state of row 1 in table runs cannot be read: 'bogus' is not"),
        ("UPDATE runs SET summary = '{\"create\":'", "column summary of row 1 in table runs cannot be read"),
        ("UPDATE runs SET summary = '[]'", "column summary of row 1 in table runs cannot be read"),
        ("UPDATE runs SET summary = '{\"gone\": 1}'", "column summary of row 1 in table runs cannot be read"),
        ("UPDATE runs SET changed_at = 'noon'", "column changed_at of row 1 in table runs cannot be read"),
        ("UPDATE runs SET targets = 'x'", "column targets of row 1 in table runs cannot be read"),
    ],
)  # fmt: skip
def test_it_is_named_with_the_way_to_restore(
    waiting: Records, words: tuple[str, ...], statement: str, shown: str
) -> None:
    waiting.restart()
    waiting.tamper(statement)
    answer = run(waiting, *words)
    said = " ".join(answer.stderr.split())
    assert (answer.exit_code, shown in said, "cp BACKUP" in said) == (78, True, True), said
    assert "internal error" not in said


@pytest.mark.parametrize(
    ("statement", "table"),
    [
        ("UPDATE stacks SET drift = 'bogus' WHERE name = 'prod/rds'", "stacks"),
        ("UPDATE stacks SET next_check_at = 'soon'", "stacks"),
        ("UPDATE definitions SET document = '{}'", "definitions"),
        ("INSERT INTO holds (stack, holder, reason, since) VALUES ('prod/rds', 'a', 'b', 'c')", "holds"),
        ("UPDATE sources SET problems = '{'", "sources"),
    ],
)
def test_status_names_it_in_whatever_table_it_is(waiting: Records, statement: str, table: str) -> None:
    waiting.restart()
    waiting.tamper(statement)
    answer = run(waiting, "status")
    assert (answer.exit_code, f"in table {table} cannot be read" in " ".join(answer.stderr.split())) == (
        78,
        True,
    ), answer.stderr


def test_db_check_lists_every_one(waiting: Records) -> None:
    waiting.walk(waiting.queue("prod/vpc"), *WAY[:1])
    waiting.restart()
    waiting.tamper("UPDATE runs SET state = 'bogus', targets = '['", "UPDATE stacks SET drift = 'x'")
    answer = run(waiting, "db", "check")
    listed = [
        f"column {column} of row {row} in table {table}"
        for table, column, rows in (
            ("stacks", "drift", ("prod/rds", "prod/vpc")), ("runs", "state", "12"), ("runs", "targets", "12")
        )
        for row in rows
    ]  # fmt: skip
    assert answer.exit_code != 0
    assert [line for line in listed if line not in answer.stdout] == []
    assert "cp BACKUP" in answer.stderr


def test_an_unreadable_audit_entry_is_named_by_log_and_export(waiting: Records) -> None:
    waiting.restart()
    waiting.tamper("UPDATE audit SET detail = '{' WHERE seq = 2")
    for words in (("audit", "log"), ("audit", "export")):
        answer = run(waiting, *words)
        assert answer.exit_code == 78
        assert "column detail of row 2 in table audit" in " ".join(answer.stderr.split())


def test_a_sound_database_has_none(waiting: Records) -> None:
    waiting.apply()
    assert waiting.app.store.problems() == []


def test_an_error_of_ours_stays_what_it_is(waiting: Records) -> None:
    with pytest.raises(ValueError, match="ours"), waiting.control.store.reading():
        raise ValueError("ours")
    waiting.tamper("UPDATE runs SET state = 'bogus'")
    with pytest.raises(RowDamaged), waiting.control.store.writing() as writer:
        writer.run(1)


def test_every_column_that_is_no_plain_text_is_looked_at(waiting: Records) -> None:
    """By what the columns are called, so that a new one is not forgotten."""
    store = waiting.app.store
    assert isinstance(store, SqliteStore)
    with store._connections.snapshot() as connection:
        tables = [
            name for (name,) in connection.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")
        ]
        missing = [
            f"{table}.{column}"
            for table in tables
            if table != "_sqlite_migrations" and not table.startswith("sqlite_")
            for _, column, *_ in connection.execute(f"PRAGMA table_info({table})")
            if column.endswith(("_at", "_since", "_until")) or column in {"at", "since", "until"}
            if column not in _COLUMNS.get(table, ("", {}))[1]
        ]
    assert missing == []
