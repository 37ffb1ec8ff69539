"""The checkpoints file on a disk: durable, private, added to by one process at a time."""

import fcntl
import os
import resource
import stat
import threading
from datetime import UTC, datetime
from pathlib import Path

import pytest

from runner.datadir.checkpoints import FileCheckpoints
from runner.datadir.keys import key_file
from runner.errors import CheckpointFailed, KeyDamaged
from runner.model.audit.checkpoint import Checkpoint

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


def test_a_full_disk_is_reported_and_the_chain_goes_on_once_there_is_room(file: FileCheckpoints) -> None:
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


def test_a_disk_that_is_not_there_is_reported(tmp_path: Path) -> None:
    file = FileCheckpoints(tmp_path / "not mounted" / "checkpoints.jsonl", lambda: b"k" * 32)
    assert file.newest() is None
    with pytest.raises(CheckpointFailed, match="No such file or directory"):
        file.append(point(1), after=None)


FOREIGN = [b"SQLite format 3\0" + bytes(9000), b"k" * 32, b"{\n}\n", b'{"seq":1,"event":"x"}\n', b"\0"]


@pytest.mark.parametrize("content", FOREIGN)
def test_a_file_that_is_something_else_is_reported_and_stays_as_it_is(
    file: FileCheckpoints, content: bytes
) -> None:
    file.path.write_bytes(content)
    with pytest.raises(CheckpointFailed, match="belongs to something else") as raised:
        file.append(point(1), after=None)
    assert "audit.checkpoints" in raised.value.hint
    assert file.path.read_bytes() == content


def test_a_file_with_other_contents_does_not_count_as_no_checkpoints(
    file: FileCheckpoints,
) -> None:
    file.path.write_bytes(b"known_hosts\n")
    with pytest.raises(CheckpointFailed, match="belongs to something else"):
        file.newest()


def test_the_key_stays_a_key_where_it_is_named_as_the_file_of_checkpoints(tmp_path: Path) -> None:
    key = tmp_path / "keys" / "audit"
    file = FileCheckpoints(key, lambda: key_file(key))
    with pytest.raises(CheckpointFailed, match="belongs to something else"):
        file.append(point(1), after=file.newest())
    assert len(key.read_bytes()) == 32


def test_no_file_is_made_where_the_key_cannot_be_read(tmp_path: Path) -> None:
    (tmp_path / "key").touch()
    file = FileCheckpoints(tmp_path / "checkpoints.jsonl", lambda: key_file(tmp_path / "key"))
    with pytest.raises(KeyDamaged):
        file.append(point(1), after=None)
    assert not file.path.exists()


def test_a_first_line_that_was_cut_short_is_gone_over(file: FileCheckpoints) -> None:
    fill(file, 1)
    whole = file.path.read_bytes()
    for length in range(len(whole)):
        file.path.write_bytes(whole[:length])
        assert file.append(point(2), after=file.newest())


def test_an_only_line_that_was_edited_is_still_one_of_checkpoints(file: FileCheckpoints) -> None:
    fill(file, 1)
    file.path.write_bytes(file.path.read_bytes().replace(b"2026", b"2027"))
    assert file.newest() is None
    assert file.append(point(2), after=None)


def test_checkpoints_that_another_key_has_sealed_are_gone_on_from(file: FileCheckpoints) -> None:
    fill(file, 2)
    other = FileCheckpoints(file.path, lambda: b"o" * 32)
    assert other.append(point(3), after=other.newest())


def test_a_device_that_keeps_nothing_is_reported() -> None:
    file = FileCheckpoints(Path("/dev/null"), lambda: b"k" * 32)
    with pytest.raises(CheckpointFailed, match="not a regular file"):
        file.append(point(1), after=None)


def test_nobody_waits_for_the_other_end_of_a_pipe(file: FileCheckpoints) -> None:
    os.mkfifo(file.path)
    with pytest.raises(CheckpointFailed, match="not a regular file"):
        file.newest()
