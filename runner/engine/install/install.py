"""`driftline engine install`: the one way in which Driftline itself brings an engine to this host. No run gets here."""

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from runner import failpoint
from runner.engine.install.archive import take_program
from runner.engine.install.place import Place
from runner.engine.install.signature import signer_of
from runner.engine.versions.record import hashed
from runner.engine.versions.version import Versions
from runner.errors import Conflict, DriftlineError, EngineExposed, EngineInstallFailed, EngineUntrusted
from runner.host.files import private_folder, sync_file, sync_folder
from runner.host.flock import held
from runner.model.engine.release import Release, sum_of
from runner.model.values.frozen import dataclass

LARGEST_ARCHIVE, LARGEST_TEXT = 512 << 20, 1 << 20
UNFINISHED, LOCK = ".unfinished", ".lock"
PATIENCE = 900.0  # seconds that another installation may take
READ_AND_RUN = 0o500


@dataclass(frozen=True)
class Trust:
    """What proves that an archive is the vendor's: a key file newer than ours, or its SHA-256 instead of a signature."""

    key: Path | None = None
    sha256: str | None = None


@dataclass(frozen=True)
class Verified:
    """A program that is about to be put in place; `archive` is the SHA-256 of what it came in."""

    program: Path
    sha256: str
    archive: str
    by: str


def install(
    folder: Path, release: Release, place: Place, trust: Trust, tell: Callable[[Verified], None]
) -> Path | None:
    """Its path, or None if it was there already. `tell` comes before: nothing is in place that was not told."""
    home = folder / release.row.name / release.version
    try:
        _refuse_stranger(folder.parent)
        with _alone(folder) as unfinished:
            if os.path.lexists(home):
                _ask(release, home / release.program, unfinished, home)
                return None
            found = _verified(release, place, trust, unfinished)
            _ask(release, found.program, unfinished, home)
            tell(found)
            return _put(found.program, home)
    except OSError as error:
        raise EngineInstallFailed(release=release, problem=error.strerror or str(error)) from error


def _refuse_stranger(data_dir: Path) -> None:
    """Root could install, and the daemon not use it."""
    if data_dir.stat().st_uid != os.geteuid():
        owner = data_dir.owner()
        raise EngineInstallFailed(
            f"{data_dir} belongs to {owner}, who has to install engines",
            hint=f"sudo -u {owner} driftline engine install ...",
        )


@contextmanager
def _alone(folder: Path) -> Iterator[Path]:
    """A fresh folder for unfinished files. What a killed installation left there goes with the next one."""
    unfinished = private_folder(folder) / UNFINISHED
    try:
        with held(folder / LOCK, PATIENCE):
            shutil.rmtree(unfinished, ignore_errors=True)
            unfinished.mkdir(mode=0o700)
            try:
                yield unfinished
            finally:
                shutil.rmtree(unfinished, ignore_errors=True)
    except TimeoutError as error:
        raise Conflict(
            f"another installation is still running ({error})", hint="driftline engine list"
        ) from None


def _verified(release: Release, place: Place, trust: Trust, unfinished: Path) -> Verified:
    archive = unfinished / release.archive
    expected, by = (trust.sha256, "--sha256") if trust.sha256 else _signed(release, place, trust, unfinished)
    place.fetch(release.archive, archive, LARGEST_ARCHIVE)
    if (digest := hashed(archive)) != expected:
        problem = f"its SHA-256 is {digest}, and has to be {expected}"
        raise EngineUntrusted(file=release.archive, problem=problem, hint="fetch it again")
    (unfinished / "home").mkdir(mode=0o700)
    program = unfinished / "home" / release.program
    take_program(archive, release.program, program)
    program.chmod(READ_AND_RUN)
    return Verified(program, hashed(program), digest, by)


def _signed(release: Release, place: Place, trust: Trust, unfinished: Path) -> tuple[str, str]:
    """The SHA-256 that the archive must have, and who says so."""
    for name in (release.sums, release.signature):
        place.fetch(name, unfinished / name, LARGEST_TEXT)
    key = signer_of(unfinished, release, trust.key)
    expected = sum_of((unfinished / release.sums).read_text(errors="replace"), release.archive)
    if expected is None:
        problem = f"it names no {release.archive}, so {release} is not published for {release.platform}"
        raise EngineUntrusted(file=release.sums, problem=problem, hint="driftline engine install --help")
    return expected, f"OpenPGP key {key} of {release.vendor.signer}"


def _ask(release: Release, program: Path, scratch: Path, home: Path) -> None:
    """Whether it runs here and is what it was fetched as."""
    try:
        version = Versions(scratch / "asked").of(release.row, program, {"CHECKPOINT_DISABLE": "1"})
    except EngineExposed:
        raise
    except DriftlineError as error:
        problem = f"its program is refused: {error.message}"
    else:
        if version == release.version:
            return
        problem = f"its program says it is {release.row.name} {version}"
    there = program.parent == home
    raise EngineUntrusted(
        file=home if there else release.archive,
        problem=problem,
        hint=f"rm -r {home}   then install it again" if there else "driftline engine install --help",
    )


def _put(program: Path, home: Path) -> Path:
    """By one rename of its folder, once all of it is on disk."""
    sync_file(program)
    sync_folder(program.parent)
    private_folder(home.parent)
    failpoint.reach("install.before_rename")
    program.parent.rename(home)
    sync_folder(home.parent)
    failpoint.reach("install.after_rename")
    return home / program.name
