"""The log of a run as its worker sends it: in pieces, each of which may arrive twice."""

import os
from pathlib import Path

from runner.errors import LogAhead
from runner.host.files import PRIVATE_FILE


def append(log: Path, run: str, offset: int, piece: bytes) -> int:
    """Add what is new of the piece, whose first byte is at `offset`; returns the size then. LogAhead if some are missing."""
    descriptor = os.open(
        log, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_NOFOLLOW | os.O_CLOEXEC, PRIVATE_FILE
    )
    with os.fdopen(descriptor, "wb") as file:
        size = os.fstat(file.fileno()).st_size
        if offset > size:
            raise LogAhead(run=run, size=size, offset=offset)
        file.write(piece[size - offset :])
    return max(size, offset + len(piece))


def size_of(log: Path) -> int:
    try:
        return log.stat().st_size
    except FileNotFoundError:
        return 0
