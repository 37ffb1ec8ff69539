"""The engines that the operator has installed and named, as they are now."""

import os
from collections.abc import Iterator, Mapping
from itertools import chain, islice
from pathlib import Path

from runner.engine.versions.record import binary_digest
from runner.engine.versions.version import Versions
from runner.errors import DriftlineError, EngineMissing
from runner.model.code.engines import ENGINES, EngineRow
from runner.model.engine.choice import Installed
from runner.model.engine.constraint import order
from runner.model.settings.server import EngineSettings, EnginesSettings

MOST = 64  # of one engine


def installed_in(data_dir: Path) -> Path:
    """Where `driftline engine install` puts engines."""
    return data_dir / "engines"


class Inventory:
    """Looked at anew for each run and each discovery. A program that is on record is not started for it."""

    def __init__(
        self, folder: Path, settings: EnginesSettings, env: Mapping[str, str], own: Path | None = None
    ) -> None:
        """`env` is what programs are asked with; its PATH is where names are looked up.

        `own` is where `driftline engine install` puts them.
        """
        self.folder = folder
        self.own = own
        self.settings = settings
        self.env = env
        self.versions = Versions(folder)

    def look(self, engine: str) -> tuple[Installed, ...]:
        """Ascending by version, and what is refused last; a file that is named twice counts once."""
        row, settings = ENGINES[engine], getattr(self.settings, engine)
        found: dict[Path | str, Installed] = {}
        for binary, key in self._named(row, settings):
            real = Path(binary).resolve() if binary.startswith("/") else binary
            if real not in found:
                found[real] = self._installed(row, binary, key)
        return tuple(sorted(found.values(), key=_order))

    def digest(self, one: Installed) -> str:
        return binary_digest(Path(one.path), self.folder)

    def _named(self, row: EngineRow, settings: EngineSettings) -> Iterator[tuple[str, str]]:
        if settings.binary is not None:
            try:
                yield (
                    str(self.versions.locate(row, settings.binary, self.env.get("PATH", os.defpath))),
                    "binary",
                )
            except EngineMissing:
                yield settings.binary, "binary"
        own = [] if self.own is None else sorted(self.own.glob(f"{row.name}/*/{row.name}"))
        named = (file for pattern in settings.binaries for file in _matched(pattern))
        yield from ((str(file), "binaries") for file in islice(chain(named, own), MOST))

    def _installed(self, row: EngineRow, binary: str, key: str) -> Installed:
        default = key == "binary"
        try:
            if not binary.startswith("/"):
                raise EngineMissing(engine=row.name, binary=binary)
            version = self.versions.of(row, Path(binary), self.env, key)
        except (DriftlineError, OSError) as error:
            known = error if isinstance(error, DriftlineError) else _unreadable(row, binary, error)
            return Installed(row.name, "", binary, default, known.message, known)
        return Installed(row.name, version, str(Path(binary).resolve()), default)


def _matched(pattern: str) -> Iterator[Path]:
    """Only * and ? are special."""
    literal = pattern.replace("[", "[[]").lstrip("/")
    return (file for file in sorted(Path("/").glob(literal)) if file.is_file())


def _unreadable(row: EngineRow, binary: str, error: OSError) -> EngineMissing:
    return EngineMissing(engine=row.name, binary=f"{binary} ({error.strerror})")


def _order(one: Installed) -> tuple[bool, object, str]:
    return bool(one.problem), order(one.version) if one.version else (), one.path
