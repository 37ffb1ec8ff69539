"""What the configuration in one directory says about itself."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from runner.engine.modules.configuration import HclModules
from runner.hcl.blocks import Block, blocks_of, body_of
from runner.hcl.json_form import json_bodies, literal
from runner.hcl.text import hcl_text
from runner.hcl.tokens import NotHcl
from runner.model.adopt.layout import CodeFolder
from runner.model.code.module_source import LOCAL
from runner.model.values.paths import join

_READS = re.compile(rb"\bterraform\.workspace\b")
_COMPARED = re.compile(
    rb'terraform\.workspace\s*[!=]=\s*"([A-Za-z0-9_.-]{1,90})"|"([A-Za-z0-9_.-]{1,90})"\s*[!=]=\s*terraform\.workspace'
)
_TOFU = (".tofu", ".tofu.json")


def code_folder(path: str, files: Mapping[str, bytes], selected: str | None = None) -> CodeFolder:
    facts = HclModules().read(files)
    called = (join(path, source) for source in facts.calls if source.startswith(LOCAL))
    text = b"\n".join(files.values())
    compared = (first or second for first, second in _COMPARED.findall(text))
    return CodeFolder(
        path,
        facts,
        tuple(dict.fromkeys(name for file, content in files.items() for name in _providers(file, content))),
        frozenset(folder for folder in called if folder is not None),
        _READS.search(text) is not None,
        tuple(dict.fromkeys(name.decode() for name in compared)),
        selected,
        any(name.endswith(_TOFU) for name in files),
    )


def _providers(name: str, content: bytes) -> Iterator[str]:
    """The providers that blocks of the file configure; what is unreadable is judged elsewhere."""
    if b"provider" not in content:
        return
    try:
        if name.endswith(".json"):
            found = [(kind, labels) for kind, labels, _ in json_bodies(content)]
        else:
            found = [(block.kind, block.labels) for block in blocks_of(hcl_text(content))]
    # The file's author controls the parser's input.
    except Exception:  # noqa: BLE001 - any bug
        return
    yield from (labels[0] for kind, labels in found if kind == "provider" and labels)


def settings_of(content: bytes) -> dict[str, Any]:
    """The literal settings of a file for `-backend-config`."""
    try:
        body = body_of(Block("", (), hcl_text(content)))
    except (NotHcl, UnicodeDecodeError):
        return {}
    return {name: value for name, value in body.items() if literal(value) and value is not None}
