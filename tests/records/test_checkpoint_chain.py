"""The lines of a checkpoints file: each goes on from the one before, and only who has the key can write one."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runner.model.audit.checkpoint import Chain, Checkpoint, read, sealed
from runner.model.audit.log import GENESIS

KEY = b"k" * 32
NOON = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)


def points(*seqs: int) -> list[Checkpoint]:
    return [Checkpoint(seq, f"{seq:064x}", NOON + timedelta(minutes=seq)) for seq in seqs]


def content(checkpoints: list[Checkpoint], key: bytes = KEY) -> bytes:
    lines, seal = b"", GENESIS
    for checkpoint in checkpoints:
        lines += sealed(checkpoint, seal, key) + b"\n"
        seal = read(lines, key).seal
    return lines


SOUND = content(points(3, 5, 9, 20))


def test_what_is_written_is_read() -> None:
    chain = read(SOUND, KEY)
    assert list(chain.checkpoints) == points(3, 5, 9, 20)
    assert (chain.bad_line, chain.finished, chain.newest) == (None, True, points(20)[0])


def test_an_empty_file_is_sound() -> None:
    assert read(b"", KEY) == Chain()


@given(st.integers(0, len(SOUND) - 1), st.integers(1, 255))
def test_a_changed_byte_is_found_in_its_line(place: int, flip: int) -> None:
    changed = bytearray(SOUND)
    changed[place] ^= flip
    line = SOUND.count(b"\n", 0, place) + 1
    chain = read(bytes(changed), KEY)
    if place == len(SOUND) - 1:
        # The end of the last line is no part of what it says.
        assert not chain.finished
    else:
        assert chain.bad_line == line


@given(st.binary(min_size=1, max_size=40), st.integers(0, 3))
def test_a_line_that_was_put_in_counts_for_nothing(text: bytes, after: int) -> None:
    lines = SOUND.splitlines(keepends=True)
    put_in = b"".join([*lines[:after], text.replace(b"\n", b"") + b"\n", *lines[after:]])
    assert list(read(put_in, KEY).checkpoints) == points(3, 5, 9, 20)


@pytest.mark.parametrize("number", [0, 1, 2])
def test_a_line_that_was_taken_out_is_found(number: int) -> None:
    lines = SOUND.splitlines(keepends=True)
    del lines[number]
    assert read(b"".join(lines), KEY).bad_line == number + 1


def test_lines_that_changed_places_are_found() -> None:
    one, two, three, four = SOUND.splitlines(keepends=True)
    assert read(one + three + two + four, KEY).bad_line == 2


def test_a_line_that_stands_twice_is_found() -> None:
    one, two, three, four = SOUND.splitlines(keepends=True)
    assert read(one + two + two + three + four, KEY).bad_line == 3


def test_with_another_key_no_line_fits() -> None:
    chain = read(SOUND, b"x" * 32)
    assert (chain.checkpoints, chain.bad_line) == ((), 1)


def test_a_line_without_the_key_is_found_and_what_follows_still_counts() -> None:
    start = read(SOUND, KEY)
    forged = SOUND + sealed(points(21)[0], start.seal, b"x" * 32) + b"\n"
    seal = read(forged, KEY).seal
    chain = read(forged + sealed(points(30)[0], seal, KEY) + b"\n", KEY)
    assert (chain.bad_line, chain.newest) == (5, points(30)[0])


@pytest.mark.parametrize("size", [1, 40, len(sealed(points(21)[0], GENESIS, KEY)) - 1])
def test_a_line_that_a_full_disk_cut_short_is_no_forgery(size: int) -> None:
    line = sealed(points(21)[0], read(SOUND, KEY).seal, KEY)
    torn = SOUND + line[:size]
    chain = read(torn, KEY)
    assert (chain.bad_line, chain.finished, chain.newest) == (None, False, points(20)[0])
    after = torn + b"\n" + sealed(points(22)[0], chain.seal, KEY) + b"\n"
    assert read(after, KEY).bad_line is None
    assert read(after, KEY).newest == points(22)[0]


def test_the_end_of_a_file_can_be_read_alone() -> None:
    end = b"".join(SOUND.splitlines(keepends=True)[1:])
    chain = read(end, KEY, from_start=False)
    assert list(chain.checkpoints) == points(9, 20)
    assert (chain.seal, chain.bad_line) == (read(SOUND, KEY).seal, None)


def restored(seq: int, kept: int) -> Checkpoint:
    return Checkpoint(seq, f"{seq:064x}", NOON, kept=kept)


@pytest.mark.parametrize(
    ("written", "standing"),
    [
        ([*points(3, 5, 9)], [3, 5, 9]),
        ([*points(3, 5, 9), restored(7, 5)], [3, 5, 7]),
        ([*points(3, 5, 9), restored(7, 4)], [3, 7]),
        ([*points(3, 5, 9), restored(7, 5), *points(8, 12)], [3, 5, 7, 8, 12]),
        ([*points(3, 5, 9), restored(7, 5), *points(8, 12), restored(4, 3)], [3, 4]),
        ([*points(3, 9), restored(2, 0), *points(5, 30), restored(12, 10)], [2, 5, 12]),
    ],
)
def test_a_restored_log_need_not_have_what_was_lost(written: list[Checkpoint], standing: list[int]) -> None:
    assert [point.seq for point in Chain(tuple(written)).standing] == standing
