"""The file: which one is opened, how, and what a transaction is."""

import gc
import os
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import pytest
from store_world import CHILD, HandClock, discovered, opened, raw

from runner.errors import DatabaseRefused, DatabaseUnwritable, StackNotFound
from runner.store import journal_mode, location
from runner.store.database import SqliteStore

NAME = "driftline.db"


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SqliteStore]:
    with opened(tmp_path, HandClock()) as store:
        yield store


def connection(store: SqliteStore) -> sqlite3.Connection:
    return store._connections.connection()


# Which file


def test_a_new_data_directory_gets_a_database_that_only_its_owner_reads(tmp_path: Path) -> None:
    with opened(tmp_path / "new"):
        assert (tmp_path / "new" / NAME).stat().st_mode & 0o777 == 0o600


def test_a_database_that_others_could_read_is_made_private_with_all_that_is_beside_it(
    store: SqliteStore, tmp_path: Path
) -> None:
    for file in tmp_path.glob(f"{NAME}*"):
        file.chmod(0o644)
    with opened(tmp_path):
        assert {mode(file) for file in tmp_path.glob(f"{NAME}-*")} == {0o600}
        assert mode(tmp_path / NAME) == 0o600


def test_its_journal_is_as_private_as_the_database_whatever_the_umask(
    store: SqliteStore, tmp_path: Path
) -> None:
    before = os.umask(0)
    try:
        with opened(tmp_path / "new") as new, new.writing() as writer:
            writer.save_discovered(discovered())
            files = list((tmp_path / "new").iterdir())
            assert len(files) > 1
            assert {mode(file) for file in files} == {0o600}
    finally:
        os.umask(before)


def mode(file: Path) -> int:
    return file.stat().st_mode & 0o777


@pytest.mark.parametrize(
    "trace",
    [
        "artifacts/run-1/plan.tfplan",
        "reports/a/dr-1.md",
        "receipts/a.json",
        "checkpoints.jsonl",
        f"{NAME}-journal",
    ],
)
def test_a_database_that_is_gone_is_never_replaced_by_an_empty_one(tmp_path: Path, trace: str) -> None:
    (tmp_path / trace).parent.mkdir(parents=True, exist_ok=True)
    (tmp_path / trace).write_text("{}")
    with pytest.raises(DatabaseRefused, match="missing, but this data directory was in use") as error:
        SqliteStore(tmp_path, HandClock())
    assert f"cp BACKUP {tmp_path / NAME}" in error.value.hint
    assert not (tmp_path / NAME).exists()


def test_a_database_that_was_emptied_is_refused(tmp_path: Path) -> None:
    (tmp_path / "artifacts" / "run-1").mkdir(parents=True)
    (tmp_path / NAME).touch()
    with pytest.raises(DatabaseRefused, match="empty"):
        SqliteStore(tmp_path, HandClock())
    assert (tmp_path / NAME).stat().st_size == 0


def test_folders_that_hold_nothing_yet_do_not_make_a_data_directory_used(tmp_path: Path) -> None:
    (tmp_path / "artifacts").mkdir()
    with opened(tmp_path) as store:
        assert store.problems() == []


def test_a_file_that_is_no_database_is_refused_and_left_as_it_is(tmp_path: Path) -> None:
    (tmp_path / NAME).write_bytes(b"not a database, " * 1000)
    with pytest.raises(DatabaseRefused, match="not a database") as error:
        SqliteStore(tmp_path, HandClock())
    assert "driftline db check" in error.value.hint
    assert (tmp_path / NAME).read_bytes() == b"not a database, " * 1000


def test_a_database_of_another_program_is_refused(tmp_path: Path) -> None:
    with raw(tmp_path / NAME) as other:
        other.execute("CREATE TABLE songs (title TEXT)")
    with pytest.raises(DatabaseRefused, match="another program"):
        SqliteStore(tmp_path, HandClock())


def test_a_database_of_a_newer_driftline_is_refused(tmp_path: Path) -> None:
    with opened(tmp_path):
        pass
    with raw(tmp_path / NAME) as newer:
        newer.execute("PRAGMA user_version = 1000")
    with pytest.raises(DatabaseRefused, match="it was written by a newer version of Driftline") as error:
        SqliteStore(tmp_path, HandClock())
    assert error.value.exit_code == 78


def test_a_daemon_stops_writing_when_a_newer_driftline_changed_the_schema(
    store: SqliteStore, tmp_path: Path
) -> None:
    with raw(tmp_path / NAME) as newer:
        newer.execute("PRAGMA user_version = 1000")
    with pytest.raises(DatabaseRefused, match="another version of Driftline"), store.writing():
        pass


def test_a_damaged_database_is_refused_at_start_with_how_to_restore_it(tmp_path: Path) -> None:
    with opened(tmp_path):
        pass
    healthy = (tmp_path / NAME).stat().st_size
    with opened(tmp_path) as store, store.writing() as writer:
        for number in range(300):
            writer.save_discovered(discovered(f"s/{number}"))
    with (tmp_path / NAME).open("r+b") as file:
        file.seek(healthy)
        file.write(b"\xa5" * ((tmp_path / NAME).stat().st_size - healthy))
    with opened(tmp_path) as store:
        with pytest.raises(DatabaseRefused) as error:
            store.refuse_damaged()
        assert f"mv {tmp_path / NAME}" in error.value.hint
        with pytest.raises(DatabaseRefused), store.reading() as reader:
            reader.stacks()
        assert store.problems()


def test_a_sound_database_passes_the_test_at_start(store: SqliteStore) -> None:
    store.refuse_damaged()


@pytest.mark.parametrize("replacement", [True, False])
def test_a_database_that_is_moved_away_under_a_running_daemon_is_noticed(
    store: SqliteStore, tmp_path: Path, *, replacement: bool
) -> None:
    (tmp_path / NAME).rename(tmp_path / "elsewhere.db")
    if replacement:
        (tmp_path / NAME).touch()
    with pytest.raises(DatabaseRefused, match="removed or replaced"), store.writing():
        pass
    with pytest.raises(DatabaseRefused, match="removed or replaced"), store.reading():
        pass


def test_a_database_on_a_network_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    device = tmp_path.stat().st_dev
    mounts = tmp_path / "mountinfo"
    mounts.write_text(
        "22 1 0:5 / /proc rw - proc proc rw\n"
        f"30 1 {os.major(device)}:{os.minor(device)} / /data rw,relatime shared:1 - nfs4 server:/data rw\n"
    )
    monkeypatch.setattr(location, "_MOUNTS", mounts)
    with pytest.raises(DatabaseRefused, match="is on nfs4"):
        SqliteStore(tmp_path / "data", HandClock())


def test_a_file_system_that_the_kernel_does_not_list_is_not_guessed() -> None:
    assert location.filesystem(0, "22 1 0:5 / /proc rw - proc proc rw\n") is None


# How


def test_every_connection_is_set_for_safety(store: SqliteStore) -> None:
    def pragma(name: str) -> object:
        return connection(store).execute(f"PRAGMA {name}").fetchone()[0]

    assert (pragma("foreign_keys"), pragma("recursive_triggers"), pragma("trusted_schema")) == (1, 1, 0)
    assert (pragma("busy_timeout"), pragma("cell_size_check"), pragma("mmap_size")) == (10000, 1, 0)
    assert (pragma("journal_mode"), pragma("synchronous")) == (
        ("wal", 2) if journal_mode.may_use_wal() else ("persist", 3)
    )


def test_the_tables_are_strict(store: SqliteStore) -> None:
    tables = connection(store).execute("SELECT name, strict FROM pragma_table_list WHERE schema = 'main'")
    assert {row["name"] for row in tables if not row["strict"]} <= {"sqlite_schema", "sqlite_sequence"}


def test_looking_needs_no_heavy_library(store: SqliteStore, tmp_path: Path) -> None:
    with store.writing() as writer:
        writer.save_discovered(discovered())
    script = """if True:
        import sys
        from pathlib import Path
        from store_world import CHILD, HandClock, opened
        with opened(Path(sys.argv[1])) as store, store.reading() as reader:
            assert len(reader.stacks()) == 1
            reader.last_runs(), reader.open_runs(), reader.reports(), reader.placed_locks(), reader.sources()
        heavy = {"sqlite_utils", "pydantic", "click", "boto3", "git"} & sys.modules.keys()
        sys.exit(f"imported {heavy}" if heavy else 0)
    """
    done = subprocess.run([sys.executable, "-c", script, tmp_path], env=CHILD, check=False, timeout=60)
    assert done.returncode == 0


# What a transaction is


def test_a_reader_sees_one_moment_whatever_others_write(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        journal_mode, "has_wal_fix", lambda _: True
    )  # a rollback journal lets no writer finish
    with opened(tmp_path) as store:
        with store.writing() as writer:
            writer.save_discovered(discovered("a"))
        with store.reading() as reader, opened(tmp_path) as other:
            assert len(reader.stacks()) == 1
            thread = threading.Thread(target=lambda: add(other, "b"))
            thread.start()
            thread.join()
            assert len(reader.stacks()) == 1
        with store.reading() as reader:
            assert len(reader.stacks()) == 2


def add(store: SqliteStore, name: str) -> None:
    with store.writing() as writer:
        writer.save_discovered(discovered(name))


def test_whoever_decides_keeps_other_writers_out(store: SqliteStore) -> None:
    order: list[str] = []

    def add_late() -> None:
        add(store, "late")
        order.append("late")

    thread = threading.Thread(target=add_late)
    with store.writing() as writer:
        thread.start()
        writer.save_discovered(discovered("early"))
        assert [stack.name for stack in writer.stacks()] == ["early"]
        order.append("early")
    thread.join()
    assert order == ["early", "late"]


def test_an_error_inside_undoes_everything(store: SqliteStore) -> None:
    def fail() -> None:
        with store.writing() as writer:
            writer.save_discovered(discovered())
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fail()
    with store.reading() as reader:
        assert reader.stacks() == []


def test_a_transaction_inside_a_transaction_is_a_mistake(store: SqliteStore) -> None:
    def nest() -> None:
        with store.writing(), store.writing():
            pass

    with pytest.raises(RuntimeError, match="already in a transaction"):
        nest()


def test_a_reader_cannot_turn_into_a_writer(store: SqliteStore) -> None:
    def upgrade() -> None:
        with store.reading(), store.writing():
            pass

    with pytest.raises(RuntimeError, match="already in a transaction"):
        upgrade()


def test_reading_inside_a_transaction_is_of_its_moment(store: SqliteStore) -> None:
    with store.writing() as writer:
        writer.save_discovered(discovered())
        with store.reading() as reader:
            assert len(reader.stacks()) == 1
        writer.mark_planned("prod/vpc", "x")
        assert writer.stack("prod/vpc").planned_inputs == "x"


def test_a_writer_is_of_no_use_after_its_transaction(store: SqliteStore) -> None:
    with store.writing() as writer:
        writer.save_discovered(discovered())
    with pytest.raises(AttributeError):
        writer.mark_missing("prod/vpc")
    with store.reading() as reader:
        assert reader.stack("prod/vpc").missing_since is None


def test_the_mark_moves_when_anybody_else_has_written_and_only_then(
    store: SqliteStore, tmp_path: Path
) -> None:
    marks = [store.changed_since(None)]
    marks.append(store.changed_since(marks[-1]))
    add(store, "a")
    marks.append(store.changed_since(marks[-1]))
    with opened(tmp_path) as other:
        add(other, "b")
    marks.append(store.changed_since(marks[-1]))
    with pytest.raises(StackNotFound), store.writing() as writer:
        writer.mark_missing("no/such")
    marks.append(store.changed_since(marks[-1]))
    assert [later != mark for mark, later in pairwise(marks)] == [
        False,
        True,
        True,
        False,
    ]


def test_each_thread_has_a_connection_that_ends_with_it(store: SqliteStore) -> None:
    seen: list[sqlite3.Connection] = []

    def write(name: str) -> None:
        add(store, name)
        seen.append(connection(store))

    for name in ("a", "b", "c"):
        thread = threading.Thread(target=write, args=(name,))
        thread.start()
        thread.join()
    assert len({id(one) for one in [*seen, connection(store)]}) == 4
    assert len(store._connections._connections) == 2
    with pytest.raises(sqlite3.ProgrammingError, match="closed"):
        seen[0].execute("SELECT 1")


def test_a_disk_that_can_only_be_read_is_reported_as_such(store: SqliteStore) -> None:
    connection(store).execute("PRAGMA query_only = ON")
    with pytest.raises(DatabaseUnwritable, match="readonly"):
        add(store, "a")
    with store.reading() as reader:
        assert reader.stacks() == []


def test_a_store_that_nobody_holds_any_more_closes_its_connections(tmp_path: Path) -> None:
    store = SqliteStore(tmp_path, HandClock())
    kept = connection(store)
    store.changed_since(None)
    del store
    gc.collect()
    with pytest.raises(sqlite3.ProgrammingError, match="closed"):
        kept.execute("SELECT 1")
