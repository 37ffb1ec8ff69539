"""Trees in shapes that a program may leave behind."""

import os
from collections.abc import Callable
from pathlib import Path


def nest(top: Path, levels: int) -> Path:
    """So many folders in each other, deeper than any path may be long."""
    top.mkdir(exist_ok=True)
    here = os.open(top, os.O_RDONLY | os.O_DIRECTORY)
    for _ in range(levels):
        os.mkdir("d", dir_fd=here)
        inner = os.open("d", os.O_RDONLY | os.O_DIRECTORY, dir_fd=here)
        os.close(here)
        here = inner
    os.close(os.open("leaf", os.O_WRONLY | os.O_CREAT, dir_fd=here))
    os.close(here)
    return top


def sparse(path: Path, size: int) -> Path:
    with path.open("wb") as file:
        file.truncate(size)
    return path


def odd_names(top: Path) -> None:
    (top / "-rf").write_text("")
    (top / "two\nlines").mkdir()
    (top / ("x" * 255)).write_text("")
    (top / os.fsdecode(b"\xff\xfe")).mkdir()
    (top / "Case").write_text("")
    (top / "case").write_text("")


def links(top: Path) -> None:
    (top / "self").symlink_to("self")
    (top / "up").symlink_to("..")
    (top / "away").symlink_to("/")


def special(top: Path) -> None:
    os.mkfifo(top / "pipe")
    sparse(top / "huge", 8 << 40)


def locked(top: Path) -> None:
    inner = top / "a" / "b"
    inner.mkdir(parents=True)
    (inner / "c").write_text("")
    inner.chmod(0)
    (top / "a").chmod(0)
    top.chmod(0o500)


def wide(top: Path) -> None:
    for number in range(3000):
        (top / str(number)).touch()


SHAPES: dict[str, Callable[[Path], object]] = {
    "nested 3,000 deep": lambda top: nest(top, 3000),
    "odd names": odd_names,
    "links": links,
    "a pipe and 8 TB of nothing": special,
    "locked folders": locked,
    "many files": wide,
}
