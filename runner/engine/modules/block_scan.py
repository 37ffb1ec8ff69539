"""What in a file of code may have another meaning at another time: its blocks here, its expressions in `expression_scan`."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from runner.engine.modules.expression_scan import NAMES, Outside, Scan, line_of
from runner.hcl.blocks import Nested, blocks_of, body_of
from runner.hcl.json_form import COMMENT, json_bodies, labelled
from runner.hcl.text import hcl_text
from runner.model.code.module import LARGEST

# A block of another kind may do anything: `action`, `ephemeral` and `list` call providers in other ways.
_KINDS = frozenset(
    {
        "terraform", "language", "provider", "variable", "locals", "output", "module", "resource", "data", "moved",
        "removed", "import", "check",
    }
)  # fmt: skip
_JUDGED = frozenset({"terraform", "provider", "check"})
_TERRAFORM = frozenset(
    {"required_version", "required_providers", "provider_meta", "backend", "encryption", COMMENT}
)
# For all other keys and methods OpenTofu asks a program or a service.
_ENCRYPTION = {"key_provider": frozenset({"pbkdf2"}), "method": frozenset({"aes_gcm", "unencrypted"})}


def scan_file(scan: Scan, name: str, content: bytes) -> None:
    """Outside for what it may not contain; NotHcl, ValueError or RecursionError if it is unclear."""
    if len(content) > LARGEST:
        raise Outside(f"has a file with more than {LARGEST:,} bytes")
    (_json if name.endswith(".json") else _native)(scan, content)


def _native(scan: Scan, content: bytes) -> None:
    text = hcl_text(content)
    scan.raw(text)
    for block in blocks_of(text):
        try:
            _block(block.kind, block.labels, body_of(block) if block.kind in _JUDGED else {})
        except Outside as problem:
            raise Outside(str(problem), block.line) from None
        scan.body(block.body, block.line)


def _json(scan: Scan, content: bytes) -> None:
    """Its escapes are resolved, so a word spelled with them is found too."""
    bodies = json_bodies(content)
    document = json.loads(content.decode("utf-8-sig"))
    for _, top in labelled(document, 0):
        for kind in top.keys() - {COMMENT}:
            _block(kind, (), {})
    for text in _texts(document):
        try:
            scan.raw(text)
            scan.template(text)
        except Outside as problem:
            raise Outside(str(problem), _written_in(content, text)) from None
    for kind, labels, body in bodies:
        _block(kind, labels, body)


def _texts(value: Any) -> Iterator[str]:
    match value:
        case str():
            yield value
        case dict():
            for name, part in value.items():
                if name in NAMES:
                    raise Outside(NAMES[name])
                yield name
                yield from _texts(part)
        case list():
            for part in value:
                yield from _texts(part)


def _written_in(content: bytes, text: str) -> int:
    """The line of a text that is spelled without needless escapes; 0 for any other."""
    position = content.find(json.dumps(text, ensure_ascii=False).encode())
    return line_of(content.decode(errors="replace"), position) if position >= 0 else 0


def _block(kind: str, labels: tuple[str, ...], body: Mapping[str, Any]) -> None:
    if kind not in _KINDS:
        raise Outside(f"has a block {kind}")
    if kind in {"resource", "data"} and labels and labels[0] in NAMES:
        raise Outside(NAMES[labels[0]])
    match kind:
        case "provider" if "for_each" in body:
            raise Outside("has a provider with for_each")
        case "check" if "data" in body:
            raise Outside("has a check with a data source, whose failure is only a warning")
        case "terraform":
            for name in sorted(body.keys() - _TERRAFORM):
                raise Outside(f"has {name} in a block terraform")
            for name in _encrypting(body.get("encryption")):
                raise Outside(f"encrypts the state with {name}")


def _encrypting(blocks: Any) -> Iterator[str]:
    for _, settings in _labelled(blocks, 0):
        for name, known in _ENCRYPTION.items():
            for labels, _ in _labelled(settings.get(name), 2):
                if labels[0] not in known:
                    yield f"{name} {labels[0]}"


def _labelled(raw: Any, count: int) -> list[tuple[tuple[str, ...], dict[str, Any]]]:
    return raw if isinstance(raw, Nested) else list(labelled(raw, count))
