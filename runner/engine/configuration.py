"""What a module's files say about themselves, read without running terraform. Satisfies `ports.Modules`."""

import hashlib
import json
import re
from collections import OrderedDict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from threading import Lock
from typing import Any

from runner.engine.blocks import Block, Computed, cut, plain_body
from runner.engine.hcl import NotHcl, parse, parse_block
from runner.model.module import Backend, ModuleFacts

# In no other file can there be anything of interest; `\u` could spell the last two.
_WORDS = re.compile(rb"module|terraform|provisioner|external|\\[uU]")
_HIDING = re.compile(r"provisioner|external|\\[uU]")
OVERRIDE = re.compile(r"(?:.*_)?override\.(?:tf|tofu)(?:\.json)?")
_CONFIGURATION = re.compile(r"[^.#~].*\.(?:tf|tofu)(?:\.json)?(?<!~)")
REMEMBERED = 8192  # files


@dataclass(frozen=True)
class _FileFacts:
    calls: tuple[tuple[str, str], ...] = ()
    backend: Backend | None = None
    required_versions: tuple[str, ...] = ()
    provisioners: tuple[str, ...] = ()
    readable: bool = True


_NOTHING = _FileFacts()


@dataclass
class HclModules:
    """Remembers the facts of each file by its content: most files of a new revision are the old ones."""

    _known: "OrderedDict[bytes, _FileFacts]" = field(default_factory=OrderedDict)
    _guard: Lock = field(default_factory=Lock)

    def read(self, files: Mapping[str, bytes]) -> ModuleFacts:
        """Of all files given; where `x.tofu` stands beside `x.tf`, tofu's rule holds and `x.tf` is left out."""
        names = _in_order(files)
        facts = [(name, self._facts(name, files[name])) for name in names]
        return ModuleFacts(
            calls=tuple(dict(call for _, file in facts for call in file.calls).values()),
            backend=next((file.backend for _, file in reversed(facts) if file.backend), None),
            required_version=", ".join(v for _, file in facts for v in file.required_versions) or None,
            provisioners=tuple(
                # Fail closed: what may hide a provisioner counts as one.
                address or f"{name} (not readable)"
                for name, file in facts
                for address in file.provisioners
            ),
            unreadable=tuple(name for name, file in facts if not file.readable),
        )

    def _facts(self, name: str, content: bytes) -> _FileFacts:
        if _WORDS.search(content) is None:
            return _NOTHING
        is_json = name.endswith(".json")
        digest = hashlib.blake2b(content, digest_size=16, person=b"json" if is_json else b"hcl").digest()
        with self._guard:
            known = self._known.get(digest)
            if known is not None:
                self._known.move_to_end(digest)
                return known
        facts = (_read_json if is_json else _read_hcl)(content)
        with self._guard:
            self._known[digest] = facts
            while len(self._known) > REMEMBERED:
                self._known.popitem(last=False)
        return facts


def _in_order(names: Iterable[str]) -> list[str]:
    """The configuration files as they are merged: overrides after all others."""
    found = {name for name in names if _CONFIGURATION.fullmatch(name)}
    shadowed = {re.sub(r"\.tofu(\.json)?$", r".tf\1", name) for name in found if ".tofu" in name}
    return sorted(found - shadowed, key=lambda name: (OVERRIDE.fullmatch(name) is not None, name))


def _read_hcl(content: bytes) -> _FileFacts:
    hiding = ("",) if _HIDING.search(content.decode(errors="replace")) else ()
    try:
        text = content.decode("utf-8-sig")
        return _gather(_bodies(text))
    except (UnicodeDecodeError, NotHcl):
        return _FileFacts(provisioners=hiding, readable=False)


_Body = tuple[str, tuple[str, ...], dict[str, Any]]


def _bodies(text: str) -> Iterator[_Body]:
    """Kind, labels and body of the blocks of interest; the others are not even parsed."""
    blocks = cut(text)
    if blocks is None:
        for kind, value in parse(text).items():
            if isinstance(value, list):
                yield from ((kind, *part) for part in value if isinstance(part, tuple))
        return
    for block in blocks:
        if block.kind in {"terraform", "module"}:
            yield block.kind, block.labels, _body_of(block)
        elif _HIDING.search(block.text):
            yield block.kind, block.labels, parse_block(block)


def _body_of(block: Block) -> dict[str, Any]:
    plain = plain_body(block)
    return parse_block(block) if plain is None else plain


def _read_json(content: bytes) -> _FileFacts:
    try:
        document = json.loads(content)
        return _gather(_json_bodies(document))
    except (ValueError, RecursionError, AttributeError, TypeError):
        hiding = ("",) if _HIDING.search(content.decode(errors="replace")) else ()
        return _FileFacts(provisioners=hiding, readable=False)


_LABELS = {"terraform": 0, "module": 1, "resource": 2, "data": 2, "check": 1}
_NESTED = {
    "terraform": {"backend": 1, "cloud": 0},
    "resource": {"provisioner": 1},
    "check": {"data": 2},
}


def _json_bodies(document: Any) -> Iterator[_Body]:
    for top in _each(document):
        for kind, count in _LABELS.items():
            for labels, body in _labelled(top.get(kind), count):
                nested = {
                    name: list(_labelled(body.get(name), depth))
                    for name, depth in _NESTED.get(kind, {}).items()
                    if name in body
                }
                yield kind, labels, {**body, **nested}


def _labelled(raw: Any, count: int) -> Iterator[tuple[tuple[str, ...], dict[str, Any]]]:
    """JSON may write one as an object and several as a list, at every level."""
    for part in _each(raw):
        if count == 0:
            yield (), part
            continue
        for label, below in part.items():
            if label != "//":
                yield from (((label, *labels), body) for labels, body in _labelled(below, count - 1))


def _each(raw: Any) -> list[dict[str, Any]]:
    return raw if isinstance(raw, list) else [] if raw is None else [raw]


def _gather(bodies: Iterable[_Body]) -> _FileFacts:
    calls: list[tuple[str, str]] = []
    backend: Backend | None = None
    versions: list[str] = []
    provisioners: list[str] = []
    for kind, labels, body in bodies:
        if kind == "module" and "source" in body:
            calls.append((".".join(labels), _source(body["source"])))
        elif kind == "terraform":
            backend = _backend(body) or backend
            if isinstance(body.get("required_version"), str):
                versions.append(body["required_version"])
        elif kind == "resource" and "provisioner" in body:
            provisioners.append(".".join(labels))
        elif kind in {"data", "check"}:
            provisioners.extend(_externals(kind, labels, body))
    return _FileFacts(tuple(calls), backend, tuple(versions), tuple(provisioners))


def _externals(kind: str, labels: tuple[str, ...], body: Mapping[str, Any]) -> Iterator[str]:
    """A `check` may hold a data source of its own."""
    nested = body.get("data", ()) if kind == "check" else [(labels, body)]
    for inner, _ in nested:
        if inner[:1] == ("external",):
            yield ".".join(("data", *inner))


def _backend(body: Mapping[str, Any]) -> Backend | None:
    for labels, settings in body.get("backend", ()):
        return Backend(labels[0], _settings(settings))
    for _, settings in body.get("cloud", ()):
        return Backend("cloud", _settings(settings))
    return None


def _settings(body: Mapping[str, Any]) -> dict[str, Any]:
    return {name: _source(value) for name, value in body.items()}


def _source(value: Any) -> Any:
    """The value with the source text of what is computed; nested blocks as their bodies."""
    match value:
        case Computed(source):
            return source
        case list():
            return [_source(part) for part in value]
        case (tuple(), dict() as body):
            return _settings(body)
        case dict():
            return _settings(value)
        case _:
            return value
