"""The file of checkpoints: append-only, with each line made durable before it counts.

Nothing is appended to a file with other contents, and none is created without a key to seal its first line.
"""

import fcntl
import os
import re
import stat
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from runner import failpoint
from runner.errors import CheckpointFailed
from runner.host.files import PRIVATE_FILE, sync_folder
from runner.model.audit.checkpoint import Chain, Checkpoint, read, sealed
from runner.model.audit.log import GENESIS

_TAIL = 8 * 1024  # about thirty lines
_BEGINNING, _NEXT = b'{"seq":', b',"head":"'
_NUMBERED = re.compile(re.escape(_BEGINNING) + rb"[0-9]+")


class FileCheckpoints:
    """Satisfies `ports.Checkpoints` with one file, which may be on another disk than the database."""

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
            with self._opened(os.O_RDONLY) as descriptor:
                return self._end(descriptor).newest
        except FileNotFoundError:
            return None
        except OSError as error:
            raise self._failed(error) from error

    def append(self, checkpoint: Checkpoint, *, after: Checkpoint | None) -> bool:
        key = self._key()
        try:
            with self._alone() as descriptor:
                end = self._end(descriptor)
                if end.newest != after:
                    return False
                line = sealed(checkpoint, end.seal, key) + b"\n"
                failpoint.reach("checkpoint.before_append")
                # One write: a line that a full disk truncated is terminated, and the chain continues past it.
                _write(descriptor, line if end.finished else b"\n" + line)
                os.fsync(descriptor)
                failpoint.reach("checkpoint.after_append")
        except OSError as error:
            raise self._failed(error) from error
        return True

    @contextmanager
    def _alone(self) -> Iterator[int]:
        is_new = not self.path.exists()
        with self._opened(os.O_RDWR | os.O_APPEND | os.O_CREAT) as descriptor:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            if is_new:
                sync_folder(self.path.parent)
            yield descriptor

    @contextmanager
    def _opened(self, flags: int) -> Iterator[int]:
        """Without waiting for the other end of a pipe."""
        descriptor = os.open(self.path, flags | os.O_CLOEXEC | os.O_NONBLOCK, PRIVATE_FILE)
        try:
            mode = os.fstat(descriptor).st_mode
            if stat.S_ISDIR(mode):
                raise IsADirectoryError(None, "Is a directory")
            if not stat.S_ISREG(mode):
                raise self._foreign("it is not a regular file")
            yield descriptor
        finally:
            os.close(descriptor)

    def _end(self, descriptor: int) -> Chain:
        """The newest lines; the whole file only if none of them is sound."""
        size = os.fstat(descriptor).st_size
        if size > _TAIL:
            content = os.pread(descriptor, _TAIL, size - _TAIL)
            chain = read(content.partition(b"\n")[2], self._key(), from_start=False)
            if chain.checkpoints:
                return chain
        content = _whole(descriptor, size)
        chain = read(content, self._key())
        if chain.seal == GENESIS and not _only_begun(content):
            raise self._foreign(
                "it contains no checkpoint, so it belongs to something else; nothing was written to it"
            )
        return chain

    def _foreign(self, problem: str) -> CheckpointFailed:
        hint = "set audit.checkpoints to a dedicated file; if this was a checkpoints file, move it away"
        return CheckpointFailed(path=self.path, problem=problem, hint=hint)

    def _failed(self, error: OSError) -> CheckpointFailed:
        return CheckpointFailed(path=self.path, problem=error.strerror or str(error))


def _only_begun(content: bytes) -> bool:
    """Whether every line begins as a checkpoint does: some may be truncated by a full disk, or altered further on."""
    return all(map(_begun, content.split(b"\n")))


def _begun(line: bytes) -> bool:
    if (found := _NUMBERED.match(line)) is None:
        return _BEGINNING.startswith(line)
    rest = line[found.end() :]
    return rest.startswith(_NEXT) or _NEXT.startswith(rest)


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
