"""The log of a run as its worker sends it: in pieces, each of which may arrive twice, or late while its repetition arrives."""

import fcntl
import os
from pathlib import Path

from runner.errors import LogAhead
from runner.host.files import PRIVATE_FILE
from runner.model.run import log_size


def append(log: Path, run: str, offset: int, piece: bytes) -> int:
    """Add what is new of the piece, whose first byte is at `offset`; returns where the next one begins.

    LogAhead if some are missing. A log that is full says so in its last line and stays as it is, whatever comes.
    """
    flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_NOFOLLOW | os.O_CLOEXEC
    with os.fdopen(os.open(log, flags, PRIVATE_FILE), "wb") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        size = os.fstat(file.fileno()).st_size
        if size > log_size.LARGEST:
            return offset + len(piece)
        if offset > size:
            raise LogAhead(run=run, size=size, offset=offset)
        new = piece[size - offset :]
        room = log_size.LARGEST - size
        file.write(new[:room])
        if len(new) > room:
            file.write(f"\n{log_size.CUT}\n".encode())
    return max(size, offset + len(piece))


def size_of(log: Path) -> int:
    try:
        return log.stat().st_size
    except FileNotFoundError:
        return 0
