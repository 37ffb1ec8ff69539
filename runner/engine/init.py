"""Whether `init` can be skipped: the digest of everything it depends on, kept beside the data directory.

A needless init costs a second; a skipped one that was needed must never pass for a good plan. Terraform checks
lock file, modules and backend block again at each plan, so this digest guards what it does not check (the values
of `-backend-config`, the CLI configuration, the version) and saves the round trip for the rest.

`init` writes `.terraform.lock.hcl` into the module's folder where the code has none. That folder is in the exported
tree, so all stacks that use it at this revision, from plan to apply, get the same providers.
"""

import hashlib
import json
import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from runner.engine.blocks import Block, cut, plain_body
from runner.engine.configuration import OVERRIDE
from runner.engine.manifest import listed_modules
from runner.files import PRIVATE_FILE, make_private, write_whole
from runner.model.module import is_configuration

LOCK_FILE = ".terraform.lock.hcl"
VALUES = (".tfvars", ".tfvars.json")  # beside the configuration, what terraform takes values from by itself
# A block that names a provider by the prefix of its type, or by this attribute.
_TYPED = frozenset({"resource", "data", "ephemeral"})
_PROVIDER = re.compile(r"^[ \t]*provider[ \t]*=.*$", re.MULTILINE)
_WITHOUT_EFFECT = frozenset({"variable", "output", "locals", "moved"})
# OpenTofu and newer Terraforms compute sources and backends from variables.
_COMPUTED = re.compile(
    r'\b(?:var|local)\.|^[ \t]*(?:source|version)[ \t]*=[ \t]*(?!"[^"$%\\\n]*"\s*(?:$|#|//))', re.MULTILINE
)


@dataclass(frozen=True)
class InitInputs:
    """What an init depends on, outside the module's own files."""

    module: Path
    data: Path
    suffixes: tuple[str, ...]
    engine: str  # the binary and its version
    cli_config: bytes
    backend_config: Mapping[str, str]
    variables: bytes  # counts only where a source or a backend is computed


@dataclass(frozen=True)
class _Digests:
    everything: str  # all bytes that were looked at: equal is equal, and nothing needs to be parsed
    relevant: str


def record_of(inputs: InitInputs) -> Path:
    return inputs.data.with_name("init.json")


def up_to_date(inputs: InitInputs) -> bool:
    """Whether the last init of this data directory is still good."""
    try:
        record = json.loads(record_of(inputs).read_bytes())
        there = set(_names(inputs.data))
        files = dict(_files(inputs))
        return set(record["data"]) <= there and (
            record["everything"] == _everything(inputs, files)
            or record["relevant"] == _relevant(inputs, files)
        )
    except (OSError, ValueError, KeyError, TypeError):
        return False


def remember(inputs: InitInputs) -> None:
    """After an init that worked: it may have written the lock file and the list of modules.

    Both, and what is unpacked from archives, get modes of their own whatever the umask is.
    """
    try:
        make_private(inputs.data)
        lock = inputs.module / LOCK_FILE
        if lock.is_file() and lock.stat().st_mode & 0o077:
            lock.chmod(PRIVATE_FILE)
        files = dict(_files(inputs))
        record = {
            "everything": _everything(inputs, files),
            "relevant": _relevant(inputs, files),
            "data": _names(inputs.data),
        }
    except (OSError, ValueError, KeyError, TypeError):
        return  # without a record the next run initialises again
    write_whole(record_of(inputs), json.dumps(record).encode(), durable=False)


def forget(inputs: InitInputs) -> None:
    """Before an init: one that dies half-way must not look like the last good one."""
    record_of(inputs).unlink(missing_ok=True)


def _names(folder: Path) -> list[str]:
    return sorted(entry.name for entry in folder.iterdir())


def _files(inputs: InitInputs) -> Iterator[tuple[str, bytes]]:
    """The lock file and the configuration of the root module and of the local modules that it calls."""
    lock = inputs.module / LOCK_FILE
    yield LOCK_FILE, lock.read_bytes() if lock.is_file() else b""
    for folder in _module_folders(inputs):
        path = inputs.module / folder
        # terraform leaves its list as it was when the last module call is removed.
        entries = os.scandir(path) if path.is_dir() else ()
        for entry in sorted(entries, key=lambda entry: entry.name):
            read = is_configuration(entry.name, inputs.suffixes) or entry.name.endswith(VALUES)
            if read and entry.is_file():
                yield f"{folder}/{entry.name}", Path(entry.path).read_bytes()


def _module_folders(inputs: InitInputs) -> list[str]:
    """As the last init recorded them; a call that was added since is in the digest of its caller."""
    try:
        folders = {str(module["Dir"]) for module in listed_modules(inputs.data)}
    except FileNotFoundError:
        return ["."]
    # What was downloaded lies in the data directory, under an absolute path.
    return sorted({folder for folder in folders if not Path(folder).is_absolute()} | {"."})


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
        # A module's files may be split and joined at will, so their names do not count unless they override.
        folder, _, file = name.rpartition("/")
        place = f"{folder}/{file if OVERRIDE.fullmatch(file) else ''}".encode(errors="surrogateescape")
        parts += [place + b"\0" + part for part in extract]
    return _digest(*_surroundings(inputs), *sorted(set(parts)))


def _extract(name: str, content: bytes) -> list[bytes] | None:
    """What of a file matters to init; None where it computes sources, so that the variables matter too."""
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
