"""Artifacts: immutable bytes named by their digest, kept encrypted in a folder or a bucket."""

from collections.abc import Callable, Iterator
from pathlib import Path

from runner.artifact.seal import Seal
from runner.artifact.shelf import FolderShelf, S3Shelf, Shelf
from runner.artifact.store import ArtifactStore
from runner.model.settings.server import Settings
from runner.model.values.key_text import read_key

__all__ = ["ArtifactStore", "FolderShelf", "S3Shelf", "Seal", "open_artifacts", "open_seal"]


def open_artifacts(settings: Settings, key_file: Callable[[Path], bytes]) -> ArtifactStore:
    """The store that the configuration names; `key_file` reads the key of a file, and creates it if missing."""
    shelf: Shelf = (
        S3Shelf(settings.artifacts)
        if settings.artifacts.store == "s3"
        else FolderShelf(settings.data_dir / "artifacts")
    )
    return ArtifactStore(shelf, open_seal(settings, key_file))


def open_seal(settings: Settings, key_file: Callable[[Path], bytes]) -> Seal:
    """Data sealed with the generated key stays readable after a key is configured."""
    own, generated = settings.artifacts.key, settings.data_dir / "keys" / "artifacts"

    def current() -> bytes:
        return key_file(generated) if own is None else read_key(own)

    def openers() -> Iterator[bytes]:
        if own is not None:
            yield read_key(own)
        if generated.exists():
            yield key_file(generated)
        yield from map(read_key, settings.artifacts.old_keys)

    return Seal(current, openers)
