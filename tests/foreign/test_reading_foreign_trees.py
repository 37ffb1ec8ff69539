"""A foreign tree is read within bounds of count, depth, size and time, and never through a link or from a pipe."""

import os
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from remote.shapes import locked, nest, odd_names, sparse, wide

from runner.foreign.budget import Budget, Canceled, TooMuch
from runner.foreign.read import chunks_of, walk


def names(top: Path) -> list[str]:
    return [found.path for found in walk(top, Budget())]


def read(top: Path, budget: Budget) -> None:
    for found in walk(top, budget):
        for _ in found.chunks():
            pass


def test_a_walk_finds_every_file_sorted_in_each_folder(place: Path) -> None:
    (place / "b").mkdir(parents=True)
    for name in ("c", "b/2", "b/1", "a"):
        (place / name).write_text("")
    assert names(place) == ["a", "b/1", "b/2", "c"]


def test_names_that_are_not_utf8_keep_their_bytes(place: Path) -> None:
    place.mkdir()
    odd_names(place)
    (place / os.fsdecode(b"\xff\xfe") / "in").write_text("")
    assert os.fsdecode(b"\xff\xfe/in") in names(place)


def test_locked_folders_are_read(place: Path) -> None:
    place.mkdir()
    locked(place)
    assert names(place) == ["a/b/c"]


def test_names_left_out_are_not_even_opened(place: Path) -> None:
    place.mkdir()
    nest(place / ".git", 300)
    assert [f.path for f in walk(place, Budget(), frozenset({".git"}))] == []


@pytest.mark.parametrize(
    ("make", "budget", "shown"),
    [
        (lambda top: nest(top, 300), {}, "deeper than"),
        (wide, {"entries": 100}, "too many"),
        (lambda top: sparse(top / "x", 8 << 40), {}, "of content"),
        (lambda top: sparse(top / "x", 1 << 20), {"seconds": -1}, "longer than"),
    ],
)
def test_a_tree_that_exceeds_its_bounds_is_refused(
    place: Path, make: Callable[[Path], object], budget: dict[str, Any], shown: str
) -> None:
    place.mkdir()
    make(place)
    with pytest.raises(TooMuch, match=shown):
        read(place, Budget(**budget))  # its time runs from here


def test_reading_stops_when_it_is_canceled(place: Path) -> None:
    place.mkdir()
    sparse(place / "x", 1 << 30)
    cancel = threading.Event()
    cancel.set()
    with pytest.raises(Canceled):
        read(place, Budget(cancel=cancel))


def test_a_pipe_is_refused_without_waiting_for_a_writer(place: Path) -> None:
    place.mkdir()
    os.mkfifo(place / "x")
    with pytest.raises(OSError, match="not a regular file"):
        read(place, Budget())


def test_a_link_is_no_file_to_read(place: Path) -> None:
    place.mkdir()
    (place / "x").symlink_to("/etc/hostname")
    with pytest.raises(OSError, match="symbolic links"):
        list(chunks_of(place / "x", Budget()))
