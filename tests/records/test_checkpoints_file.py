"""The checkpoints file on a disk: durable, private, added to by one process at a time."""

import fcntl
import resource
import stat
import threading
from datetime import UTC, datetime
from pathlib import Path

import pytest

from runner.checkpoints import FileCheckpoints
from runner.errors import CheckpointFailed
from runner.model.checkpoint import Checkpoint

NOON = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)


def point(seq: int) -> Checkpoint:
    return Checkpoint(seq, f"{seq:064x}", NOON)


@pytest.fixture
def file(tmp_path: Path) -> FileCheckpoints:
    return FileCheckpoints(tmp_path / "checkpoints.jsonl", lambda: b"k" * 32)


def fill(file: FileCheckpoints, upto: int) -> None:
    for seq in range(1, upto + 1):
        assert file.append(point(seq), after=file.newest())


def test_there_is_none_before_the_first(file: FileCheckpoints) -> None:
    assert (file.read(), file.newest()) == (None, None)
    assert not file.path.exists()


def test_only_its_owner_reads_it(file: FileCheckpoints) -> None:
    fill(file, 1)
    assert stat.S_IMODE(file.path.stat().st_mode) == 0o600


def test_the_newest_of_a_long_file_is_found_without_reading_all_of_it(file: FileCheckpoints) -> None:
    fill(file, 60)
    assert file.path.stat().st_size > 8 * 1024
    chain = file.read()
    assert chain is not None
    assert (len(chain.checkpoints), chain.bad_line) == (60, None)
    with file.path.open("r+b") as raw:
        raw.write(b"x" * 1000)
    assert file.newest() == point(60)


def test_a_long_end_of_rubbish_hides_nothing(file: FileCheckpoints) -> None:
    fill(file, 3)
    with file.path.open("ab") as raw:
        raw.write(b"rubbish\n" * 20_000)
    assert file.newest() == point(3)
    assert file.append(point(4), after=point(3))
    chain = file.read()
    assert chain is not None
    assert (chain.newest, chain.bad_line) == (point(4), None)


def test_who_saw_an_older_one_does_not_write(file: FileCheckpoints) -> None:
    fill(file, 2)
    assert not file.append(point(3), after=point(1))
    assert not file.append(point(3), after=None)
    assert file.newest() == point(2)


def test_of_many_that_write_at_once_one_does(file: FileCheckpoints) -> None:
    fill(file, 1)
    together = threading.Barrier(8)
    done: list[bool] = []

    def write() -> None:
        mine = FileCheckpoints(file.path, lambda: b"k" * 32)
        together.wait()
        done.append(mine.append(point(2), after=point(1)))

    threads = [threading.Thread(target=write) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(done) == [False] * 7 + [True]
    chain = file.read()
    assert chain is not None
    assert (len(chain.checkpoints), chain.bad_line) == (2, None)


def test_who_writes_waits_for_another_process_that_does(file: FileCheckpoints) -> None:
    fill(file, 1)
    thread = threading.Thread(target=lambda: file.append(point(2), after=point(1)))
    with file.path.open() as other:
        fcntl.flock(other, fcntl.LOCK_EX)
        thread.start()
        thread.join(0.2)
        assert file.newest() == point(1)
    thread.join()
    assert file.newest() == point(2)


def test_a_full_disk_is_told_and_the_chain_goes_on_once_there_is_room(file: FileCheckpoints) -> None:
    fill(file, 2)
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (file.path.stat().st_size + 50, before[1]))
    try:
        with pytest.raises(CheckpointFailed, match="only a part"):
            file.append(point(3), after=point(2))
        with pytest.raises(CheckpointFailed, match="File too large"):
            file.append(point(3), after=point(2))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert file.newest() == point(2)
    assert file.append(point(3), after=point(2))
    chain = file.read()
    assert chain is not None
    assert ([one.seq for one in chain.checkpoints], chain.bad_line) == ([1, 2, 3], None)


def test_a_disk_that_is_not_there_is_told(tmp_path: Path) -> None:
    file = FileCheckpoints(tmp_path / "not mounted" / "checkpoints.jsonl", lambda: b"k" * 32)
    assert file.newest() is None
    with pytest.raises(CheckpointFailed, match="No such file or directory"):
        file.append(point(1), after=None)
