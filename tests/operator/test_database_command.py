"""`driftline db` and `driftline audit` on a real database file."""

import json
import shutil
import sqlite3
import stat
from contextlib import closing
from pathlib import Path

import pytest
from operator_world import Installation, installation

from runner.app import App
from runner.cli.commands.db import schema_of
from runner.model.audit.log import GENESIS, chain_hash
from runner.store.database import FILE_NAME
from runner.store.rows import compact
from runner.store.upgrade import version


@pytest.fixture
def used(tmp_path: Path) -> Installation:
    """With three entries in its audit log."""
    made = installation(tmp_path)
    store = App.from_config(made.config).store
    for number in range(3):
        with store.writing() as writer:
            writer.audit_note("ana", "test.noted", f"stack-{number}", {"number": number, "text": "ü → ✔"})
    store.close()
    return made


def tamper(made: Installation, sql: str) -> None:
    """As somebody would who can write to the file: the triggers are no obstacle."""
    with closing(sqlite3.connect(made.data_dir / FILE_NAME)) as connection:
        for (name,) in connection.execute("SELECT name FROM sqlite_schema WHERE type = 'trigger'").fetchall():
            connection.execute(f"DROP TRIGGER {name}")
        connection.execute(sql)
        connection.commit()


def test_a_backup_is_a_database_of_its_own(used: Installation) -> None:
    target = used.folder / "backup.db"
    assert used("db", "backup", str(target)).code == 0
    assert stat.S_IMODE(target.stat().st_mode) == 0o600
    with closing(sqlite3.connect(target)) as connection:
        assert connection.execute("SELECT count(*) FROM audit").fetchone()[0] == 3


def test_a_backup_never_replaces_the_database_itself(used: Installation) -> None:
    answer = used("db", "backup", str(used.data_dir / FILE_NAME))
    assert answer.code == 64
    assert used("db", "check").code == 0


def test_a_sound_database_is_reported_as_sound(used: Installation) -> None:
    answer = used("db", "check")
    assert answer.code == 0
    assert "valid" in answer.stderr


def test_a_damaged_database_fails_with_what_to_do(used: Installation) -> None:
    tamper(used, "UPDATE audit SET actor = 'eve' WHERE seq = 2")
    answer = used("db", "check")
    assert answer.code == 1
    assert "edited at entry 2" in answer.stdout
    assert "BACKUP" in answer.stderr


def test_a_file_that_is_no_database_is_refused(used: Installation) -> None:
    (used.data_dir / FILE_NAME).write_bytes(b"no database" * 1000)
    answer = used("db", "check")
    assert answer.code == 78
    assert "BACKUP" in answer.stderr


@pytest.mark.parametrize("command", [("daemon", "--once"), ("status",), ("db", "check"), ("db", "migrate")])
@pytest.mark.parametrize("harm", [b"\0" * 200_000, b"no database", b""], ids=["zeros", "text", "nothing"])
def test_a_lost_database_stops_every_command_and_is_never_recreated(
    used: Installation, command: tuple[str, ...], harm: bytes
) -> None:
    (used.data_dir / "artifacts" / "run-1").mkdir(parents=True)
    (used.data_dir / FILE_NAME).write_bytes(harm)
    answer = used(*command)
    assert answer.code == 78, answer
    assert "BACKUP" in answer.stderr
    assert (used.data_dir / FILE_NAME).read_bytes() == harm


def test_a_damaged_page_stops_the_daemon(used: Installation) -> None:
    page = 4096
    content = bytearray((used.data_dir / FILE_NAME).read_bytes())
    for number in range(1, len(content) // page):
        content[number * page : number * page + 64] = b"\xa5" * 64
    (used.data_dir / FILE_NAME).write_bytes(content)
    answer = used("daemon", "--once")
    assert answer.code == 78
    assert "BACKUP" in answer.stderr
    assert (used.data_dir / FILE_NAME).stat().st_size == len(content)


def test_the_check_reports_an_older_database_not_as_damage(used: Installation) -> None:
    from runner.service.integrity.checkpoint import checkpoint

    backup = used.folder / "backup.db"
    used("db", "backup", str(backup))
    app = App.from_config(used.config)
    with app.store.writing() as writer:
        writer.audit_note("ana", "test.noted", "later", {})
    checkpoint(app.control)
    app.store.close()
    assert "audit entries" not in used("db", "check").stderr
    shutil.copy(backup, used.data_dir / FILE_NAME)
    answer = used("db", "check")
    assert answer.code == 0
    assert "the database was replaced by an older one: audit entries 4 to 4 are lost" in answer.stderr
    (finding,) = [one for one in json.loads(used("doctor", "-o", "json").stdout) if one["check"] == "audit"]
    assert finding["state"] == "warn"
    assert "entries 4 to 4 are lost" in finding["message"]


def test_migrate_makes_the_schema_and_says_so(tmp_path: Path) -> None:
    made = installation(tmp_path)
    assert f"created with schema {version()}" in made("db", "migrate").stderr
    assert schema_of(made.data_dir / FILE_NAME) == version()
    assert "nothing to do" in made("db", "migrate").stderr


def test_looking_up_the_schema_makes_no_file(tmp_path: Path) -> None:
    assert schema_of(tmp_path / FILE_NAME) == 0
    assert list(tmp_path.iterdir()) == []


def test_the_audit_log_is_listed_newest_first(used: Installation) -> None:
    listed = json.loads(used("audit", "log", "-o", "json").stdout)
    assert [entry["seq"] for entry in listed] == [3, 2, 1]
    assert listed[0].keys() == {"seq", "at", "actor", "action", "subject", "detail", "hash"}


def test_the_audit_log_can_be_narrowed(used: Installation) -> None:
    shown = used("audit", "log", "--subject", "stack-1").stdout
    assert "stack-1" in shown
    assert "stack-2" not in shown


def test_an_untouched_audit_log_verifies_and_gives_an_anchor(used: Installation) -> None:
    answer = used("audit", "verify")
    assert answer.code == 0
    anchor = answer.stdout.strip()
    assert anchor.startswith("3:")
    assert used("audit", "verify", "--anchor", anchor).code == 0


@pytest.mark.parametrize("column", ["at", "actor", "action", "subject", "detail", "hash"])
def test_an_edit_of_any_column_is_named(used: Installation, column: str) -> None:
    tamper(used, f"UPDATE audit SET {column} = {column} || ' ' WHERE seq = 2")
    answer = used("audit", "verify")
    assert answer.code == 1
    assert "entry 2" in answer.stderr


def test_a_cut_off_end_shows_only_against_an_anchor(used: Installation) -> None:
    anchor = used("audit", "verify").stdout.strip()
    tamper(used, "DELETE FROM audit WHERE seq = 3")
    assert used("audit", "verify").code == 0
    answer = used("audit", "verify", "--anchor", anchor)
    assert answer.code == 1
    assert "entry 3" in answer.stderr


def test_an_anchor_that_is_none_is_bad_usage(used: Installation) -> None:
    assert used("audit", "verify", "--anchor", "3:abc").code == 64


def test_what_is_exported_can_be_verified_without_driftline(used: Installation) -> None:
    lines = used("audit", "export").stdout.splitlines()
    previous = GENESIS
    for seq, line in enumerate(lines, 1):
        entry = json.loads(line)
        assert entry["seq"] == seq
        texts = (entry["at"], entry["actor"], entry["action"], entry["subject"], compact(entry["detail"]))
        assert entry["hash"] == chain_hash(seq, previous, *texts)
        previous = entry["hash"]
    assert len(lines) == 3


def test_a_backup_is_not_written_over_another_file(used: Installation) -> None:
    target = used.folder / "backup.db"
    target.write_text("mine")
    answer = used("db", "backup", str(target))
    assert answer.code == 4
    assert f"driftline db backup --force {target}" in answer.stderr
    assert target.read_text() == "mine"


def test_a_backup_is_written_over_another_file_where_that_is_asked_for(used: Installation) -> None:
    target = used.folder / "backup.db"
    target.write_text("mine")
    assert used("db", "backup", "--force", str(target)).code == 0
    with closing(sqlite3.connect(target)) as connection:
        assert connection.execute("SELECT count(*) FROM audit").fetchone()[0] == 3


def test_a_backup_never_replaces_the_database_itself_even_by_force(used: Installation) -> None:
    assert used("db", "backup", "--force", str(used.data_dir / FILE_NAME)).code == 64
    assert used("db", "check").code == 0
