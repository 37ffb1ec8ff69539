"""How commits become durable, and that this changes only while nobody has the database open."""

import shutil
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest
from store_world import CHILD, HandClock, discovered, new_run, opened, raw

from runner.errors import BadUsage, DatabaseRefused
from runner.store import journal_mode
from runner.store.database import FILE_NAME, SqliteStore
from runner.store.faults import restore_hint

MayUse = Callable[[bool], None]
BOTH = pytest.mark.parametrize("wal", [True, False], ids=["wal", "rollback"])


@pytest.fixture
def may_use_wal(monkeypatch: pytest.MonkeyPatch) -> MayUse:
    """Whether the SQLite of whoever opens the database next may, whichever this one is."""

    def set_to(fixed: bool, /) -> None:  # noqa: FBT001 - said once and alone
        monkeypatch.setattr(journal_mode, "has_wal_fix", lambda _: fixed)

    return set_to


def mode(store: SqliteStore) -> str:
    found: str = store._connections.connection().execute("PRAGMA journal_mode").fetchone()[0]
    return found


def add(store: SqliteStore, name: str) -> None:
    with store.writing() as writer:
        writer.save_discovered(discovered(name))


def names(store: SqliteStore) -> list[str]:
    with store.reading() as reader:
        return [stack.name for stack in reader.stacks()]


# Which


@pytest.mark.parametrize(
    ("version", "fixed"),
    [
        ((3, 40, 1), False),
        ((3, 44, 5), False),
        ((3, 44, 6), True),
        ((3, 45, 0), False),
        ((3, 50, 6), False),
        ((3, 50, 7), True),
        ((3, 51, 0), False),
        ((3, 51, 3), True),
        ((3, 60, 0), True),
    ],
)
def test_a_write_ahead_log_is_used_only_where_sqlite_does_not_corrupt_it(
    version: tuple[int, ...], *, fixed: bool
) -> None:
    assert journal_mode.has_wal_fix(version) is fixed


@pytest.mark.parametrize(("fixed", "chosen"), [(True, "wal"), (False, "persist")])
def test_both_journals_work_and_the_file_changes_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, fixed: bool, chosen: str
) -> None:
    monkeypatch.setattr(journal_mode, "has_wal_fix", lambda _: not fixed)
    with opened(tmp_path) as store, store.writing() as writer:
        writer.save_discovered(discovered())
    monkeypatch.setattr(journal_mode, "has_wal_fix", lambda _: fixed)
    with opened(tmp_path) as store:
        assert mode(store) == chosen
        with store.writing() as writer:
            writer.mark_planned("prod/vpc", "x")


class LockedOnce(sqlite3.Connection):
    """The file is locked when its journal is chosen, and free right afterwards."""

    asked = False

    def execute(self, sql: str, *given: Any) -> sqlite3.Cursor:
        if "journal_mode = persist" in sql and not self.asked:
            self.asked = True
            locked = sqlite3.OperationalError("database is locked")
            locked.sqlite_errorcode = sqlite3.SQLITE_BUSY
            raise locked
        return super().execute(sql, *given)


def test_a_file_that_is_locked_while_it_is_opened_keeps_its_journal(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The confined web server could not make it again."""
    monkeypatch.setattr(journal_mode, "has_wal_fix", lambda _: False)
    with opened(tmp_path) as store:
        add(store, "a")
    path = tmp_path / FILE_NAME
    with closing(sqlite3.connect(path, isolation_level=None, factory=LockedOnce)) as late:
        journal_mode.choose_journal(late, path)
        for sql in ("BEGIN IMMEDIATE", "UPDATE stacks SET revision = 'x'", "COMMIT"):
            late.execute(sql)
    assert Path(f"{path}-journal").exists()


def test_a_wal_in_use_is_refused_by_an_sqlite_that_may_corrupt_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(journal_mode, "has_wal_fix", lambda _: True)
    with opened(tmp_path) as store, store.reading() as reader:
        reader.stacks()
        monkeypatch.setattr(journal_mode, "has_wal_fix", lambda _: False)
        with pytest.raises(DatabaseRefused, match="WAL mode"):
            SqliteStore(tmp_path, HandClock())


# With others


@BOTH
def test_the_journal_stays_as_it_is_while_others_have_the_database_open(
    tmp_path: Path, may_use_wal: MayUse, *, wal: bool
) -> None:
    may_use_wal(wal)
    with opened(tmp_path) as first:
        before = mode(first)
        may_use_wal(True)
        with opened(tmp_path) as second:
            add(second, "b")
        add(first, "a")
        assert (mode(first), names(first)) == (before, ["a", "b"])
    with opened(tmp_path) as alone:
        assert mode(alone) == "wal"


def test_it_stays_until_the_last_of_them_has_closed_the_database(tmp_path: Path, may_use_wal: MayUse) -> None:
    may_use_wal(False)
    first = SqliteStore(tmp_path, HandClock())
    with opened(tmp_path) as second:
        first.close()
        may_use_wal(True)
        with opened(tmp_path) as third:
            assert mode(third) == "persist"
        add(second, "a")


def test_who_opens_the_database_stays_marked_whatever_connections_it_closes(
    tmp_path: Path, may_use_wal: MayUse
) -> None:
    may_use_wal(False)
    with opened(tmp_path) as confined:
        confined.make_no_files()
        may_use_wal(True)
        with opened(tmp_path) as other:
            assert mode(other) == "persist"


@BOTH
def test_of_those_that_make_a_database_at_once_all_use_the_same_journal(tmp_path: Path, *, wal: bool) -> None:
    script = f"""if True:
        import sys
        from pathlib import Path
        from store_world import discovered, opened
        from runner.store import journal_mode
        journal_mode.has_wal_fix = lambda _: {wal}
        with opened(Path(sys.argv[1])) as store:
            sys.stdin.read()
            with store.writing() as writer:
                writer.save_discovered(discovered(sys.argv[2]))
            print(store._connections.connection().execute("PRAGMA journal_mode").fetchone()[0])
            sys.stdout.flush()
    """
    argv = [sys.executable, "-c", script, str(tmp_path)]
    children = [
        subprocess.Popen(
            [*argv, f"s{number}"], env=CHILD, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        for number in range(4)
    ]
    said = {child.communicate("", timeout=60)[0] for child in children}
    assert len(said) == 1
    with opened(tmp_path) as store:
        assert len(names(store)) == 4


def test_an_sqlite_that_may_corrupt_a_wal_writes_none_that_another_program_has_made(
    tmp_path: Path, may_use_wal: MayUse
) -> None:
    may_use_wal(False)
    with opened(tmp_path) as store:
        with raw(tmp_path / FILE_NAME) as tool:
            assert tool.execute("PRAGMA journal_mode = wal").fetchone()[0] == "wal"
        with pytest.raises(DatabaseRefused, match="WAL mode"):
            add(store, "a")
        assert names(store) == []


def test_a_database_that_one_may_open_and_not_mark_is_used(tmp_path: Path) -> None:
    (tmp_path / f"{FILE_NAME}.lock").mkdir()
    with opened(tmp_path) as store:
        add(store, "a")
        assert names(store) == ["a"]


# What is left


def left_by_a_kill(store: SqliteStore, folder: Path) -> Path:
    """The files of an open database, as they are found after its process was killed."""
    kept = folder / "killed"
    kept.mkdir()
    for file in store._connections.path.parent.glob(f"{FILE_NAME}*"):
        shutil.copy(file, kept)
    return kept


@BOTH
def test_what_was_committed_before_a_kill_is_there_for_either_sqlite(
    tmp_path: Path, may_use_wal: MayUse, *, wal: bool
) -> None:
    may_use_wal(True)
    with opened(tmp_path / "data") as store:
        add(store, "a")
        killed = left_by_a_kill(store, tmp_path)
    assert (killed / f"{FILE_NAME}-wal").stat().st_size
    may_use_wal(wal)
    with opened(killed) as store:
        assert (names(store), store.problems()) == (["a"], [])


@BOTH
@pytest.mark.parametrize("put", [shutil.move, shutil.copy], ids=["renamed", "copied"])
def test_a_backup_that_is_put_in_the_place_of_a_database_gets_nothing_of_its_wal(
    tmp_path: Path, may_use_wal: MayUse, put: Callable[[Path, Path], object], *, wal: bool
) -> None:
    may_use_wal(True)
    with opened(tmp_path / "data") as store:
        add(store, "a")
        store.backup(tmp_path / "backup")
        for number in range(50):
            add(store, f"later/{number}")
        killed = left_by_a_kill(store, tmp_path)
    put(tmp_path / "backup", killed / FILE_NAME)
    may_use_wal(wal)
    with opened(killed) as store:
        assert (names(store), store.problems()) == (["a"], [])
        add(store, "b")
    assert (killed / f"{FILE_NAME}-wal.replaced").exists()


def test_a_backup_takes_the_place_of_no_database_that_has_a_wal(tmp_path: Path, may_use_wal: MayUse) -> None:
    may_use_wal(True)
    with opened(tmp_path / "other") as other, opened(tmp_path / "data") as store:
        add(other, "a")
        with pytest.raises(BadUsage, match=r"driftline\.db-wal is there"):
            store.backup(tmp_path / "other" / FILE_NAME)
        assert names(other) == ["a"]


@BOTH
def test_the_hint_how_to_restore_a_backup_keeps_all_of_the_broken_database(
    tmp_path: Path, may_use_wal: MayUse, *, wal: bool
) -> None:
    may_use_wal(wal)
    with opened(tmp_path / "data") as store:
        add(store, "a")
        store.backup(tmp_path / "backup")
        add(store, "b")
        killed = left_by_a_kill(store, tmp_path)
    hint = restore_hint(killed / FILE_NAME).replace("BACKUP", str(tmp_path / "backup"))
    commands = hint.removeprefix("stop the daemon, then").removesuffix("driftline db check")
    assert "driftline" in commands
    subprocess.run(["sh", "-c", commands], check=True)
    with opened(killed) as store:
        assert (names(store), store.problems()) == (["a"], [])
    with raw(killed / f"{FILE_NAME}.broken") as broken:
        assert [name for (name,) in broken.execute("SELECT name FROM stacks")] == ["a", "b"]


ENDING = """if True:
    import sys, threading
    from pathlib import Path
    from store_world import HandClock, new_run, discovered
    from runner.store import journal_mode
    from runner.store.database import SqliteStore
    journal_mode.has_wal_fix = lambda _: True
    store = SqliteStore(Path(sys.argv[1]), HandClock())
    with store.writing() as writer:
        writer.save_discovered(discovered())
    store.changed_since(None)
    begun, never = threading.Event(), threading.Event()
    def look():
        with store.reading() as reader:
            reader.stacks()
            if sys.argv[2] == "reads":
                begun.set()
                never.wait()
        begun.set()
        never.wait()
    threading.Thread(target=look, daemon=True).start()
    begun.wait()
"""


@pytest.mark.parametrize(("thread", "left"), [("idles", False), ("reads", True)])
def test_a_process_that_ends_leaves_all_in_the_file_unless_a_thread_still_reads(
    tmp_path: Path, thread: str, *, left: bool
) -> None:
    subprocess.run([sys.executable, "-c", ENDING, str(tmp_path), thread], env=CHILD, check=True, timeout=60)
    assert (tmp_path / f"{FILE_NAME}-wal").exists() is left
    with opened(tmp_path) as store:
        assert names(store) == ["prod/vpc"]


def test_a_wal_that_grew_while_somebody_read_is_small_again_afterwards(
    tmp_path: Path, may_use_wal: MayUse, monkeypatch: pytest.MonkeyPatch
) -> None:
    may_use_wal(True)
    monkeypatch.setattr(journal_mode, "_JOURNAL_STAYS_BELOW", 1_000_000)
    with opened(tmp_path) as store:
        add(store, "prod/vpc")
        with raw(tmp_path / FILE_NAME) as reader:
            begin_to_read(reader)
            queue(store, 30)
            assert size_of_wal(tmp_path) > 3_000_000
            reader.execute("COMMIT")
        queue(store, 2)
        assert size_of_wal(tmp_path) <= 1_000_000


@contextmanager
def somebody_reads_at_every_moment(path: Path) -> Iterator[None]:
    over = threading.Event()

    def read() -> None:
        with raw(path) as one, raw(path) as other:
            begin_to_read(one)
            while not over.is_set():
                begin_to_read(other)
                one.execute("COMMIT")
                begin_to_read(one)
                other.execute("COMMIT")

    thread = threading.Thread(target=read)
    thread.start()
    yield
    over.set()
    thread.join()


def test_a_wal_does_not_grow_without_end_where_somebody_reads_at_every_moment(
    tmp_path: Path, may_use_wal: MayUse, monkeypatch: pytest.MonkeyPatch
) -> None:
    may_use_wal(True)
    monkeypatch.setattr(journal_mode, "_WAL_STAYS_BELOW", 1_000_000)
    # A busy machine may not run the readers for seconds.
    monkeypatch.setattr(journal_mode, "_READERS_END_WITHIN", 60)
    with opened(tmp_path) as store:
        add(store, "prod/vpc")
        with somebody_reads_at_every_moment(tmp_path / FILE_NAME):
            queue(store, 50)
        assert size_of_wal(tmp_path) < 2_000_000


def test_who_reads_for_long_keeps_writers_waiting_now_and_then_and_fails_none(
    tmp_path: Path, may_use_wal: MayUse, monkeypatch: pytest.MonkeyPatch
) -> None:
    may_use_wal(True)
    monkeypatch.setattr(journal_mode, "_WAL_STAYS_BELOW", 1_000_000)
    monkeypatch.setattr(journal_mode, "_READERS_END_WITHIN", 0.01)
    said: list[str] = []
    with opened(tmp_path) as store:
        add(store, "prod/vpc")
        with raw(tmp_path / FILE_NAME) as reader:
            begin_to_read(reader)
            store._connections.connection().set_trace_callback(said.append)
            queue(store, 30)
            waits = sum("wal_checkpoint" in sql for sql in said)
            assert 1 <= waits <= size_of_wal(tmp_path) / 1_000_000
        with store.reading() as found:
            assert len(found.open_runs()) == 30
        assert store._connections.connection().execute("PRAGMA busy_timeout").fetchone()[0] == 10_000


def queue(store: SqliteStore, runs: int) -> None:
    """Each is a commit of a hundred kilobytes."""
    for _ in range(runs):
        with store.writing() as writer:
            writer.add_run(new_run(reason="x" * 100_000))


def begin_to_read(connection: sqlite3.Connection) -> None:
    connection.execute("BEGIN").execute("SELECT count(*) FROM runs").fetchone()


def size_of_wal(folder: Path) -> int:
    return (folder / f"{FILE_NAME}-wal").stat().st_size
