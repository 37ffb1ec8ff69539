"""Paths named by the operator, in which a run may have placed a symlink to a target that the operator did not name."""

import os
from collections.abc import Iterable, Iterator
from pathlib import Path

from runner.model.sandbox.labels import TOP, under

MAX_LINKS = 40  # Linux's own limit


def unspoiled(paths: Iterable[str | Path], writable: Iterable[str | Path]) -> list[str | Path]:
    """The paths without those that pass through a symlink in a folder that runs can write to."""
    folders = tuple(os.path.realpath(folder) for folder in writable)
    return [path for path in paths if not _led_astray(str(path), folders)]


def _led_astray(path: str, folders: tuple[str, ...]) -> bool:
    return any(under(link, folder) for link in _links(path) for folder in folders)


def _links(path: str) -> Iterator[str]:
    """Every symlink on the path, at its real location."""
    here, ahead, left = TOP, path.split("/")[::-1], MAX_LINKS
    while ahead and left:
        step = ahead.pop()
        if step in {"", "."}:
            continue
        if step == "..":
            here = os.path.dirname(here)  # noqa: PTH120 - as texts, before each start
            continue
        there = f"{here.rstrip('/')}/{step}"
        try:
            target = os.readlink(there)  # noqa: PTH115
        except OSError:
            here = there
            continue
        yield there
        left -= 1
        here = TOP if target.startswith("/") else here
        ahead += target.split("/")[::-1]
