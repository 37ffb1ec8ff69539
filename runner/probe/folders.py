"""The folders of a check, for its communication with providers and for their sockets; nothing in them
outlives the check.
"""

import fcntl
import os
import re
import secrets
import socket
import tempfile
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, nullcontext, suppress
from pathlib import Path
from shutil import rmtree

from runner.host.files import private_folder
from runner.host.flock import remove_if_free
from runner.host.noted import note
from runner.probe.conversation import ProbeFailed
from runner.process.run import Child

LONGEST_PATH = 100  # of a socket: the kernel allows 108 bytes including the end, macOS 104
PREFIX = "dl-"
NAME = 24  # characters of a socket's
YOUNG_SECONDS = 60.0  # it may not be locked yet
_OWN = re.compile(r"[0-9a-f]{16}")


@contextmanager
def own_folder(base: Path) -> Iterator[Path]:
    """In the data directory, out of runs' reach. Folders of killed checks are removed."""
    _sweep(base)
    folder = private_folder(base / secrets.token_hex(8))
    held = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        fcntl.flock(held, fcntl.LOCK_SH)
        yield folder
    finally:
        rmtree(folder, ignore_errors=True)
        os.close(held)


@contextmanager
def short_folder() -> Iterator[Path]:
    """A folder for sockets where another one's path is too long."""
    folder = Path(tempfile.mkdtemp(prefix=PREFIX))
    try:
        yield folder
    finally:
        rmtree(folder, ignore_errors=True)


@contextmanager
def listeners(own: Path, count: int) -> Iterator[tuple[Path, list[socket.socket]]]:
    """As many listening sockets as requested, with short names, and their folder: the check's own, or another one, 0700 too."""
    fits = len(str(own)) + 1 + NAME <= LONGEST_PATH
    made: list[socket.socket] = []
    with nullcontext(own) if fits else short_folder() as folder:
        try:
            _listen(folder, count, made)
            yield folder, made
        finally:
            for listener in made:
                listener.close()


def _listen(folder: Path, count: int, made: list[socket.socket]) -> None:
    try:
        for number in range(count):
            made.append(socket.socket(socket.AF_UNIX))
            made[-1].bind(str(folder / str(number)))
            made[-1].listen()
    except OSError as error:
        raise ProbeFailed(f"its sockets cannot be created: {error}") from error


def note_process(folder: Path, process: Child, beside: Iterable[Path]) -> None:
    """It ends with the folder, and the folders beside it go, should nobody be left to end it."""
    pids = [process.pid, *([process.namespaces.first] if process.namespaces is not None else [])]
    note(folder, pids, beside)


def _sweep(base: Path) -> None:
    for folder in base.iterdir():
        # Another check may remove it at the same time.
        with suppress(OSError):
            if _OWN.fullmatch(folder.name) and time.time() - folder.stat().st_mtime > YOUNG_SECONDS:
                remove_if_free(folder)
