"""Take the results of `init`, check them against the code and the lock file, and make their sealed copy."""

import hashlib
import json
import os
import secrets
import stat
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from runner import failpoint
from runner.engine.initialised.lock_file import read_lock_file
from runner.engine.initialised.needed import InitInputs, digests
from runner.engine.initialised.seal import (
    BACKEND,
    DATA,
    LOCK,
    MAKING,
    MANIFEST,
    Manifest,
    Seal,
    name_of,
    prune,
)
from runner.engine.initialised.sources import refuse_unjudged
from runner.engine.modules import code_files
from runner.engine.modules.configuration import root_backend
from runner.engine.removal import remove
from runner.host.files import PRIVATE_FILE, PRIVATE_FOLDER, private_folder, read_foreign, write_whole
from runner.model.code.backend_cache import backend_problem
from runner.model.code.called_modules import (
    FETCHED,
    ROOT,
    CalledModule,
    OddModules,
    called_modules,
    local_folders,
)

LIST = f"{FETCHED}/modules.json"
PROVIDERS = "providers"
LARGEST_LIST = 64 << 20
PLATFORM = 5  # HOST/NAMESPACE/TYPE/VERSION/PLATFORM below it
MAX_ENTRIES, MAX_BYTES = 200_000, 2 << 30
_CHUNK = 1 << 20
_READ = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC


class Odd(Exception):
    """`init` left something that neither the code nor the lock file requires"""


@dataclass
class _Found:
    """What to copy. Anything else that `init` left is ignored."""

    folders: list[str] = field(default_factory=list)
    files: list[str] = field(default_factory=list)
    links: dict[str, str] = field(default_factory=dict)


def seal(inputs: InitInputs, sealed: Path, plugins: tuple[Path, ...]) -> Seal:
    """Odd if something is not as expected. `plugins` are the folders where providers may be installed,
    private cache first.
    """
    modules = _modules(inputs)
    noted = _json(inputs.data / BACKEND, LARGEST_LIST)
    code = code_files.read(inputs.code, local_folders(modules))
    backend = inputs.judged.backend or root_backend(code, inputs.code.suffixes)
    problem = backend_problem(noted, backend, inputs.backend_config)
    if problem is not None:
        raise Odd(problem)
    found = _Found()
    _find_modules(inputs.data, modules, found)
    _find_providers(inputs.data, plugins, found)
    if noted is not None:
        found.files.append(BACKEND)
    kind = noted["backend"]["type"] if noted and noted.get("backend") else None
    return _make(sealed, inputs, modules, found, code, kind)


def _encrypts(code: Mapping[str, bytes]) -> bool:
    """The keys of OpenTofu's `encryption` blocks may come from variables."""
    return any(b"encryption" in content for name, content in code.items() if name.startswith(f"{ROOT}/"))


def _modules(inputs: InitInputs) -> tuple[CalledModule, ...]:
    document = _json(inputs.data / LIST, LARGEST_LIST)
    if document is None:
        return ()
    try:
        modules = called_modules(document, str(inputs.data))
        refuse_unjudged(document, modules, inputs)
    except OddModules as odd:
        raise Odd(str(odd)) from None
    for one in modules:
        top = os.path.realpath(inputs.data if one.fetched else inputs.code.module)
        within = f"{top}/{FETCHED}" if one.fetched else os.path.realpath(inputs.code.tree)
        place = os.path.normpath(f"{top}/{one.folder}")
        inside = f"{place}/".startswith(f"{within}/") and os.path.realpath(place) == place
        if not inside or not Path(place).is_dir():
            raise Odd(f'module "{one.key}" is listed in {place}, which is not a directory in {within}')
    return modules


def _json(path: Path, limit: int) -> Any:
    try:
        return json.loads(read_foreign(path, limit))
    except FileNotFoundError:
        return None
    except (OSError, ValueError) as error:
        raise Odd(f"{path.name} cannot be read: {error}") from None


# Selection


def _find_modules(data: Path, modules: tuple[CalledModule, ...], found: _Found) -> None:
    """The fetched packages, without Git's own files, which no module needs."""
    if not (data / LIST).is_file():
        return
    found.folders.append(FETCHED)
    found.files.append(LIST)
    for package in sorted({one.folder.split("/")[1] for one in modules if one.fetched}):
        _find_package(data, f"{FETCHED}/{package}", found)


def _find_package(data: Path, package: str, found: _Found) -> None:
    top = os.path.realpath(data / package)
    found.folders.append(package)
    waiting = [package]
    while waiting:
        folder = waiting.pop()
        with os.scandir(data / folder) as entries:
            inside = sorted(entries, key=lambda entry: entry.name)
        for entry in inside:
            path = f"{folder}/{entry.name}"
            if entry.is_symlink():
                # A link out of its package is left out, as in an exported tree.
                if f"{os.path.realpath(entry.path)}/".startswith(f"{top}/"):
                    found.links[path] = str(Path(entry.path).readlink())
            elif entry.is_dir():
                if entry.name != ".git":
                    found.folders.append(path)
                    waiting.append(path)
            elif entry.is_file() and entry.name != ".git":
                found.files.append(path)
        if len(found.folders) + len(found.files) > MAX_ENTRIES:
            raise Odd(f"the modules have more than {MAX_ENTRIES:,} files")


def _find_providers(data: Path, plugins: tuple[Path, ...], found: _Found) -> None:
    """Each is a link to its installation. No run can write there, and later inits leave it unchanged."""
    for depth, path in _below(data, PROVIDERS):
        name = str(path.relative_to(data))
        if depth == PLATFORM and path.is_symlink():
            found.links[name] = _installed(path, plugins)
        elif depth < PLATFORM and path.is_dir() and not path.is_symlink():
            found.folders.append(name)
        else:
            raise Odd(f"{path} is not a link to an installed provider")


def _installed(link: Path, plugins: tuple[Path, ...]) -> str:
    """The target of a link; for one into the private cache, which the next init rebuilds, the target's own target."""
    target = link
    for _ in range(2):
        if target.is_symlink():
            target = Path(os.path.normpath(target.parent / target.readlink()))
            if not any(target.is_relative_to(folder) for folder in plugins):
                raise Odd(f"{link} points to {target}, where no provider is installed")
        if not target.is_relative_to(plugins[0]):
            break
    return str(target)


def _below(data: Path, name: str) -> Iterator[tuple[int, Path]]:
    waiting = [(0, data / name)]
    while waiting:
        depth, path = waiting.pop()
        if not os.path.lexists(path):
            continue
        yield depth, path
        if depth < PLATFORM and path.is_dir() and not path.is_symlink():
            waiting += [(depth + 1, one) for one in sorted(path.iterdir(), reverse=True)]


# Copying


def _make(
    sealed: Path,
    inputs: InitInputs,
    modules: tuple[CalledModule, ...],
    found: _Found,
    code: Mapping[str, bytes],
    backend: str | None,
) -> Seal:
    making = private_folder(sealed) / f"{MAKING}{secrets.token_hex(6)}"
    try:
        private_folder(making / DATA)
        for folder in found.folders:
            (making / DATA / folder).mkdir(mode=PRIVATE_FOLDER)
        left = MAX_BYTES
        files: dict[str, tuple[int, str]] = {}
        for path in found.files:
            mode, digest, size = _copy(inputs.data / path, making / DATA / path, left)
            files[path] = mode, digest
            left -= size
        for path, target in found.links.items():
            (making / DATA / path).symlink_to(target)
        made_with, lock = digests(inputs, code), read_lock_file(inputs.code.module)
        if lock is not None:
            write_whole(making / LOCK, lock, durable=False)
        manifest = Manifest(
            everything=made_with.everything,
            relevant=made_with.relevant,
            backend=backend,
            modules=modules,
            folders=tuple(found.folders),
            files=files,
            links=found.links,
            lock=None if lock is None else hashlib.sha256(lock).hexdigest(),
            computed=inputs.judged.computed or _encrypts(code),
        )
        content = manifest.content()
        write_whole(making / MANIFEST, content, durable=False)
        made = Seal(sealed / name_of(content), manifest)
        if made.folder.exists():
            remove(made.folder)
        failpoint.reach("seal.before_rename")
        making.rename(made.folder)
    except BaseException:
        remove(making)
        raise
    prune(sealed)
    return made


def _copy(source: Path, target: Path, limit: int) -> tuple[int, str, int]:
    """Mode, SHA-256 and size."""
    digest, size = hashlib.sha256(), 0
    with os.fdopen(os.open(source, _READ), "rb") as file, target.open("xb") as copy:
        about = os.fstat(file.fileno())
        if not stat.S_ISREG(about.st_mode):
            raise Odd(f"{source} is not a file")
        while chunk := file.read(_CHUNK):
            size += len(chunk)
            if size > limit:
                raise Odd(f"the result of init is larger than {MAX_BYTES >> 20:,} MB")
            digest.update(chunk)
            copy.write(chunk)
    mode = PRIVATE_FOLDER if about.st_mode & 0o100 else PRIVATE_FILE
    target.chmod(mode & 0o500)
    return mode, digest.hexdigest(), size
