"""The bytes of managed states' versions, sealed, each in a file. Satisfies `ports.StateArchive`.

They stay in the data directory, wherever artifacts are: an apply must be able to save its state when a bucket is away.
"""

import hashlib
from collections.abc import Collection
from pathlib import Path

from runner.artifact.seal import NotOpened, OtherKey, Seal
from runner.artifact.shelf import FolderShelf
from runner.errors import StateVersionLost
from runner.model.state.version import StateKey

FOLDER = "state-versions"


class SealedStates:
    def __init__(self, data_dir: Path, seal: Seal) -> None:
        self.shelf = FolderShelf(data_dir / FOLDER)
        self.seal = seal

    def put(self, key: StateKey, content: bytes) -> str:
        digest = hashlib.sha256(content).hexdigest()
        place = _place(key, digest)
        self.shelf.write_once(place, self.seal.close(content, place))
        return digest

    def get(self, key: StateKey, digest: str) -> bytes:
        place = _place(key, digest)
        try:
            content = self.seal.open(self.shelf.read(place), place)
        except KeyError:
            raise _lost(key, digest, "its file is missing") from None
        except NotOpened:
            raise _lost(key, digest, "its file is damaged") from None
        except OtherKey as other:
            raise _lost(key, digest, f"it was sealed with another key, {other.wanted}") from None
        if hashlib.sha256(content).hexdigest() != digest:
            raise _lost(key, digest, "its file is damaged")
        return content

    def keep_only(self, key: StateKey, digests: Collection[str]) -> int:
        others = [name for name in self.shelf.list(key.name) if name not in digests]
        for name in others:
            self.shelf.remove(f"{key.name}/{name}")
        return len(others)


def _place(key: StateKey, digest: str) -> str:
    return f"{key.name}/{digest}"


def _lost(key: StateKey, digest: str, problem: str) -> StateVersionLost:
    return StateVersionLost(folder=key.folder, digest=digest[:12], problem=problem)
