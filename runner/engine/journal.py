"""The log of a run that people follow: appended line by line, and never blocking the command it describes."""

import os
from collections import deque
from collections.abc import Iterable
from pathlib import Path
from typing import Self

from runner.host.files import PRIVATE_FILE
from runner.model.run import log_size

TAIL = 200


class Journal:
    """`complete` is False if a line was lost: the disk was full, or the cap was reached."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.complete = True
        self.tail: deque[str] = deque(maxlen=TAIL)
        self._skipped = 0  # lines still to skip, because another process wrote them already
        self._descriptor: int | None = None
        self._size = 0
        self._cut = False

    def __enter__(self) -> Self:
        try:
            flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_NOFOLLOW
            self._descriptor = os.open(self.path, flags, PRIVATE_FILE)
            self._size = os.fstat(self._descriptor).st_size
        except OSError:
            self.complete = False
        return self

    def __exit__(self, *_: object) -> None:
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None

    def write(self, lines: Iterable[str]) -> None:
        for line in lines:
            self.tail.append(line)
            if self._skipped:
                self._skipped -= 1
            else:
                self._append(f"{line}\n".encode(errors="replace"))

    def resume(self, title: str) -> None:
        """Skip as many lines as follow the last such title: the same output gives the same lines."""
        try:
            content = self.path.read_bytes()
            *whole, torn = content.split(b"\n")
            if torn:
                # Its writer was killed in the middle of it.
                os.truncate(self.path, len(content) - len(torn))
        except OSError:
            return
        lines = [line.decode(errors="replace") for line in whole]
        if title in lines:
            self._skipped = lines[::-1].index(title)

    def _append(self, line: bytes) -> None:
        if self._descriptor is None or self._cut:
            self.complete = False
            return
        if self._size + len(line) > log_size.LARGEST:
            self.complete, self._cut = False, True
            line = f"{log_size.CUT}\n".encode()
        try:
            self._size += os.write(self._descriptor, line)
        except OSError:
            self.complete = False
