"""Revisions as packs of Git's objects: made from the mirror here, and taken by a worker that has no login at the remote.

A pack holds one commit and all that its tree contains, without history. Git names every object by its content, so that
a worker notices if it got anything else than the revision that its job names.
"""

import os
import shutil
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import BinaryIO

from runner.errors import GitFailed, RevisionGone
from runner.host.files import PRIVATE_FILE, private_folder, write_whole
from runner.host.flock import held
from runner.model.settings.source import SourceSettings
from runner.source import arguments
from runner.source.command import Call, Ended, run, stream
from runner.source.failure import failed
from runner.source.mirror import Mirror

PACKS = "packs"
_UNFINISHED = ".part"
_FATAL = 128  # of git: an object is missing or damaged


class GitPacks:
    """Satisfies `ports.Packs` in the data directory: `packs/<source>/<revision>.pack`."""

    def __init__(self, data_dir: Path, pack: Callable[[SourceSettings, str, Path], None]) -> None:
        """`pack` writes one from the mirror, which it repairs."""
        self._data_dir = data_dir
        self._pack = pack

    def make(self, source: SourceSettings, revisions: Iterable[str]) -> None:
        for revision in revisions:
            path = pack_file(self._data_dir, source.name, revision)
            try:
                os.utime(path)
            except FileNotFoundError:
                self._pack(source, revision, path)

    def keep_only(self, needed: frozenset[tuple[str, str]]) -> int:
        unneeded = [path for path in self._made() if (path.parent.name, path.stem) not in needed]
        for path in unneeded:
            path.unlink(missing_ok=True)
        return len(unneeded)

    def _made(self) -> Iterator[Path]:
        return (self._data_dir / PACKS).glob("*/*.pack")


def write_pack(mirror: Mirror, revision: str, path: Path) -> None:
    """Of one commit with its tree; RevisionGone if the mirror has not all of it."""
    private_folder(path.parent)
    part = path.with_suffix(f"{_UNFINISHED}{os.getpid()}")
    call = Call(tuple(arguments.pack_objects(mirror.path)), mirror.path.parent, mirror.timeout)
    try:
        with _private(part) as file, stream(call, arguments.one_revision(revision)) as (output, ended):
            shutil.copyfileobj(output, file)
        if ended.code != 0:
            raise _failed(mirror, revision, ended)
        part.rename(path)
    except OSError as error:
        raise failed(mirror.source, "pack-objects", str(error)) from error
    finally:
        part.unlink(missing_ok=True)


def _failed(mirror: Mirror, revision: str, ended: Ended) -> GitFailed:
    """A mirror that could not be made, and a git that is too slow or cannot write, say nothing about the revision."""
    problem = ended.error or f"exit code {ended.code}"
    if ended.code != _FATAL or not mirror.path.exists():
        return failed(mirror.source, "pack-objects", problem)
    first = problem.splitlines()[0]
    return RevisionGone(command="pack-objects", source=mirror.source.name, revision=revision, problem=first)


def pack_file(data_dir: Path, source: str, revision: str) -> Path:
    return data_dir / PACKS / source / f"{revision}.pack"


def take_pack(mirror: Mirror, revision: str, pack: Path) -> None:
    """Add the revision to a worker's mirror, which is made if it is missing; GitFailed if the pack is not of this revision."""
    private_folder(mirror.path.parent)
    with held(mirror.lock, mirror.timeout):
        if not mirror.path.exists():
            kind = "sha256" if len(revision) == 64 else "sha1"
            mirror.local("init", arguments.init(mirror.path, kind))
        # Without it git would look for the commit's parents, which no pack has.
        _note_taken(mirror, [*_taken(mirror), revision])
        ours = _place(mirror, revision)
        with pack.open("rb") as given, _private(ours) as file:
            shutil.copyfileobj(given, file)
        ended = run(Call(tuple(arguments.index_pack(mirror.path, ours)), mirror.path, mirror.timeout))
        if ended.code != 0 or not mirror.has(revision):
            with suppress(FileNotFoundError):
                ours.unlink()
            problem = ended.error or f"the pack does not contain {revision}"
            raise GitFailed(command="index-pack", source=mirror.source.name, problem=problem, hint="")


def is_taken(mirror: Mirror, revision: str) -> bool:
    """Whether a worker's mirror has it; `forget_packs` spares it from now on, as it does what was just taken."""
    if not mirror.path.exists():
        return False
    with held(mirror.lock, mirror.timeout):
        with suppress(FileNotFoundError):
            os.utime(_place(mirror, revision))
        return mirror.has(revision)


def forget_packs(data_dir: Path, needed: frozenset[tuple[str, str]], before: datetime, timeout: float) -> int:
    """Remove the packs of other (source, revision) pairs that were taken or used before then; returns how many.

    Only what a worker took: a mirror that fetches has packs of git's own.
    """
    removed = 0
    for path in sorted(data_dir.glob("mirrors/*.git")):
        name = path.name.removesuffix(".git")
        mirror = Mirror(data_dir, SourceSettings(name, ""), timeout)
        with held(mirror.lock, timeout):
            known = _taken(mirror)
            gone = [one for one in known if (name, one) not in needed and _is_old(mirror, one, before)]
            for revision in gone:
                _remove(_place(mirror, revision))
            if gone:
                _note_taken(mirror, [one for one in known if one not in gone])
        removed += len(gone)
    return removed


def _is_old(mirror: Mirror, revision: str, before: datetime) -> bool:
    """Not one that has no pack: a fetch noted it."""
    try:
        return _place(mirror, revision).stat().st_mtime < before.timestamp()
    except FileNotFoundError:
        return False


def _remove(pack: Path) -> None:
    """In the order of git: without its index it is no pack, so a killed worker leaves none that lacks a part."""
    for suffix in (".idx", ".rev", ".pack"):
        pack.with_suffix(suffix).unlink(missing_ok=True)


def _place(mirror: Mirror, revision: str) -> Path:
    return mirror.path / "objects" / "pack" / f"pack-{revision}.pack"


def _taken(mirror: Mirror) -> list[str]:
    shallow = mirror.path / "shallow"
    return shallow.read_text().split() if shallow.exists() else []


def _note_taken(mirror: Mirror, revisions: Iterable[str]) -> None:
    lines = "".join(f"{one}\n" for one in dict.fromkeys(revisions))
    write_whole(mirror.path / "shallow", lines.encode())


def _private(path: Path) -> BinaryIO:
    return os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, PRIVATE_FILE), "wb")
