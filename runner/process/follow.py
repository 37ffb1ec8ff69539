"""Follow the output files of a process while it writes them: complete lines as they come, with a size cap."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Self

CHUNK = 1 << 16
CHUNKS_A_TICK = 16  # a process may write faster than its lines can be read


class Follower:
    """Reads stdout's file as it grows, and checks that neither file exceeds the cap.

    With `spare` the process is never affected: oversized files are truncated while it writes (with O_APPEND),
    and a fault in `on_line` ends the following, not the process.
    """

    def __init__(
        self,
        stdout: Path,
        stderr: Path,
        on_line: Callable[[str], None] | None,
        *,
        output_cap: int,
        line_cap: int,
        spare: bool,
    ) -> None:
        self.paths = stdout, stderr
        self.on_line = on_line
        self.output_cap = output_cap
        self.line_cap = line_cap
        self.spare = spare
        self.complete = True
        self.overflowed = False
        self._partial = bytearray()
        self._skipping = False

    def __enter__(self) -> Self:
        stdout, stderr = self.paths
        self._stdout = stdout.open("rb", buffering=0)
        self._stderr = stderr.open("rb", buffering=0)
        return self

    def __exit__(self, *_: object) -> None:
        self._stdout.close()
        self._stderr.close()

    def read(self) -> bool:
        """Pass on new lines, up to one tick's share; returns whether there is more."""
        try:
            return self._read()
        except Exception:
            if not self.spare:
                raise
            self.complete = False
            self.on_line = None
            return False

    def drain(self) -> None:
        """Pass on the rest, with the last line even if it is unterminated; after a cap, nothing more."""
        while self.read():
            pass
        if self._partial and self.on_line is not None:
            self._end_line()

    def _read(self) -> bool:
        if not self.spare:
            self._limit()
            if self.overflowed:
                return False
        more = self.on_line is not None
        for _ in range(CHUNKS_A_TICK if more else 0):
            if not (chunk := self._stdout.read(CHUNK)):
                more = False
                break
            self._take(chunk)
        if self.spare:
            self._limit()
        return more

    def _limit(self) -> None:
        for file, path in zip((self._stdout, self._stderr), self.paths, strict=True):
            if os.fstat(file.fileno()).st_size > self.output_cap:
                self.complete = False
                self.overflowed = True
                if self.spare:
                    os.truncate(path, 0)
                    file.seek(0)

    def _take(self, chunk: bytes) -> None:
        *ends, rest = chunk.split(b"\n")
        for end in ends:
            self._partial += end
            self._end_line()
        self._partial += rest
        if len(self._partial) > self.line_cap:
            # The beginning of an oversized line is passed on, the rest is dropped.
            self._end_line()
            self._skipping = True

    def _end_line(self) -> None:
        line = bytes(self._partial)
        self._partial.clear()
        if len(line) > self.line_cap:
            self.complete = False
        if not self._skipping and self.on_line is not None:
            self.on_line(line[: self.line_cap].decode(errors="replace"))
        self._skipping = False
