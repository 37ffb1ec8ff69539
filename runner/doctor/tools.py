"""Required programs: git, terraform or tofu, their providers, SQLite."""

import os
import platform
import re
import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from runner.doctor.finding import Scene, fail, failed, ok, scratch, warn
from runner.engine.versions.managers import script_of
from runner.engine.versions.version import Versions
from runner.errors import DriftlineError, EngineMissing
from runner.model.code.engines import ENGINES, TERRAFORM, EngineRow, Version
from runner.model.engine.constraint import parse
from runner.process.run import Command, run
from runner.view.finding import Finding

GIT_FLOOR: Version = (2, 39)
# The first releases of each series in which a repository can no longer plant a hook through a submodule path.
GIT_FIXED: tuple[Version, ...] = (
    (2, 43, 7), (2, 44, 4), (2, 45, 4), (2, 46, 4), (2, 47, 3), (2, 48, 2), (2, 49, 1), (2, 50, 1),
)  # fmt: skip


@dataclass(frozen=True)
class Floor:
    """The oldest release without a serious hole, and the oldest without any known one; each with what older ones allow."""

    warn_below: Version
    hole: str
    advised: Version
    flaw: str


FLOORS: Mapping[str, Floor] = {
    "terraform": Floor(
        (1, 14, 9), "a module address may read any file (CVE-2026-4660)",
        (1, 15, 4), "a module package may write through a symlink (#38611)",
    ),
    "tofu": Floor(
        (1, 11, 10), "a module address may read any file (GHSA-q7j3-v8qv-22vq)",
        (1, 12, 6), "a redirect may receive credentials",
    ),
}  # fmt: skip
TFSWITCH = ".terraform.versions"  # its folder
MACHINES = {"x86_64": "amd64", "AMD64": "amd64", "aarch64": "arm64", "i686": "386", "armv7l": "arm"}


def git(_: Scene) -> Iterator[Finding]:
    """Its version; what newer ones fix needs submodules and symlinks, which are never checked out."""
    with scratch() as folder:
        answer = folder / "version"
        env = {"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C"}
        try:
            run(Command(("git", "--version"), folder, env, answer, folder / "errors", deadline=10))
        except OSError as error:
            yield fail(
                "git", f"git cannot be started: {error.strerror}", "apt install git   or   dnf install git"
            )
            return
        found = re.search(r"\d+(?:\.\d+)+", answer.read_text(errors="replace"))
    version = tuple(int(part) for part in found[0].split(".")[:3]) if found else ()
    yield git_verdict(version)


def git_verdict(version: Version) -> Finding:
    named = f"git {dotted(version)}" if version else "git of an unknown version"
    if version < GIT_FLOOR:
        return fail(
            "git", f"{named} is older than {dotted(GIT_FLOOR)}", "upgrade git, then   driftline doctor"
        )
    if any(version >= fixed and version[:2] == fixed[:2] for fixed in GIT_FIXED) or version > GIT_FIXED[-1]:
        return ok("git", named)
    return ok(
        "git",
        f"{named}; CVE-2025-48384 is fixed in {dotted(GIT_FIXED[0])}, perhaps also in your distribution's {dotted(version)};"
        " it does not affect Driftline, which never checks out submodules or symlinks",
    )


def engines(scene: Scene) -> Iterator[Finding]:
    """Each engine; one that no stack uses may be missing, as long as there is another."""
    wanted = _engines_of_stacks(scene)
    findings = {name: _engine(scene, name) for name in ENGINES}
    present = {name for name, found in findings.items() if isinstance(found, Finding)}
    for name, found in findings.items():
        if isinstance(found, Finding):
            yield found
        elif not isinstance(found, EngineMissing) or name in wanted or (not present and name == "terraform"):
            yield failed(name, found)
        else:
            yield ok(name, f"{name} is not installed, and no stack needs it")


def _engine(scene: Scene, name: str) -> Finding | DriftlineError:
    row, settings = ENGINES[name], getattr(scene.settings.engines, name)
    path = os.environ.get("PATH", os.defpath)
    try:
        with scratch() as folder:
            versions = Versions(folder)
            binary = versions.locate(row, settings.binary, path)
            version = versions.of(row, binary, {"PATH": path, "CHECKPOINT_DISABLE": "1"})
    except DriftlineError as error:
        return error
    return engine_verdict(name, version, binary)


def engine_verdict(name: str, version: str, binary: Path) -> Finding:
    floor, numbers = FLOORS[name], parse(version)[0]
    message = f"{name} {version} ({binary})"
    if numbers < floor.warn_below:
        return warn(
            name,
            f"{message} is older than {dotted(floor.warn_below)}: {floor.hole}",
            f"install {name} {dotted(floor.warn_below)} or newer, preferably {dotted(floor.advised)}, then   driftline doctor",
        )
    if script_of(binary) is not None:
        return warn(
            name,
            f"{message} is a script: approvals are bound to its text, not to the program it starts",
            f"set engines.{name}.binary to the program itself",
        )
    if TFSWITCH in binary.resolve().parts and binary.is_symlink():
        return warn(
            name,
            f"{message} is a link that the next tfswitch changes, possibly between a plan and its apply",
            f"engines.{name}.binary: {binary.resolve()}",
        )
    if numbers < floor.advised:
        return ok(name, f"{message}; {dotted(floor.advised)} is recommended: before it, {floor.flaw}")
    return ok(name, message)


def _engines_of_stacks(scene: Scene) -> frozenset[str]:
    if not scene.used:
        return frozenset()
    try:
        with scene.app.store.reading() as reader:
            return frozenset(stack.definition.engine for stack in reader.stacks())
    except DriftlineError:
        return frozenset()  # the database check reports it


def providers(scene: Scene) -> Iterator[Finding]:
    """Where `init` gets providers from."""
    mirror, offline = scene.settings.engines.plugin_mirror, scene.settings.engines.offline
    if mirror is None:
        yield ok("providers", "from their registries, through a cache in the data directory")
        return
    target = f"{platform.system().lower()}_{MACHINES.get(platform.machine(), platform.machine())}"
    found = packages(mirror, target)
    needed = [ENGINES[name] for name in sorted(_engines_of_stacks(scene) or {TERRAFORM.name})]
    missed = unserved(found, needed)
    make = f"{(missed or needed[0]).name} providers mirror -platform={target} {mirror}"
    report = fail if offline else warn
    if not mirror.is_dir():
        yield report("providers", f"engines.plugin_mirror {mirror} is not a directory", make)
    elif not found:
        yield report("providers", f"engines.plugin_mirror {mirror} has no providers for {target}", make)
    elif missed is not None:
        message = f"nothing from {missed.registry}, the default registry of {missed.product}"
        yield report("providers", f"engines.plugin_mirror {mirror} has {message}", make)
    else:
        yield ok(
            "providers", f"{len(found)} in {mirror}: {', '.join(found[:5])}{', ...' if found[5:] else ''}"
        )


def unserved(found: Iterable[str], engines: Iterable[EngineRow]) -> EngineRow | None:
    """The first engine whose registry a mirror does not serve, though it has providers of another engine's."""
    hosts = {address.partition("/")[0] for address in found}
    registries = {row.registry for row in ENGINES.values()}
    return next((row for row in engines if row.registry not in hosts and hosts & registries), None)


def packages(mirror: Path, target: str) -> list[str]:
    """The providers in a mirror for this platform, unpacked (VERSION/TARGET/) or packed (a zip beside them)."""
    unpacked = {path.parents[1] for path in mirror.glob(f"*/*/*/*/{target}") if path.is_dir()}
    packed = {path.parent for path in mirror.glob(f"*/*/*/terraform-provider-*_{target}.zip")}
    return sorted(str(path.relative_to(mirror)) for path in unpacked | packed)


def sqlite(_: Scene) -> Iterator[Finding]:
    """Its version decides how the database is journaled; both ways are safe."""
    from runner.store.database import has_wal_fix

    version = sqlite3.sqlite_version
    if has_wal_fix(sqlite3.sqlite_version_info):
        yield ok("sqlite", f"SQLite {version}, journal mode WAL")
    else:
        yield ok(
            "sqlite",
            f"SQLite {version}, rollback journal, because a WAL reset can corrupt the database"
            " (fixed in 3.51.3, 3.50.7, 3.44.6)",
        )


def dotted(version: Version) -> str:
    return ".".join(map(str, version))
