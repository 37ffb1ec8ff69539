"""Make a backup while the daemon works, without blocking it.

The order makes it consistent. Checkpoints come first, so that none is ahead of the database. The database
comes before states, receipts and plans, so that a state is never older than the database says: an apply in
between looks like one that the database does not know, which every start detects.
"""

import gzip
import json
import os
import secrets
import tarfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from io import BytesIO
from pathlib import Path
from typing import BinaryIO

from runner import __version__
from runner.app import App
from runner.artifact.seal import key_id
from runner.backup.contents import CHECKPOINTS, CONFIG, kept_files
from runner.backup.key_ring import KeyRing
from runner.backup.seal import FORMAT, Header, Sealing
from runner.datadir.managed_state import STATE, WORKSPACES, content_of, states
from runner.datadir.managed_state import State as ManagedState
from runner.errors import Conflict
from runner.host.files import PRIVATE_FILE, sync_folder
from runner.model.values.frozen import dataclass
from runner.store.database import FILE_NAME
from runner.store.upgrade import version

# Terraform writes a local state in place, which takes a moment.
TRIES, PAUSE = 40, 0.05
_COMPRESSION = 6


@dataclass(frozen=True)
class Made:
    file: Path
    files: int
    states: int
    torn: tuple[str, ...] = ()  # states that were being written the whole time: the previous copy is included


def make(app: App, ring: KeyRing, target: Path) -> Made:
    """Written to a temporary name, made durable and renamed."""
    header = Header(
        FORMAT, __version__, version(), f"{app.clock.now():%Y-%m-%dT%H:%M:%SZ}", key_id(ring.backup)
    )
    with _written(target) as file:
        sealing = Sealing(file, header, ring.backup)
        with (
            gzip.GzipFile(fileobj=sealing, mode="wb", compresslevel=_COMPRESSION) as packed,
            tarfile.open(mode="w|", fileobj=packed) as archive,
        ):
            made = _fill(app, archive, target)
        sealing.finish()
    return made


def _fill(app: App, archive: tarfile.TarFile, target: Path) -> Made:
    data_dir = app.settings.data_dir
    _add_bytes(archive, CONFIG, app.config_path.read_bytes())
    with suppress(FileNotFoundError):
        _add_bytes(archive, CHECKPOINTS, Path(app.checkpoints.place).read_bytes())
    with _snapshot(app) as database:
        _add_file(archive, FILE_NAME, database)
    kept, torn = 0, []
    for name, content, whole in _managed_states(data_dir):
        _add_bytes(archive, name, content)
        kept += 1
        if not whole:
            torn.append(name)
    files = sum(_add_file(archive, one.name, one.path) for one in kept_files(data_dir))
    return Made(target, files, kept, tuple(torn))


@contextmanager
def _snapshot(app: App) -> Iterator[Path]:
    """In the data directory, under a name that is removed after a crash."""
    database = app.settings.data_dir / f".{FILE_NAME}.{secrets.token_hex(6)}"
    try:
        app.store.backup(database)
        yield database
    finally:
        database.unlink(missing_ok=True)


def _managed_states(data_dir: Path) -> Iterator[tuple[str, bytes, bool]]:
    """Name, content, and whether it is the state itself."""
    for folder in sorted((data_dir / "workspaces").glob("*/state")):
        for state in states(folder):
            place = folder / WORKSPACES / state.workspace if state.workspace else folder
            name = str((place / STATE).relative_to(data_dir))
            content = _whole(folder, state)
            if content is not None:
                yield name, content, True
            elif (copy := _newest_copy(folder, state.workspace)) is not None:
                yield name, copy, False


def _whole(folder: Path, state: ManagedState) -> bytes | None:
    content = state.content
    for _ in range(TRIES):
        if _is_whole(content):
            return content
        time.sleep(PAUSE)
        content = content_of(folder, state.workspace) or b""
    return None


def _is_whole(content: bytes) -> bool:
    try:
        return "serial" in json.loads(content)
    except (ValueError, TypeError, RecursionError):
        return False


def _newest_copy(folder: Path, workspace: str) -> bytes | None:
    copies = (
        folder.with_name("backups") / WORKSPACES / workspace if workspace else folder.with_name("backups")
    )
    found = (path.read_bytes() for path in sorted(copies.glob("*.tfstate"), reverse=True))
    return next((content for content in found if _is_whole(content)), None)


# Archive


def _add_bytes(archive: tarfile.TarFile, name: str, content: bytes) -> None:
    _add(archive, name, len(content), BytesIO(content))


def _add_file(archive: tarfile.TarFile, name: str, path: Path) -> bool:
    """Its current size: a log may grow. Returns whether it still existed."""
    try:
        file = os.fdopen(os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC), "rb")
    except OSError:
        return False
    with file:
        _add(archive, name, os.fstat(file.fileno()).st_size, file)
    return True


def _add(archive: tarfile.TarFile, name: str, size: int, file: BinaryIO) -> None:
    about = tarfile.TarInfo(name)
    about.size, about.mode = size, PRIVATE_FILE
    archive.addfile(about, file)


@contextmanager
def _written(target: Path) -> Iterator[BinaryIO]:
    if target.exists():
        raise Conflict(f"{target} already exists", hint="use another name")
    fresh = target.with_name(f".{target.name}.{secrets.token_hex(6)}")
    try:
        with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, PRIVATE_FILE), "wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        # Fails if another file was put there meanwhile.
        target.hardlink_to(fresh)
    finally:
        fresh.unlink(missing_ok=True)
    sync_folder(target.parent)
