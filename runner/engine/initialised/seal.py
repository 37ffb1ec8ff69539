"""What `init` left, kept where no run can write: each command gets a data folder (TF_DATA_DIR) made from it.

workspaces/<stack>/sealed/<digest>/manifest.json   what `init` was given and every file that it left; <digest> is of it
workspaces/<stack>/sealed/<digest>/data/           those files
workspaces/<stack>/sealed/<digest>/lock            the lock file that `init` left, where there is one

A copy is made under another name and renamed when it is whole. Nothing is read from it that does not have the digest
that the manifest names, so that one which a crash or the disk has damaged is none.
"""

import hashlib
import json
import os
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import asdict
from io import FileIO
from pathlib import Path
from typing import Any

from runner.engine.removal import put_aside, remove
from runner.host.files import PRIVATE_FOLDER, private_folder, read_foreign
from runner.model.code.called_modules import CalledModule, local_folders
from runner.model.values.frozen import dataclass

SEALED = "sealed"
MAKING = ".making-"
MANIFEST, DATA, LOCK = "manifest.json", "data", "lock"
BACKEND = "terraform.tfstate"  # terraform's name for its backend record
LARGEST_MANIFEST = 256 << 20
_CHUNK = 1 << 20
KEPT = 3  # a drift check of the applied revision and a plan of the new one alternate
_FRESH = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC


class SealBroken(Exception):
    """a sealed copy was altered"""


@dataclass(frozen=True)
class Manifest:
    """`files` have mode and SHA-256 each, `links` their targets; by their paths in the data folder."""

    everything: str  # digests of the inputs of `init`
    relevant: str
    backend: str | None  # its type
    modules: tuple[CalledModule, ...]
    folders: tuple[str, ...]
    files: Mapping[str, tuple[int, str]]
    links: Mapping[str, str]
    lock: str | None  # SHA-256 of the lock file
    computed: bool = False  # whether the engine evaluates something to read the code

    def content(self) -> bytes:
        return json.dumps(asdict(self), sort_keys=True, separators=(",", ":")).encode()

    @property
    def local_folders(self) -> list[str]:
        return local_folders(self.modules)


@dataclass(frozen=True)
class Seal:
    folder: Path
    manifest: Manifest

    @property
    def data(self) -> Path:
        return self.folder / DATA

    @property
    def lock_file(self) -> Path:
        return self.folder / LOCK

    def used(self) -> None:
        """The most recently used ones are kept."""
        with suppress(FileNotFoundError):
            os.utime(self.folder / MANIFEST)

    def restore(self, data: Path) -> None:
        """Rebuild the data folder; SealBroken if an exact copy is impossible."""
        put_aside(data)
        os.mkdir(data, PRIVATE_FOLDER)  # noqa: PTH102 - a thousand times for large modules
        for folder in self.manifest.folders:
            os.mkdir(f"{data}/{folder}", PRIVATE_FOLDER)  # noqa: PTH102
        for path in self.manifest.files:
            self._copy(path, data)
        for path, target in self.manifest.links.items():
            os.symlink(target, f"{data}/{path}")  # noqa: PTH211

    def restore_backend(self, data: Path) -> None:
        """For `init`, and for reading the state: only the backend record."""
        put_aside(data)
        os.mkdir(data, PRIVATE_FOLDER)  # noqa: PTH102
        if BACKEND in self.manifest.files:
            self._copy(BACKEND, data)

    def _copy(self, path: str, data: Path) -> None:
        mode, digest = self.manifest.files[path]
        try:
            source = os.open(f"{self.folder}/{DATA}/{path}", os.O_RDONLY | os.O_CLOEXEC)
        except OSError as error:
            raise SealBroken(f"{self.data / path}: {error.strerror}") from error
        with os.fdopen(source, "rb", 0) as file:
            if _written(file, os.open(f"{data}/{path}", _FRESH, mode)) != digest:
                raise SealBroken(f"{self.data / path} was altered")


def _written(file: FileIO, descriptor: int) -> str:
    """SHA-256 of the copied bytes."""
    digest = hashlib.sha256()
    with os.fdopen(descriptor, "wb", 0) as copy:
        while chunk := file.read(_CHUNK):
            digest.update(chunk)
            left = memoryview(chunk)
            while left:
                left = left[copy.write(left) :]
    return digest.hexdigest()


def seals(folder: Path) -> Iterator[Seal]:
    """The complete ones, most recently used first."""
    found: list[tuple[float, Path]] = []
    with suppress(FileNotFoundError):
        for one in folder.iterdir():
            with suppress(OSError):
                found.append(((one / MANIFEST).stat().st_mtime, one))
    for _, one in sorted(found, reverse=True):
        manifest = _read(one)
        if manifest is not None:
            yield Seal(one, manifest)


def newest(folder: Path) -> Seal | None:
    return next(seals(folder), None)


def discard(seal: Seal) -> None:
    remove(seal.folder)


def name_of(manifest: bytes) -> str:
    return hashlib.sha256(manifest).hexdigest()


def prune(folder: Path, keep: int = KEPT) -> None:
    """Remove all but the last used ones, and the unfinished work of an init that died."""
    kept = {seal.folder for seal, _ in zip(seals(folder), range(keep), strict=False)}
    for one in private_folder(folder).iterdir():
        if one not in kept:
            remove(one)


def _read(folder: Path) -> Manifest | None:
    try:
        content = read_foreign(folder / MANIFEST, LARGEST_MANIFEST)
        if name_of(content) != folder.name:
            return None
        return _manifest(json.loads(content))
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _manifest(document: dict[str, Any]) -> Manifest:
    return Manifest(
        everything=document["everything"],
        relevant=document["relevant"],
        backend=document["backend"],
        modules=tuple(CalledModule(**one) for one in document["modules"]),
        folders=tuple(document["folders"]),
        files={path: (mode, digest) for path, (mode, digest) in document["files"].items()},
        links=document["links"],
        lock=document["lock"],
        computed=document.get("computed", False),
    )
