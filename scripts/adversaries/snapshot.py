"""All files of a folder as they are: kinds, modes, owners and contents."""

import fcntl
import hashlib
import os
import re
import stat
from collections.abc import Iterator, Mapping
from pathlib import Path

Files = Mapping[str, str]
# What a plan of `web` writes, or Driftline because of it. All else has to stay as it was.
CHANGES = re.compile(
    r"(runs|control|claims|quarantine|logs|artifacts|receipts|reports|keys)(/.*)?"
    r"|driftline\.db(-wal|-shm|-journal|\.lock)?"
    r"|engine(/.*)?"
    r"|probe(/proxy\.(stdout|stderr)|/cache(/(key|schema-.*|validation-.*))?)?"
    r"|workspaces/web-[0-9a-f]{10}(/(data|sealed|made|plugins)(/.*)?)?"
    r"|trees/infra/[0-9a-f]{40}(\.complete|\.use|/web)"
)
MAX_SIZE = 8 << 20  # bytes that are compared; more is only somebody's sparse file
# The places of the hostile run: they may be anything, and are put right before they are used again.
OWN = re.compile(r"workspaces/web-[0-9a-f]{10}/data|trees/infra/[0-9a-f]{40}/web|(runs|quarantine)/.+")
DEVICES = ("/dev/null", "/dev/zero", "/dev/full", "/dev/random", "/dev/urandom")
GONE = re.compile(r"(runs|control|quarantine)/[^/]+")  # with the run
PLUGIN = re.compile(r"workspaces/[^/]+/(plugins|sealed/[0-9a-f]{64}/data/providers)/")


def snapshot(top: Path) -> dict[str, str]:
    return {os.path.relpath(path, top): _about(path) for path in _walk(top)}


def machine() -> dict[str, str]:
    """Its devices, which all that runs on it share."""
    return {str(path): f"{path.stat()[:6]}" for path in map(Path, DEVICES)}


def changed(before: Files, after: Files) -> list[str]:
    """A sentence for each path that is not as it was, and may not be another."""
    names = sorted(before.keys() | after.keys())
    different = (
        name for name in names if before.get(name) != after.get(name) and not CHANGES.fullmatch(name)
    )
    return [
        f"{name}: {before.get(name, 'nothing')} became {after.get(name, 'nothing')}" for name in different
    ]


def odd(top: Path, files: Files) -> Iterator[str]:
    """What a run has left where nothing may stay, or others may use, or leads elsewhere."""
    for name, about in files.items():
        kind, mode, owner, *more = about.split()
        if GONE.fullmatch(name):
            yield f"{name}: {about} was left"
        if OWN.fullmatch(name):
            continue
        if owner != str(os.geteuid()):
            yield f"{name} belongs to {owner}"
        if kind == "link":
            if not (
                PLUGIN.search(name) and more[0].startswith((f"{top.parent}/mirror/", f"{top}/workspaces/"))
            ):
                yield f"{name} leads to {more[0]}"
        elif kind == "special" or (int(mode, 8) & 0o077 and CHANGES.fullmatch(name)):
            yield f"{name} is a {kind} of the mode {mode}"


def held(top: Path) -> set[str]:
    """What somebody has locked."""
    found = set()
    for path in _walk(top):
        if stat.S_IFMT(path.lstat().st_mode) not in {stat.S_IFREG, stat.S_IFDIR}:
            continue
        file = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            found.add(os.path.relpath(path, top))
        finally:
            os.close(file)
    return found


def _walk(top: Path) -> Iterator[Path]:
    """Without what is in the places of the hostile run."""
    yield top
    for folder, folders, files in os.walk(top):
        for name in sorted(folders + files):
            yield Path(folder) / name
        folders[:] = [name for name in folders if not OWN.fullmatch(os.path.relpath(f"{folder}/{name}", top))]


def _about(path: Path) -> str:
    status = path.lstat()
    mode = f"{stat.S_IMODE(status.st_mode):04o} {status.st_uid}"
    if stat.S_ISDIR(status.st_mode):
        return f"folder {mode}"
    if stat.S_ISLNK(status.st_mode):
        return f"link 0700 {status.st_uid} {path.readlink()}"
    if stat.S_ISREG(status.st_mode):
        return f"file {mode} {status.st_size} {_digest(path)}"
    return f"special {mode}"


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.sha256(file.read(MAX_SIZE)).hexdigest()[:16]
