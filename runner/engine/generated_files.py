"""Files that a plan made beside fetched modules' code, such as the archive of `archive_file`: its own apply needs them.

The data folder is rebuilt for each command, so these files are copied out of runs' reach, and restored for
the apply of the same run. No other run gets them.
"""

import os
from collections.abc import Iterator
from contextlib import suppress
from itertools import islice
from pathlib import Path

from runner.engine.initialised.seal import Seal
from runner.engine.modules.code_files import VALUES
from runner.engine.removal import remove
from runner.host.files import PRIVATE_FILE, private_folder, read_foreign
from runner.model.code.called_modules import FETCHED
from runner.model.code.module import is_configuration
from runner.model.values.frozen import dataclass

FOLDER = "made"
KEPT = 5  # runs per stack
DEEPEST, MAX_LOOKED, MAX_FILES, MAX_BYTES = 32, 200_000, 1_000, 512 << 20
_OPEN = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_FRESH = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC


@dataclass(frozen=True)
class Made:
    """The files of one run of a stack; `data` is its data folder."""

    data: Path
    run: str

    @property
    def folder(self) -> Path:
        return self.data.with_name(FOLDER) / self.run

    def keep(self, seal: Seal) -> None:
        """After a plan. Files that are not plain, are code or exceed the limits are not kept: the apply will miss them."""
        remove(self.folder)
        if any(one.fetched for one in seal.manifest.modules):
            try:
                self._keep(seal)
            except OSError:
                remove(self.folder)  # for example on a full disk: an apply that needs it will report it
            self._prune()

    def _keep(self, seal: Seal) -> None:
        left = MAX_BYTES
        for path, folder, name in self._new(seal):
            try:
                content = read_foreign(name, left, folder)
            except OSError:
                continue
            left -= len(content)
            _write(private_folder((self.folder / path).parent) / name, content)

    def put_back(self) -> None:
        """Before the apply, into a new data folder."""
        for place, _, names in os.walk(self.folder):
            for path in (Path(place, name) for name in names):
                target = self.data / path.relative_to(self.folder)
                with suppress(FileExistsError, NotADirectoryError):
                    _write(private_folder(target.parent) / target.name, path.read_bytes())

    def _new(self, seal: Seal) -> Iterator[tuple[str, int, str]]:
        """Path, open folder and name of each file; replacing a folder meanwhile has no effect."""
        found = 0
        for path, folder, name in _Walk(self.data).files():
            known = path in seal.manifest.files or path in seal.manifest.links
            if known or is_configuration(name) or name.endswith(VALUES) or found >= MAX_FILES:
                continue
            found += 1
            yield path, folder, name

    def _prune(self) -> None:
        with suppress(FileNotFoundError):
            runs = sorted(self.folder.parent.iterdir(), key=lambda one: one.stat().st_mtime, reverse=True)
            for old in runs[KEPT:]:
                remove(old)


class _Walk:
    """Walks below the fetched modules, skipping dot folders: each folder is opened from its parent."""

    def __init__(self, data: Path) -> None:
        self._open: list[tuple[int, str, Iterator[os.DirEntry[str]]]] = []
        self._data = data

    def files(self) -> Iterator[tuple[str, int, str]]:
        """Path, open folder and name of each."""
        try:
            top = os.open(self._data, _OPEN)
            try:
                self._enter(FETCHED, top, "")
            finally:
                os.close(top)
            yield from self._below()
        except OSError:
            return  # no such folder, or it is being replaced
        finally:
            for descriptor, _, _ in self._open:
                os.close(descriptor)

    def _below(self) -> Iterator[tuple[str, int, str]]:
        for _ in range(MAX_LOOKED):
            if not self._open:
                return
            descriptor, prefix, entries = self._open[-1]
            entry = next(entries, None)
            if entry is None:
                os.close(self._open.pop()[0])
            elif entry.is_dir(follow_symlinks=False):
                if len(self._open) < DEEPEST and not entry.name.startswith("."):
                    self._enter(entry.name, descriptor, prefix)
            elif entry.is_file(follow_symlinks=False):
                yield f"{prefix}{entry.name}", descriptor, entry.name

    def _enter(self, name: str, above: int, prefix: str) -> None:
        with suppress(PermissionError):
            descriptor = os.open(name, _OPEN, dir_fd=above)
            with os.scandir(descriptor) as entries:
                listed = list(islice(entries, MAX_LOOKED))
            self._open.append((descriptor, f"{prefix}{name}/", iter(listed)))


def _write(path: Path, content: bytes) -> None:
    with os.fdopen(os.open(path, _FRESH, PRIVATE_FILE), "wb") as file:
        file.write(content)
