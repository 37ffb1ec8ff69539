"""Copies that can be restored."""

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from store_world import HandClock, discovered, new_run, opened

from runner.errors import BadUsage, DatabaseRefused, DatabaseUnwritable
from runner.store import backup
from runner.store.database import SqliteStore

NAME = "driftline.db"


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SqliteStore]:
    with opened(tmp_path / "data", HandClock()) as store:
        with store.writing() as writer:
            writer.save_discovered(discovered())
            writer.add_run(new_run())
        yield store


def test_a_backup_is_a_whole_database(store: SqliteStore, tmp_path: Path) -> None:
    (tmp_path / "copy").mkdir()
    store.backup(tmp_path / "copy" / NAME)
    with opened(tmp_path / "copy") as copy:
        assert copy.problems() == []
        with copy.reading() as reader, store.reading() as original:
            assert reader.stacks() == original.stacks()
            assert reader.open_runs() == original.open_runs()
        assert list(copy.export_audit()) == list(store.export_audit())


def test_only_its_owner_reads_a_backup(store: SqliteStore, tmp_path: Path) -> None:
    store.backup(tmp_path / "copy.db")
    assert (tmp_path / "copy.db").stat().st_mode & 0o777 == 0o600


def test_a_backup_takes_the_place_of_an_older_one_and_leaves_nothing_else(
    store: SqliteStore, tmp_path: Path
) -> None:
    (tmp_path / "copies").mkdir()
    (tmp_path / "copies" / "copy.db").write_text("an older one")
    store.backup(tmp_path / "copies" / "copy.db")
    assert [path.name for path in (tmp_path / "copies").iterdir()] == ["copy.db"]
    assert (tmp_path / "copies" / "copy.db").read_bytes().startswith(b"SQLite format 3")


def test_a_backup_over_the_database_itself_is_refused(store: SqliteStore, tmp_path: Path) -> None:
    with pytest.raises(BadUsage, match="is the database itself"):
        store.backup(tmp_path / "data" / NAME)
    assert store.problems() == []


def test_a_folder_that_is_not_there_is_reported(store: SqliteStore, tmp_path: Path) -> None:
    with pytest.raises(DatabaseUnwritable, match="No such file or directory"):
        store.backup(tmp_path / "no" / "copy.db")


def test_a_copy_that_is_damaged_never_gets_the_name_of_a_backup(
    store: SqliteStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    check = backup._refuse_broken

    def break_then_check(path: Path) -> None:
        with path.open("r+b") as file:
            file.seek(8192)
            file.write(b"\xa5" * 4096)
        check(path)

    monkeypatch.setattr(backup, "_refuse_broken", break_then_check)
    with pytest.raises(DatabaseRefused):
        store.backup(tmp_path / "copy.db")
    assert [path.name for path in tmp_path.iterdir()] == ["data"]


def test_a_backup_under_load_is_of_one_moment(store: SqliteStore, tmp_path: Path) -> None:
    stop = threading.Event()

    def write() -> None:
        while not stop.is_set():
            with store.writing() as writer:
                writer.add_run(new_run())

    thread = threading.Thread(target=write)
    thread.start()
    try:
        for number in range(5):
            (tmp_path / str(number)).mkdir()
            store.backup(tmp_path / str(number) / NAME)
    finally:
        stop.set()
        thread.join()
    for number in range(5):
        with opened(tmp_path / str(number)) as copy:
            assert copy.problems() == []
            with copy.reading() as reader:
                assert len(reader.open_runs()) == len(list(copy.export_audit()))
