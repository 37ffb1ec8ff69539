"""Whether `init` can be skipped: digests of everything it depends on, kept with the sealed copy of its results.

An unnecessary init costs a second; skipping a necessary one must never yield a plan that looks valid.
Terraform checks lock file, modules and backend block again at each plan, so these digests guard what it does
not check (the values of `-backend-config`, the CLI configuration, the binary) and save the round trip for the
rest.

`init` writes `.terraform.lock.hcl` into the module's folder if the code has none. That folder is in the
exported tree, so all stacks that use it at this revision, from plan to apply, get the same providers.
"""

import hashlib
import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from runner.engine.initialised.lock_file import LOCK_FILE, read_lock_file
from runner.engine.initialised.seal import Manifest, Seal, seals
from runner.engine.modules import code_files
from runner.engine.modules.code_files import VALUES, Code
from runner.hcl.blocks import Block, cut, plain_body
from runner.model.code.judged import UNKNOWN, Judged
from runner.model.code.module import OVERRIDE
from runner.model.stack.definition import DEFAULT_WORKSPACE
from runner.model.values.frozen import dataclass

# Blocks that name a provider by the prefix of their type, or by this attribute.
_TYPED = frozenset({"resource", "data", "ephemeral"})
_PROVIDER = re.compile(r"^[ \t]*provider[ \t]*=.*$", re.MULTILINE)
_WITHOUT_EFFECT = frozenset({"variable", "output", "locals", "moved"})
# OpenTofu and newer Terraforms compute sources and backends from variables.
_COMPUTED = re.compile(
    r'\b(?:var|local)\.|^[ \t]*(?:source|version)[ \t]*=[ \t]*(?!"[^"$%\\\n]*"\s*(?:$|#|//))', re.MULTILINE
)


@dataclass(frozen=True)
class InitInputs:
    """The inputs of an init outside the module's own files."""

    code: Code
    data: Path  # TF_DATA_DIR
    engine: str  # the binary, its digest and its version
    cli_config: bytes
    backend_config: Mapping[str, Any]
    workspace: str  # terraform's: created after init if the backend does not have it
    variables: bytes  # relevant only if a source or a backend is computed
    judged: Judged = UNKNOWN  # what was found in the code before
    registry: str = ""  # where short addresses of modules point


@dataclass(frozen=True)
class Digests:
    everything: str  # all bytes that were read: if equal, nothing needs to be parsed
    relevant: str


def up_to_date(inputs: InitInputs, sealed: Path) -> tuple[Seal, dict[str, bytes]] | None:
    """The sealed results of an init with the same inputs, if there are any, and the current code."""
    for seal in seals(sealed):
        code = _code_of(inputs, seal.manifest)
        if code is not None:
            return seal, code
    return None


def _code_of(inputs: InitInputs, manifest: Manifest) -> dict[str, bytes] | None:
    """None if it requires another init."""
    try:
        code = code_files.read(inputs.code, manifest.local_folders)
        files = _files(inputs, code)
        same = (
            _everything(inputs, files) == manifest.everything or _relevant(inputs, files) == manifest.relevant
        )
    except (OSError, ValueError):
        return None
    return code if same else None


def digests(inputs: InitInputs, code: Mapping[str, bytes]) -> Digests:
    """After an init, which may have written the lock file."""
    files = _files(inputs, code)
    return Digests(_everything(inputs, files), _relevant(inputs, files))


def _files(inputs: InitInputs, code: Mapping[str, bytes]) -> dict[str, bytes]:
    return {LOCK_FILE: read_lock_file(inputs.code.module) or b"", **code}


def _everything(inputs: InitInputs, files: Mapping[str, bytes]) -> str:
    return _digest(*_surroundings(inputs), inputs.variables, *_flat(files))


def _relevant(inputs: InitInputs, files: Mapping[str, bytes]) -> str:
    parts: list[bytes] = []
    for name, content in files.items():
        if name.endswith(VALUES):
            continue
        extract = _extract(name, content)
        if extract is None:
            return _everything(inputs, files)
        # A module's files may be split and joined freely, so their names do not count, except for overrides.
        folder, _, file = name.rpartition("/")
        place = f"{folder}/{file if OVERRIDE.fullmatch(file) else ''}".encode(errors="surrogateescape")
        parts += [place + b"\0" + part for part in extract]
    return _digest(*_surroundings(inputs), *sorted(set(parts)))


def _extract(name: str, content: bytes) -> list[bytes] | None:
    """The parts of a file that matter to init; None if it computes sources, so that variables matter too."""
    if name == LOCK_FILE:
        return [content]
    if name.endswith(".json"):
        return None if b"${" in content else [content]
    text = content.decode(errors="surrogateescape")
    blocks = cut(text)
    if blocks is None:
        return None if _COMPUTED.search(text) else [content]
    parts = []
    for block in blocks:
        part = _extract_block(block)
        if part is None:
            return None
        if part:
            parts.append(part.encode(errors="surrogateescape"))
    return parts


def _extract_block(block: Block) -> str | None:
    if block.kind in _WITHOUT_EFFECT:
        return ""
    if block.kind in _TYPED:
        return " ".join([block.kind, *block.labels[:1], *_PROVIDER.findall(block.body)])
    if block.kind == "provider":
        return " ".join([block.kind, *block.labels])
    if block.kind not in {"module", "terraform"}:
        return block.text
    body = plain_body(block) if block.kind == "module" else None
    if body is not None:
        facts = {key: body.get(key) for key in ("source", "version", "providers")}
        computed = not all(isinstance(facts[key], str | None) for key in ("source", "version"))
        return None if computed else f"module {block.labels} {facts}"
    return None if _COMPUTED.search(block.body) else block.text


def _surroundings(inputs: InitInputs) -> list[bytes]:
    return [
        inputs.engine.encode(),
        inputs.cli_config,
        json.dumps(inputs.backend_config, sort_keys=True).encode(),
        *([] if inputs.workspace == DEFAULT_WORKSPACE else [inputs.workspace.encode()]),
    ]


def _flat(files: Mapping[str, bytes]) -> Iterator[bytes]:
    for name, content in files.items():
        yield name.encode(errors="surrogateescape")
        yield content


def _digest(*parts: bytes) -> str:
    digest = hashlib.blake2b(digest_size=20)
    for part in parts:
        digest.update(b"%d:" % len(part))
        digest.update(part)
    return digest.hexdigest()
