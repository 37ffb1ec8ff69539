"""What a plan is made with, measured on the engine's side, so that an approval can be bound to it."""

import hashlib
import json
from collections.abc import Iterator
from fnmatch import fnmatchcase
from functools import lru_cache
from pathlib import Path

from runner.engine.argv import PlanOptions, plan_argv
from runner.engine.environment import CREDENTIALS
from runner.engine.init import LOCK_FILE, VALUES
from runner.engine.manifest import listed_modules
from runner.engine.session import Session
from runner.engine.state_mark import state_of
from runner.files import private_folder, write_whole
from runner.model.binding import EngineFacts
from runner.model.module import is_configuration

HASHED = "binaries.json"
HASHED_KEPT = 20


def facts_of(session: Session, plan_file: Path) -> EngineFacts:
    """Of a plan that was just made, or of one that is about to be applied, after `init` in both cases."""
    execution = session.execution
    state = state_of(session, plan_file)
    return EngineFacts(
        engine=session.row.name,
        version=session.version,
        binary=binary_digest(session.binary, session.cli_config.parent),
        argv=_argv(session),
        var_files=tuple(f"{file.name} {_file_digest(file)}" for file in session.var_files()),
        # A role's credentials take the place of others, and planning and applying may have different roles.
        environment=tuple(
            sorted(
                name
                for name in session.environment
                if not any(fnmatchcase(name, pattern) for pattern in CREDENTIALS)
            )
        ),
        lock_file=_file_digest(execution.workspace.module / LOCK_FILE),
        modules=modules_digest(execution.workspace.module, execution.workspace.data, session.row.suffixes),
        lineage=state.lineage,
        serial=state.serial,
        resources=state.resources,
    )


def _argv(session: Session) -> tuple[str, ...]:
    """The plan's options; without the folders of one run, and without how long it waits for locks."""
    execution = session.execution
    options = PlanOptions(
        out=Path("PLAN"),
        state=Path("STATE") if session.state is not None else None,
        lock_timeout=0 if execution.lock else None,
        parallelism=execution.stack.parallelism,
        var_files=tuple(Path(file.name) for file in session.var_files()),
        targets=execution.targets,
        destroy=execution.destroy,
    )
    return plan_argv(Path(session.row.name), options)


def _file_digest(file: Path) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest() if file.is_file() else ""


# The binary


def binary_digest(binary: Path, folder: Path) -> str:
    """SHA-256 of the program, remembered in the folder: hashing its 90 MB takes as long as three small plans.

    A program that is exchanged has another inode or another change time, which no program can set.
    """
    real = binary.resolve()
    about = real.stat()
    facts = (about.st_dev, about.st_ino, about.st_size, about.st_mtime_ns, about.st_ctime_ns)
    return _remembered(real, " ".join(map(str, (real, *facts))), folder)


@lru_cache(maxsize=16)
def _remembered(binary: Path, key: str, folder: Path) -> str:
    record = private_folder(folder) / HASHED
    try:
        known = json.loads(record.read_bytes())
    except (OSError, ValueError):
        known = {}
    if not isinstance(known, dict) or not isinstance(known.get(key), str):
        with binary.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
        known = {**(known if isinstance(known, dict) else {}), key: digest}
        content = json.dumps(dict(list(known.items())[-HASHED_KEPT:]), indent=1)
        write_whole(record, content.encode(), durable=False)
    return str(known[key])


# The modules


def modules_digest(module: Path, data: Path, suffixes: tuple[str, ...]) -> str:
    """The configuration of the root and of the local modules, and every byte of those that `init` fetched.

    What else lies beside local modules is as the revision has it, or was made by a plan: `archive_file` writes there.
    """
    digest = hashlib.sha256()
    for name, folder, fetched in sorted(_modules(module, data)):
        files = sorted(_all_files(folder) if fetched else _configuration(folder, suffixes))
        for file in files:
            line = f"{name}\0{file.relative_to(folder)}\0".encode(errors="surrogateescape")
            digest.update(line + bytes.fromhex(_content_digest(file)))
    return digest.hexdigest()


def _modules(module: Path, data: Path) -> Iterator[tuple[str, Path, bool]]:
    """The call's name, its folder, and whether it was fetched: as the last init recorded them."""
    yield "", module, False
    try:
        listed = listed_modules(data)
        entries = [(str(entry["Key"]), module / str(entry["Dir"])) for entry in listed]
    except (OSError, ValueError, KeyError, TypeError):
        return
    for key, folder in entries:
        if key:
            yield key, folder, folder.is_relative_to(data)


def _configuration(folder: Path, suffixes: tuple[str, ...]) -> list[Path]:
    if not folder.is_dir():
        return []
    return [
        file
        for file in folder.iterdir()
        if (is_configuration(file.name, suffixes) or file.name.endswith(VALUES)) and file.is_file()
    ]


def _all_files(folder: Path) -> list[Path]:
    """All but Git's own, in which nothing is read and much is a matter of time."""
    return [
        file
        for file in folder.rglob("*")
        if ".git" not in file.relative_to(folder).parts and (file.is_symlink() or file.is_file())
    ]


def _content_digest(file: Path) -> str:
    if file.is_symlink():
        return hashlib.sha256(b"link " + str(file.readlink()).encode(errors="surrogateescape")).hexdigest()
    with file.open("rb") as opened:
        return hashlib.file_digest(opened, "sha256").hexdigest()
