"""The audit log can be added to and nothing else, and it shows when somebody did something else."""

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest
from store_world import NOON, HandClock, opened, raw

from runner.model.audit.log import GENESIS, chain_hash
from runner.store.audit import audit_page, first_broken
from runner.store.database import SqliteStore

ENTRIES = 12


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SqliteStore]:
    with opened(tmp_path, HandClock()) as store:
        for number in range(ENTRIES):
            with store.writing() as writer:
                writer.audit_note("ana", "test.note", f"thing-{number % 3}", {"number": number, "ü": ["x"]})
        yield store


def tampered(tmp_path: Path, *statements: str) -> None:
    """As somebody with the file in the hand would do it: without the triggers."""
    with raw(tmp_path / "driftline.db") as connection:
        for trigger in ("audit_is_not_edited", "audit_is_not_deleted", "audit_is_in_order"):
            connection.execute(f"DROP TRIGGER {trigger}")
        for statement in statements:
            connection.execute(statement)


def test_an_entry_comes_back_as_it_was_noted_newest_first(store: SqliteStore) -> None:
    with store.reading() as reader:
        newest = reader.audit(limit=1)[0]
        of_thing = reader.audit(subject="thing-1", limit=3)
    assert (newest.seq, newest.at, newest.actor, newest.action) == (12, NOON, "ana", "test.note")
    assert newest.detail == {"number": 11, "ü": ["x"]}
    assert [entry.seq for entry in of_thing] == [11, 8, 5]


def test_the_chain_of_an_untouched_log_holds(store: SqliteStore) -> None:
    assert store.verify_audit() is None


def test_an_empty_log_holds(tmp_path: Path) -> None:
    with opened(tmp_path) as store:
        assert store.verify_audit() is None
        assert list(store.export_audit()) == []


def test_the_export_is_the_whole_log_oldest_first(store: SqliteStore) -> None:
    entries = list(store.export_audit())
    assert [entry.seq for entry in entries] == list(range(1, ENTRIES + 1))
    assert entries[0].detail["number"] == 0


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit SET actor = 'bo' WHERE seq = 5",
        "DELETE FROM audit WHERE seq = 5",
        "DELETE FROM audit",
        "INSERT OR REPLACE INTO audit SELECT 5, at, 'bo', action, subject, detail, hash FROM audit WHERE seq = 5",
        "INSERT INTO audit SELECT 99, at, actor, action, subject, detail, hash FROM audit WHERE seq = 5",
        "INSERT OR IGNORE INTO audit SELECT 0, at, actor, action, subject, detail, hash FROM audit WHERE seq = 5",
    ],
)
def test_the_schema_refuses_everything_but_the_next_entry(
    store: SqliteStore, tmp_path: Path, statement: str
) -> None:
    with (
        raw(tmp_path / "driftline.db") as connection,
        pytest.raises(sqlite3.IntegrityError, match="append-only"),
    ):
        connection.execute(statement)
    assert store.verify_audit() is None
    assert len(list(store.export_audit())) == ENTRIES


@pytest.mark.parametrize("column", ["at", "actor", "action", "subject", "detail", "hash"])
def test_an_edit_of_any_column_is_found(store: SqliteStore, tmp_path: Path, column: str) -> None:
    tampered(
        tmp_path, f"UPDATE audit SET {column} = replace({column}, substr({column}, -1), '!') WHERE seq = 5"
    )
    assert store.verify_audit() == 5


@pytest.mark.parametrize(
    ("statements", "found"),
    [
        (("DELETE FROM audit WHERE seq = 5",), 5),
        (("DELETE FROM audit WHERE seq = 5", "UPDATE audit SET seq = seq - 1 WHERE seq > 5"), 5),
        (("DELETE FROM audit WHERE seq = 1",), 1),
        (
            (
                "INSERT INTO audit SELECT 0, at, actor, action, subject, detail, hash FROM audit WHERE seq = 1",
            ),
            1,
        ),
        (("UPDATE audit SET seq = 99 WHERE seq = 12",), 12),
        (
            (
                "UPDATE audit SET seq = 100 WHERE seq = 3",
                "UPDATE audit SET seq = 3 WHERE seq = 4",
                "UPDATE audit SET seq = 4 WHERE seq = 100",
            ),
            3,
        ),
    ],
)
def test_an_entry_taken_out_or_moved_is_found(
    store: SqliteStore, tmp_path: Path, statements: tuple[str, ...], found: int
) -> None:
    tampered(tmp_path, *statements)
    assert store.verify_audit() == found


COLUMNS = ("seq", "at", "actor", "action", "subject", "detail", "hash")


def test_any_changed_byte_of_any_column_is_found_in_its_row(tmp_path: Path) -> None:
    with opened(tmp_path) as store:
        for number in range(50):
            with store.writing() as writer:
                writer.audit_note(
                    "ana" * (number % 3), "a.note", f"run-{number}", {"ü": number, "x": ["→", None]}
                )
    tampered(tmp_path)
    tried = 0
    with raw(tmp_path / "driftline.db") as connection:
        connection.execute("BEGIN")
        rows = [
            tuple(row) for row in connection.execute(f"SELECT {', '.join(COLUMNS)} FROM audit").fetchall()
        ]
        for seq, *texts in rows:
            for column, text in zip(COLUMNS[1:], texts, strict=True):
                content = text.encode()
                for place in range(len(content)):
                    changed = bytearray(content)
                    changed[place] ^= 1 << (tried % 8)
                    sql = f"UPDATE audit SET {column} = CAST(? AS TEXT) WHERE seq = ?"
                    connection.execute(sql, (bytes(changed), seq))
                    assert first_broken(audit_page(connection, 0, 100), 0, GENESIS) == seq, (
                        seq,
                        column,
                        place,
                    )
                    connection.execute(sql, (content, seq))
                    tried += 1
            for bit in range(16):
                moved = seq ^ (1 << bit)
                if not 1 <= moved <= 50:
                    connection.execute("UPDATE audit SET seq = ? WHERE seq = ?", (moved, seq))
                    found = first_broken(audit_page(connection, -1, 100), 0, GENESIS)
                    assert found is not None
                    assert found <= seq
                    connection.execute("UPDATE audit SET seq = ? WHERE seq = ?", (seq, moved))
        assert first_broken(audit_page(connection, 0, 100), 0, GENESIS) is None
    assert tried > 50 * 120


def test_bytes_that_are_no_text_are_found_by_the_store(store: SqliteStore, tmp_path: Path) -> None:
    tampered(tmp_path, "UPDATE audit SET detail = CAST(x'ff' AS TEXT) WHERE seq = 7")
    assert store.verify_audit() == 7
    assert "the audit log was edited at entry 7" in store.problems()


def test_a_cut_off_end_shows_against_what_was_written_down_before(store: SqliteStore, tmp_path: Path) -> None:
    last = list(store.export_audit())[-1]
    tampered(tmp_path, "DELETE FROM audit WHERE seq > 8")
    assert store.verify_audit() is None
    assert store.verify_audit((last.seq, last.hash)) == 12


def test_a_rewritten_log_shows_against_an_earlier_anchor(store: SqliteStore, tmp_path: Path) -> None:
    entry = list(store.export_audit())[6]
    assert store.verify_audit((entry.seq, entry.hash)) is None
    tampered(tmp_path, "UPDATE audit SET actor = 'bo' WHERE seq = 2")
    with raw(tmp_path / "driftline.db") as connection:
        previous = GENESIS
        for seq, *body in connection.execute(
            "SELECT seq, at, actor, action, subject, detail FROM audit"
        ).fetchall():
            previous = chain_hash(seq, previous, *body)
            connection.execute("UPDATE audit SET hash = ? WHERE seq = ?", (previous, seq))
    assert store.verify_audit() is None
    assert store.verify_audit((entry.seq, entry.hash)) == entry.seq


def test_what_is_rolled_back_leaves_no_entry(store: SqliteStore) -> None:
    def note_and_fail() -> None:
        with store.writing() as writer:
            writer.audit_note("ana", "test.note", "x", {})
            raise LookupError

    with pytest.raises(LookupError):
        note_and_fail()
    assert len(list(store.export_audit())) == ENTRIES
    with store.writing() as writer:
        writer.audit_note("ana", "test.note", "x", {})
    assert store.verify_audit() is None


def test_a_dropped_trigger_is_a_problem_of_the_database(store: SqliteStore, tmp_path: Path) -> None:
    assert store.problems() == []
    tampered(tmp_path, "UPDATE audit SET actor = 'bo' WHERE seq = 2")
    assert store.problems() == [
        "trigger audit_is_in_order is missing from the schema",
        "trigger audit_is_not_deleted is missing from the schema",
        "trigger audit_is_not_edited is missing from the schema",
        "the audit log was edited at entry 2",
    ]
