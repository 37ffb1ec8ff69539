"""Copies of managed states, kept where no run can reach them.

A run writes to the folder of its states, so nothing in there is taken for what its name says: folders and files are opened
as what they are, and no symlink is followed.
"""

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from runner.files import LARGEST_STATE, private_folder, read_foreign, write_whole

STATE = "terraform.tfstate"
WORKSPACES = "terraform.tfstate.d"  # as the local backend lays them out
KEPT = 20


@dataclass(frozen=True)
class State:
    """`workspace` is terraform's, empty for the default one. `folder` is open, and where the file is."""

    workspace: str
    folder: int
    content: bytes


def size_of(folder: Path) -> int:
    return sum(len(state.content) for state in _states(folder))


def copy_aside(folder: Path, copies: Path, run: int) -> None:
    """All states of the folder, for what the run may do to them."""
    for state in _states(folder):
        kept = private_folder(_of(copies, state))
        write_whole(kept / _name(run), state.content)
        for old in sorted(kept.glob("*.tfstate"))[:-KEPT]:
            old.unlink(missing_ok=True)


def put_back_torn(folder: Path, copies: Path, run: int) -> tuple[Path, ...]:
    """Those that are no state any more, as they were before the run: empty, or cut off."""
    mended = []
    for state in _states(folder):
        copy = _of(copies, state) / _name(run)
        if _torn(state.content) and copy.is_file():
            write_whole(Path(STATE), copy.read_bytes(), folder=state.folder)
            mended.append(_of(folder, state) / STATE)
    return tuple(mended)


def _of(folder: Path, state: State) -> Path:
    return folder / WORKSPACES / state.workspace if state.workspace else folder


def _name(run: int) -> str:
    return f"{run:012d}.tfstate"


def _torn(content: bytes) -> bool:
    try:
        return "serial" not in json.loads(content)
    except (ValueError, TypeError):
        return True


def _states(folder: Path) -> Iterator[State]:
    """One at a time, the default workspace's first."""
    with _opened(str(folder)) as default:
        yield from _state_in("", default)
        with suppress(OSError), _opened(WORKSPACES, default) as others:
            for name in sorted(os.listdir(others)):  # noqa: PTH208 - of an open folder
                with suppress(OSError), _opened(name, others) as other:
                    yield from _state_in(name, other)


def _state_in(workspace: str, folder: int) -> Iterator[State]:
    # None there yet, or something that a run has put in its place.
    with suppress(OSError):
        content = read_foreign(STATE, LARGEST_STATE, folder)
        yield State(workspace, folder, content)


@contextmanager
def _opened(name: str, within: int | None = None) -> Iterator[int]:
    descriptor = os.open(name, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=within)
    try:
        yield descriptor
    finally:
        os.close(descriptor)
