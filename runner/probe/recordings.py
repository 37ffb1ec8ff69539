"""Recordings of checks, one for each stack, sealed and bound to it."""

import hashlib
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from runner.host.files import private_folder, write_whole

if TYPE_CHECKING:
    from runner.ports.keeping import Sealing

RECORDINGS = "probe/recordings"  # in the data directory
LARGEST = 64 << 20


class Recordings:
    """One folder, 0700. A file that cannot be read, or that another key sealed, counts as missing."""

    def __init__(self, folder: Path, seal: "Sealing") -> None:
        self._folder = folder
        self._seal = seal

    def get(self, stack: str) -> bytes | None:
        path = self.file(stack)
        try:
            if path.stat().st_size > LARGEST:
                return None
            return self._seal.open(path.read_bytes(), _place(stack))
        except Exception:  # noqa: BLE001 - however it is damaged, a check is only dearer
            return None

    def put(self, stack: str, content: bytes) -> None:
        """OSError without space for it; the next check is only dearer."""
        private_folder(self._folder)
        write_whole(self.file(stack), self._seal.close(content, _place(stack)), durable=False)

    def forget(self, stack: str) -> None:
        with suppress(OSError):
            self.file(stack).unlink(missing_ok=True)

    def file(self, stack: str) -> Path:
        return self._folder / name_of(stack)


def name_of(stack: str) -> str:
    """Of its file."""
    return hashlib.sha256(stack.encode()).hexdigest()[:40]


def keep_only(folder: Path, stacks: Iterable[str]) -> int:
    """Remove the recordings of all others; returns how many."""
    kept = {name_of(stack) for stack in stacks}
    others = [path for path in folder.glob("*") if path.name not in kept]
    for path in others:
        path.unlink(missing_ok=True)
    return len(others)


def _place(stack: str) -> str:
    return f"recording of {stack}"
