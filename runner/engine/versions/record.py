"""What is known of each program that was named as an engine: product, version, SHA-256."""

import hashlib
import json
import threading
from collections.abc import Mapping
from dataclasses import asdict, replace
from functools import cache
from pathlib import Path

from runner.host.files import private_folder, write_whole
from runner.model.values.frozen import dataclass

RECORD = "inventory.json"
KEPT = 256  # programs


@dataclass(frozen=True)
class Known:
    """Each is empty until somebody needed it."""

    product: str = ""
    version: str = ""
    sha256: str = ""


class Record:
    """By file: a replaced program has another inode or another change time, which no program can set."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._known: dict[str, Known] = {}
        self._guard = threading.Lock()

    def of(self, binary: Path) -> Known | None:
        key = _key(binary)
        with self._guard:
            if key not in self._known:
                self._known |= self._recorded()
            return self._known.get(key)

    def note(self, binary: Path, product: str, version: str) -> Known:
        return self._keep(_key(binary), product=product, version=version)

    def digest(self, binary: Path) -> str:
        """Hashing its 90 MB takes as long as three small plans."""
        known = self.of(binary)
        if known is None or not known.sha256:
            key = _key(binary)
            known = self._keep(key, sha256=hashed(binary.resolve()))
        return known.sha256

    def _keep(self, key: str, **facts: str) -> Known:
        with self._guard:
            # Another process may have written meanwhile. What it loses is asked again.
            known = {**self._recorded(), **self._known}
            added = replace(known.pop(key, Known()), **facts)
            self._known = dict([*known.items(), (key, added)][-KEPT:])
            content = json.dumps({name: asdict(one) for name, one in self._known.items()}, indent=1)
            write_whole(private_folder(self.folder) / RECORD, content.encode(), durable=False)
        return added

    def _recorded(self) -> Mapping[str, Known]:
        try:
            recorded = json.loads((self.folder / RECORD).read_bytes())
            return {
                key: Known(*(str(facts[name]) for name in ("product", "version", "sha256")))
                for key, facts in recorded.items()
            }
        except (OSError, ValueError, AttributeError, TypeError, KeyError):
            return {}


@cache
def record_in(folder: Path) -> Record:
    return Record(folder)


def binary_digest(binary: Path, folder: Path) -> str:
    return record_in(folder).digest(binary)


def hashed(binary: Path) -> str:
    with binary.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _key(binary: Path) -> str:
    real = binary.resolve()
    about = real.stat()
    facts = (about.st_dev, about.st_ino, about.st_size, about.st_mtime_ns, about.st_ctime_ns)
    return " ".join(map(str, (real, *facts)))
