"""Required programs: git, terraform or tofu, their providers, SQLite."""

import os
import re
import shutil
import sqlite3
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path

from runner.doctor.finding import Scene, fail, failed, ok, scratch, warn
from runner.engine.versions.inventory import Inventory, installed_in
from runner.engine.versions.managers import script_of
from runner.errors import DriftlineError, EngineMissing
from runner.host import machine
from runner.model.code.engines import ENGINES, TERRAFORM, EngineRow, Version
from runner.model.engine.choice import Allowed, Installed, choose
from runner.model.engine.constraint import padded, parse
from runner.model.engine.holes import advised, dotted, holes_of, older_than
from runner.model.settings.server import Settings
from runner.model.stack.definition import Stack
from runner.process.run import Command, run
from runner.view.finding import Finding
from runner.view.words import counted

GIT_FLOOR: Version = (2, 39)
# The first releases of each series in which a repository can no longer plant a hook through a submodule path.
GIT_FIXED: tuple[Version, ...] = (
    (2, 43, 7), (2, 44, 4), (2, 45, 4), (2, 46, 4), (2, 47, 3), (2, 48, 2), (2, 49, 1), (2, 50, 1),
)  # fmt: skip


MOST_SHOWN = 5
TFSWITCH = ".terraform.versions"  # its folder


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
    stacks = _stacks(scene)
    with scratch() as folder:
        env = {"PATH": os.environ.get("PATH", os.defpath), "CHECKPOINT_DISABLE": "1"}
        inventory = Inventory(folder, scene.settings.engines, env, installed_in(scene.settings.data_dir))
        installed = {name: inventory.look(name) for name in ENGINES}
    here = {name for name, found in installed.items() if any(not one.problem for one in found)}
    for name, found in installed.items():
        own = [stack for stack in stacks if stack.definition.engine == name]
        if name in here or own or (not here and name == TERRAFORM.name) or _refused(found):
            yield from _engine(name, found)
            yield from switched(name, getattr(scene.settings.engines, name).binary, env["PATH"])
            yield from unserved_stacks(scene.settings, name, found, own)
        else:
            known = (
                "and no planned stack needs it"
                if scene.settings.worker is None
                else "so runs that need it fail here"
            )
            yield ok(name, f"{name} is not installed, {known}")


def _refused(found: Iterable[Installed]) -> bool:
    """Whether a program is named that exists and is no good."""
    return any(one.error is not None and not isinstance(one.error, EngineMissing) for one in found)


def _engine(name: str, found: tuple[Installed, ...]) -> Iterator[Finding]:
    """The default, or else the newest, with the versions of the others; and what is refused."""
    for one in found:
        if one.error is not None:
            yield failed(name, one.error) if one.default else warn(name, one.problem, one.error.hint)
    sound = [one for one in found if not one.problem]
    if sound:
        first = next((one for one in sound if one.default), sound[-1])
        others = tuple(one.version for one in sound if one is not first)
        yield engine_verdict(name, first.version, Path(first.path), others)
        yield from (script_warning(one) for one in sound if script_of(Path(one.path)) is not None)
    elif not found:
        yield fail(name, f"no {name} is named", f"set engines.{name}.binary or engines.{name}.binaries")


def unserved_stacks(
    settings: Settings, name: str, installed: tuple[Installed, ...], stacks: Iterable[Stack]
) -> Iterator[Finding]:
    """Stacks that use a version with a hole, where it is not the default's; and those that none fits."""
    used: Counter[str] = Counter()
    without: list[str] = []
    for stack in stacks:
        source = settings.source(stack.source)
        if source is None or not installed:
            continue
        chosen = choose(name, stack.wants, Allowed.by(source.allow, source.name, name), installed)
        if isinstance(chosen, Installed):
            used[chosen.version] += 0 if chosen.default else 1
        elif chosen.refused is None:
            without.append(f"{stack.name} ({chosen.wanted.removeprefix(name).strip() or 'any'})")
    for version, number in sorted(used.items()):
        if number and older_than(name, version):
            uses = f"{counted(number, 'stack')} {'use' if number > 1 else 'uses'} {version}"
            yield warn(
                name, f"{uses}, which has known holes: {holes(name, version)}", "driftline engine list"
            )
    if without:
        shown = ", ".join(without[:MOST_SHOWN]) + (", ..." if without[MOST_SHOWN:] else "")
        want = f"{counted(len(without), 'stack')} {'want' if without[1:] else 'wants'}"
        yield fail(name, f"{want} a version that is not installed: {shown}", "driftline engine list")


def engine_verdict(name: str, version: str, binary: Path, others: tuple[str, ...] = ()) -> Finding:
    """Of the one that most stacks get; `others` are the versions beside it."""
    named = f"{name} {version} ({binary})"
    beside = f"; also installed: {', '.join(others)}" if others else ""
    known, best = holes(name, version), dotted(advised(name))
    if older_than(name, version):
        return warn(
            name,
            f"{named} has known holes: {known}{beside}",
            f"driftline engine install {name} {best}   then set engines.{name}.binary to the path that it prints",
        )
    if known:
        return ok(name, f"{named}; {best} is recommended: {known}{beside}")
    return ok(name, named + beside)


def holes(name: str, version: str) -> str:
    """The known ones of this version, each with the release that mends it."""
    numbers = padded(parse(version)[0])
    return "; ".join(hole.sentence(numbers) for hole in holes_of(name, version))


def script_warning(one: Installed) -> Finding:
    return warn(
        one.engine,
        f"{one.engine} {one.version} ({one.path}) is a script: approvals are bound to its text, not to the program it starts",
        f"name the program itself in engines.{one.engine}.{'binary' if one.default else 'binaries'}",
    )


def switched(name: str, binary: str | None, path: str) -> Iterator[Finding]:
    """The default is where tfswitch links the program that somebody chose last."""
    link = shutil.which(binary, path=path) if binary else None
    if link is not None and Path(link).is_symlink() and TFSWITCH in Path(link).resolve().parts:
        yield warn(
            name,
            f"{link} is a link that the next tfswitch changes, possibly between a plan and its apply",
            f"engines.{name}.binary: {Path(link).resolve()}",
        )


def _stacks(scene: Scene) -> list[Stack]:
    if not scene.used:
        return []
    try:
        with scene.app.store.reading() as reader:
            return [stack for stack in reader.stacks() if stack.left is None and stack.missing_since is None]
    except DriftlineError:
        return []  # the database check reports it


def _engines_of_stacks(scene: Scene) -> frozenset[str]:
    return frozenset(stack.definition.engine for stack in _stacks(scene))


def providers(scene: Scene) -> Iterator[Finding]:
    """Where `init` gets providers from."""
    mirror, offline = scene.settings.engines.plugin_mirror, scene.settings.engines.offline
    if mirror is None:
        yield ok("providers", "from their registries, through a cache in the data directory")
        return
    found = packages(mirror, target := machine.target())
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


def sqlite(scene: Scene) -> Iterator[Finding]:
    """Its version decides how the database is journaled; both ways are safe."""
    from runner.store.journal_mode import may_use_wal

    version = sqlite3.sqlite_version
    if not may_use_wal():
        yield ok(
            "sqlite",
            f"SQLite {version}, rollback journal, because a WAL reset can corrupt the database"
            " (fixed in 3.51.3, 3.50.7, 3.44.6)",
        )
    elif _uses_wal(scene):
        yield ok("sqlite", f"SQLite {version}, journal mode WAL")
    else:
        yield ok(
            "sqlite",
            f"SQLite {version}, rollback journal until the daemon, the web server and all commands have ended once,"
            " then journal mode WAL",
        )


def _uses_wal(scene: Scene) -> bool:
    """A database that is not there yet, or cannot be opened, would."""
    try:
        return not scene.used or scene.app.store.uses_wal
    except DriftlineError:
        return True
