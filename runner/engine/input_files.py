"""The files that a plan is made from, measured before it runs: it can write into its module's folder."""

import hashlib
import json
from collections.abc import Iterable, Mapping
from pathlib import Path

from runner.engine.initialised.seal import Manifest
from runner.model.code.called_modules import FETCHED
from runner.model.values.frozen import dataclass


@dataclass(frozen=True)
class Measured:
    """See `EngineFacts`."""

    lock_file: str = ""
    modules: str = ""
    var_files: tuple[str, ...] = ()


def measure(
    code: Mapping[str, bytes], manifest: Manifest, var_files: Iterable[tuple[Path, bytes | None]]
) -> Measured:
    return Measured(
        lock_file=manifest.lock or "",
        modules=modules_digest(code, manifest),
        var_files=tuple(
            f"{file.name} {'' if content is None else hashlib.sha256(content).hexdigest()}"
            for file, content in var_files
        ),
    )


def modules_digest(code: Mapping[str, bytes], manifest: Manifest) -> str:
    """The configuration of the root and of the local modules, and every byte of those that `init` fetched.

    Other files beside local modules are those of the revision, or were made by a plan: `archive_file` writes
    there.
    """
    facts = [
        *(("called", one.key, one.folder) for one in manifest.modules),
        *(("code", name, hashlib.sha256(content).hexdigest()) for name, content in code.items()),
        *(("fetched", name, digest) for name, (_, digest) in manifest.files.items() if _in_module(name)),
        *(("link", name, target) for name, target in manifest.links.items() if _in_module(name)),
    ]
    return hashlib.sha256(json.dumps(sorted(facts)).encode()).hexdigest()


def _in_module(path: str) -> bool:
    return path.startswith(f"{FETCHED}/") and path.count("/") > 1
