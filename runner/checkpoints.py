"""The file of checkpoints: lines are only ever added to it, each made durable before anybody relies on it."""

import fcntl
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from runner import failpoint
from runner.errors import CheckpointFailed
from runner.files import PRIVATE_FILE, sync_folder
from runner.model.checkpoint import Chain, Checkpoint, read, sealed

_TAIL = 8 * 1024  # holds some thirty lines


class FileCheckpoints:
    """Satisfies `ports.Checkpoints` with one file, which may lie on another disk than the database."""

    def __init__(self, path: Path, key: Callable[[], bytes]) -> None:
        self.path = path
        self._key = key

    @property
    def place(self) -> str:
        return str(self.path)

    def read(self) -> Chain | None:
        try:
            content = self.path.read_bytes()
        except FileNotFoundError:
            return None
        except OSError as error:
            raise self._failed(error) from error
        return read(content, self._key())

    def newest(self) -> Checkpoint | None:
        try:
            with self.path.open("rb") as file:
                return self._end(file.fileno()).newest
        except FileNotFoundError:
            return None
        except OSError as error:
            raise self._failed(error) from error

    def append(self, checkpoint: Checkpoint, *, after: Checkpoint | None) -> bool:
        try:
            with self._alone() as descriptor:
                end = self._end(descriptor)
                if end.newest != after:
                    return False
                line = sealed(checkpoint, end.seal, self._key()) + b"\n"
                failpoint.reach("checkpoint.before_append")
                # One write: what a full disk cut short before gets its end, and the chain goes on over it.
                _write(descriptor, line if end.finished else b"\n" + line)
                os.fsync(descriptor)
                failpoint.reach("checkpoint.after_append")
        except OSError as error:
            raise self._failed(error) from error
        return True

    @contextmanager
    def _alone(self) -> Iterator[int]:
        is_new = not self.path.exists()
        flags = os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC
        descriptor = os.open(self.path, flags, PRIVATE_FILE)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            if is_new:
                sync_folder(self.path.parent)
            yield descriptor
        finally:
            os.close(descriptor)

    def _end(self, descriptor: int) -> Chain:
        """The newest lines; the whole file only where none of them is sound."""
        size = os.fstat(descriptor).st_size
        if size > _TAIL:
            content = os.pread(descriptor, _TAIL, size - _TAIL)
            chain = read(content.partition(b"\n")[2], self._key(), from_start=False)
            if chain.checkpoints:
                return chain
        return read(_whole(descriptor, size), self._key())

    def _failed(self, error: OSError) -> CheckpointFailed:
        return CheckpointFailed(path=self.path, problem=error.strerror or str(error))


def _whole(descriptor: int, size: int) -> bytes:
    parts: list[bytes] = []
    at = 0
    while at < size and (part := os.pread(descriptor, size - at, at)):
        parts.append(part)
        at += len(part)
    return b"".join(parts)


def _write(descriptor: int, content: bytes) -> None:
    if os.write(descriptor, content) != len(content):
        raise OSError(None, "only a part of a line could be written")
