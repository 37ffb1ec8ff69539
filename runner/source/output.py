"""The output of a git command, up to a limit: a remote, or a tree that contains itself a thousand times,
could go on forever.
"""

import os
import selectors
import subprocess
import time
from contextlib import suppress
from typing import IO, cast

CHUNK = 1 << 16
MAX_ERRORS = 64 << 10


class TooMuch(Exception):
    """its output exceeds the limit"""


def collect(process: "subprocess.Popen[bytes]", timeout: float, limit: int) -> tuple[bytes, bytes]:
    """All of stdout and the beginning of stderr, once it has ended; TimeoutExpired or TooMuch otherwise."""
    deadline = time.monotonic() + timeout
    output, errors = bytearray(), bytearray()
    with selectors.DefaultSelector() as selector:
        for pipe, kept in ((process.stdout, output), (process.stderr, errors)):
            selector.register(cast("IO[bytes]", pipe), selectors.EVENT_READ, kept)
        while selector.get_map():
            ready = selector.select(max(0.0, deadline - time.monotonic()))
            if not ready:
                raise subprocess.TimeoutExpired(process.args, timeout)
            for key, _ in ready:
                chunk = os.read(key.fd, CHUNK)
                if not chunk:
                    selector.unregister(key.fileobj)
                elif key.data is errors:
                    errors += chunk[: MAX_ERRORS - len(errors)]
                else:
                    output += chunk
                    if len(output) > limit:
                        raise TooMuch
    process.wait(max(0.0, deadline - time.monotonic()))
    return bytes(output), bytes(errors)


def drained(errors: IO[bytes]) -> bytes:
    """Read to the end, but keep only the beginning."""
    kept = errors.read(MAX_ERRORS)
    with suppress(ValueError):  # closed meanwhile: the process is gone
        while errors.read(CHUNK):
            pass
    return kept
