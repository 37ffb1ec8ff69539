"""Restore a backup into an empty data directory: completely, or not at all."""

import os
import secrets
import shutil
import tarfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path, PurePosixPath
from typing import IO

from runner.app import App
from runner.backup.contents import CHECKPOINTS, CONFIG, KEPT
from runner.backup.key_ring import KeyRing
from runner.backup.seal import FORMAT, Header, NotOpened, Opening
from runner.datadir.daemon_lock import LOCK_FILE, only_daemon
from runner.errors import BackupDamaged, BackupTooNew, NotEmpty
from runner.host.files import PRIVATE_FILE, private_folder, sync_folder, write_whole
from runner.model.approval.approval import Person
from runner.model.audit.restored import HOLDER
from runner.model.events.feed import BackupRestored
from runner.model.run.life import Run, State
from runner.model.stack.definition import Stack
from runner.model.stack.lock import Lock
from runner.model.values.frozen import dataclass
from runner.ports.records.declarations import DeclarationReader
from runner.ports.records.store import Reader
from runner.service.approval.terms import stack_terms
from runner.service.cycle.begin import begin
from runner.service.cycle.restored import drain_pools
from runner.service.integrity.checkpoint import checkpoint
from runner.store.database import FILE_NAME
from runner.store.upgrade import version

_NO_DATA = frozenset({"lost+found", LOCK_FILE})  # in a separate file system, and our own
_UNPACKING = ".restoring-"
_MAY_GO_ON = frozenset({State.APPROVED, State.APPLYING})
_COPIED = 1 << 20


@dataclass(frozen=True)
class Restored:
    header: Header
    locked: tuple[Lock, ...]
    waiting: tuple[Run, ...]  # for an answer
    drained: tuple[str, ...]  # pools
    message: str | None  # about losses between the checkpoints and the database


def restore(app: App, file: Path, ring: KeyRing, person: Person) -> Restored:
    """NotEmpty, BackupDamaged, BackupKeyMissing, BackupTooNew; all of them leave the data directory unchanged."""
    data_dir = app.settings.data_dir
    is_new = not data_dir.exists()
    _refuse_used(data_dir)
    private_folder(data_dir)
    fresh = data_dir / f"{_UNPACKING}{secrets.token_hex(6)}"
    try:
        with only_daemon(data_dir, performs=False):
            for left in data_dir.glob(f"{_UNPACKING}*"):
                shutil.rmtree(left)
            fresh.mkdir(mode=0o700)
            header = _unpack(file, ring, fresh)
            ring.put(fresh)
            _place_checkpoints(app, fresh)
            found = _settle(App(replace(app.settings, data_dir=fresh), app.config_path), header, person)
            _move(fresh, data_dir)
    except BaseException:
        shutil.rmtree(fresh, ignore_errors=True)
        (data_dir / LOCK_FILE).unlink(missing_ok=True)
        if is_new:
            with suppress(OSError):
                data_dir.rmdir()
        raise
    return found


def config_in(file: Path, ring: KeyRing) -> bytes:
    """The configuration of the installation that was backed up."""
    with _opened(file, ring) as (archive, _):
        for member in archive:
            if member.name == CONFIG and (content := archive.extractfile(member)) is not None:
                return content.read()
    raise BackupDamaged(file=file)


def _refuse_used(data_dir: Path) -> None:
    with suppress(FileNotFoundError):
        names = (path.name for path in data_dir.iterdir())
        found = sorted(name for name in names if name not in _NO_DATA and not name.startswith(_UNPACKING))
        if found:
            raise NotEmpty(data_dir=data_dir, found=", ".join(found[:3]))


# Archive


@contextmanager
def _opened(file: Path, ring: KeyRing) -> Iterator[tuple[tarfile.TarFile, Header]]:
    """Raises everything that is wrong with it as one of our errors."""

    def key(header: Header) -> bytes:
        if header.format > FORMAT or header.schema > version():
            raise BackupTooNew(file=file, version=header.version)
        return ring.opens(header)

    with file.open("rb") as sealed:
        try:
            opening = Opening(sealed, key)
            with tarfile.open(mode="r|gz", fileobj=opening) as archive:
                yield archive, opening.header
            opening.finish()
        except (NotOpened, tarfile.TarError, EOFError) as error:
            raise BackupDamaged(file=file) from error


def _unpack(file: Path, ring: KeyRing, fresh: Path) -> Header:
    with _opened(file, ring) as (archive, header):
        for member in archive:
            content = archive.extractfile(member) if member.isreg() else None
            if content is None or not _has_a_place(member.name):
                raise BackupDamaged(file=file)
            _write(fresh / member.name, content)
    if not (fresh / FILE_NAME).is_file():
        raise BackupDamaged(file=file)
    return header


def _has_a_place(name: str) -> bool:
    path = PurePosixPath(name)
    known = {*KEPT, "workspaces", FILE_NAME, CHECKPOINTS, CONFIG}
    return (
        not path.is_absolute() and ".." not in path.parts and path.parts[:1] != () and path.parts[0] in known
    )


def _write(path: Path, content: IO[bytes]) -> None:
    private_folder(path.parent)
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW
    with os.fdopen(os.open(path, flags, PRIVATE_FILE), "wb") as file:
        shutil.copyfileobj(content, file, _COPIED)
        file.flush()
        os.fsync(file.fileno())


def _place_checkpoints(app: App, fresh: Path) -> None:
    """If the configuration keeps them elsewhere, the existing ones may be newer, and stay."""
    (fresh / CONFIG).unlink(missing_ok=True)
    elsewhere, own = app.settings.audit.checkpoints, fresh / CHECKPOINTS
    if elsewhere is not None and own.exists():
        if not elsewhere.exists():
            write_whole(elsewhere, own.read_bytes())
        own.unlink()


# The restored installation


def _settle(app: App, header: Header, person: Person) -> Restored:
    """Upgraded to this version's schema; nothing that may have happened since is repeated automatically."""
    try:
        problems = app.store.problems()
        if problems:
            raise BackupDamaged(f"the database in the backup has problems: {'; '.join(problems[:3])}")
        message = begin(app.control)
        with app.store.writing() as writer:
            locks = tuple(_locks(app, writer, header))
            for lock in locks:
                writer.place_lock(lock, by=person.name)
            drain_pools(app.control, writer, by=person.name)
            waiting = tuple(run for run in writer.open_runs() if run.state is State.AWAITING_APPROVAL)
            drained = tuple(one.pool for one in writer.drained_pools())
            about = {"made": header.made, "version": header.version, "locked": [lock.stack for lock in locks]}
            writer.audit_note(person.name, "backup.restore", "installation", about)
            restored = BackupRestored(person.name, header.made, len(locks))
            writer.emit("backup.restore", "installation", restored)
        checkpoint(app.control)
        return Restored(header, locks, waiting, drained, message)
    finally:
        app.store.close()


def _locks(app: App, reader: Reader, header: Header) -> Iterator[Lock]:
    """Locks for stacks that would be applied without another look, on a state that misses everything after the backup."""
    held = {lock.stack for lock in reader.placed_locks()}
    going_on = {run.stack: run for run in reader.open_runs() if run.state in _MAY_GO_ON}
    for stack in reader.stacks():
        run = going_on.get(stack.name)
        if (
            stack.left is None
            and stack.name not in held
            and stack.managed_state
            and (run or _is_automatic(app, reader, stack))
        ):
            applying = run.id if run is not None and run.state is State.APPLYING else None
            yield Lock(stack.name, HOLDER, _reason(stack, header), app.clock.now(), run=applying)


def _is_automatic(app: App, reader: DeclarationReader, stack: Stack) -> bool:
    return stack_terms(app.settings, reader, stack).mode == "automatic"


def _reason(stack: Stack, header: Header) -> str:
    return (
        f"its state is from the backup of {header.made} and lacks everything applied since; review it, then"
        f"   driftline lock release {stack.name}"
    )


def _move(fresh: Path, data_dir: Path) -> None:
    """The database last: without one it is no installation yet."""
    for path in sorted(fresh.iterdir(), key=lambda path: path.name == FILE_NAME):
        path.rename(data_dir / path.name)
    fresh.rmdir()
    sync_folder(data_dir)
