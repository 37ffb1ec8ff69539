"""Copies of managed states, kept out of runs' reach.

A run can write to the folder of its states, so names in it are not trusted: folders and files are opened by
type, and no symlink is followed.
"""

import errno
import json
import os
import stat
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

from runner.host.files import LARGEST_STATE, PRIVATE_FOLDER, private_folder, read_foreign, write_whole
from runner.model.stack.state_file import TornState
from runner.model.values.frozen import dataclass

STATE = "terraform.tfstate"
WORKSPACES = "terraform.tfstate.d"  # as the local backend lays them out
KEPT = 20
_END = 64  # bytes of a state that show whether it is complete
# Not there yet, or replaced by a run: with a link, a pipe, or a file in place of a folder.
_NONE = frozenset({errno.ENOENT, errno.ENOTDIR, errno.ELOOP, errno.EINVAL})


@dataclass(frozen=True)
class State:
    """`workspace` is terraform's, empty for the default one. `folder` is the open folder of the file."""

    workspace: str
    folder: int
    content: bytes


def size_of(folder: Path) -> int:
    return sum(len(state.content) for state in states(folder))


def copy_aside(folder: Path, copies: Path, run: int) -> None:
    """Copy all states of the folder, in case the run damages them."""
    for state in states(folder):
        # A state that a killed apply had only begun to write is useless as a backup.
        if not state.content.strip():
            continue
        kept = private_folder(_of(copies, state))
        write_whole(kept / _name(run), state.content)
        for old in sorted(kept.glob("*.tfstate"))[:-KEPT]:
            old.unlink(missing_ok=True)


def content_of(folder: Path, workspace: str) -> bytes | None:
    """The content of one state; None if there is none."""
    return next((state.content for state in states(folder) if state.workspace == workspace), None)


def replace_state(folder: Path, copies: Path, workspace: str, content: bytes, mark: str) -> Path | None:
    """Replace the state in one step; returns the copy of the previous one, named by the mark."""
    former = content_of(folder, workspace)
    copy = None
    if former is not None:
        copy = private_folder(copies / WORKSPACES / workspace if workspace else copies) / f"{mark}.tfstate"
        write_whole(copy, former)
    with _made(folder, workspace) as place:
        write_whole(Path(STATE), content, folder=place)
    return copy


@contextmanager
def _made(folder: Path, workspace: str) -> Iterator[int]:
    """The folder of a state, opened step by step: links that a run may have placed are not followed."""
    with ExitStack() as opened:
        place = _open(str(private_folder(folder)))
        opened.callback(os.close, place)
        for step in (WORKSPACES, workspace) if workspace else ():
            with suppress(FileExistsError):
                os.mkdir(step, PRIVATE_FOLDER, dir_fd=place)
            place = _open(step, place)
            opened.callback(os.close, place)
        yield place


def put_back_torn(folder: Path, copies: Path, run: int) -> tuple[TornState, ...]:
    """Restore empty or truncated states from before the run; reports failures too."""
    repaired = []
    # A file larger than any state is not torn, and the end of the apply is recorded all the same.
    for state in states(folder, _NONE | {errno.EFBIG}):
        copy = _of(copies, state) / _name(run)
        if _torn(state.content) and copy.is_file():
            problem = ""
            try:
                write_whole(Path(STATE), copy.read_bytes(), folder=state.folder)
            except OSError as error:  # the disk may still be full
                problem = error.strerror or str(error)
            repaired.append(TornState(_of(folder, state) / STATE, copy, problem))
    return tuple(repaired)


def damaged(folder: Path, copies: Path) -> Iterator[TornState]:
    """Broken states that have copies; only both ends of the file are read."""
    with _opened(str(folder)) as default:
        if default is None:
            return
        names = [""]
        with _opened(WORKSPACES, default) as others:
            names += [] if others is None else sorted(os.listdir(others))  # noqa: PTH208 - an open folder
        for name in names:
            state = folder / WORKSPACES / name / STATE if name else folder / STATE
            kept = copies / WORKSPACES / name if name else copies
            newest = max((copy for copy in kept.glob("*.tfstate") if not _ends_torn(copy)), default=None)
            if newest is not None and _ends_torn(state):
                yield TornState(state, newest)


def _ends_torn(path: Path) -> bool:
    """Whether the file exists, and does not begin and end like a JSON object."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError:
        return False
    with os.fdopen(descriptor, "rb") as file:
        about = os.fstat(descriptor)
        if not stat.S_ISREG(about.st_mode):
            return False
        first = file.read(_END).lstrip()[:1]
        file.seek(max(0, about.st_size - _END))
        return (first, file.read(_END).rstrip()[-1:]) != (b"{", b"}")


def _of(folder: Path, state: State) -> Path:
    return folder / WORKSPACES / state.workspace if state.workspace else folder


def _name(run: int) -> str:
    return f"{run:012d}.tfstate"


def _torn(content: bytes) -> bool:
    try:
        return "serial" not in json.loads(content)
    except (ValueError, TypeError):
        return True


def states(folder: Path, past: frozenset[int] = _NONE) -> Iterator[State]:
    """One at a time, the default workspace's first; OSError for unreadable ones, except for these numbers."""
    with _opened(str(folder)) as default:
        if default is None:
            return
        yield from _state_in("", default, past)
        with _opened(WORKSPACES, default) as others:
            for name in () if others is None else sorted(os.listdir(others)):  # noqa: PTH208 - an open folder
                with _opened(name, others) as other:
                    if other is not None:
                        yield from _state_in(name, other, past)


def _state_in(workspace: str, folder: int, past: frozenset[int]) -> Iterator[State]:
    try:
        content = read_foreign(STATE, LARGEST_STATE, folder)
    except OSError as error:
        if error.errno not in past:
            raise
        return
    yield State(workspace, folder, content)


@contextmanager
def _opened(name: str, within: int | None = None) -> Iterator[int | None]:
    """None if there is no folder of that name."""
    try:
        descriptor = _open(name, within)
    except OSError as error:
        if error.errno not in _NONE:
            raise
        yield None
        return
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def _open(name: str, within: int | None = None) -> int:
    return os.open(name, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=within)
