"""What a module's files say about themselves, read without running terraform. Satisfies `ports.Modules`."""

import hashlib
import re
from collections import OrderedDict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from threading import Lock
from typing import Any

from runner.engine.blocks import Block, Computed, cut, plain_body
from runner.engine.hcl import NotHcl, parse, parse_block
from runner.engine.hcl_json import Body, json_bodies, literal
from runner.engine.providers import provider_names
from runner.engine.running import WORDS, commands
from runner.model.module import Backend, ModuleFacts

# In no other file can there be anything of interest; `\u` could spell the last ones.
_WORDS = re.compile(rb"module|terraform|\\[uU]|" + WORDS.encode())
_HIDING = re.compile(rf"{WORDS}|\\[uU]")
OVERRIDE = re.compile(r"(?:.*_)?override\.(?:tf|tofu)(?:\.json)?")
_CONFIGURATION = re.compile(r"[^.#~].*\.(?:tf|tofu)(?:\.json)?(?<!~)")
REMEMBERED = 8192  # files


@dataclass(frozen=True)
class _FileFacts:
    calls: tuple[tuple[str, str], ...] = ()
    backend: Backend | None = None
    required_versions: tuple[str, ...] = ()
    provisioners: tuple[str, ...] = ()
    providers: tuple[tuple[str, str], ...] = ()
    metas: tuple[str, ...] = ()
    readable: bool = True

    @property
    def redirects(self) -> bool:
        """Whether it says where state or code is, or what runs; one that can not be read might."""
        told = self.calls or self.backend or self.provisioners or self.providers or self.metas
        return bool(told) or not self.readable


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
            providers=tuple(dict(one for _, file in facts for one in file.providers).items()),
            metas=tuple(dict.fromkeys(meta for _, file in facts for meta in file.metas)),
            overriding=tuple(name for name, file in facts if OVERRIDE.fullmatch(name) and file.redirects),
        )

    def providers(self, files: Mapping[str, bytes]) -> frozenset[str] | None:
        """The names of all providers that blocks of the folder use; None where that can not be told."""
        return provider_names({name: files[name] for name in _in_order(files)})

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
    try:
        return _gather(_bodies(content.decode("utf-8-sig")))
    except (UnicodeDecodeError, NotHcl):
        return _FileFacts(provisioners=_hiding(content), readable=False)


def _bodies(text: str) -> Iterator[Body]:
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
        return _gather(json_bodies(content))
    except (ValueError, RecursionError, AttributeError, TypeError):
        return _FileFacts(provisioners=_hiding(content), readable=False)


def _hiding(content: bytes) -> tuple[str, ...]:
    return ("",) if _HIDING.search(content.decode(errors="replace")) else ()


def _gather(bodies: Iterable[Body]) -> _FileFacts:
    calls: list[tuple[str, str]] = []
    backend: Backend | None = None
    versions: list[str] = []
    provisioners: list[str] = []
    providers: dict[str, str] = {}
    metas: list[str] = []
    for kind, labels, body in bodies:
        if kind == "module" and "source" in body:
            calls.append((".".join(labels), _source(body["source"])))
        elif kind == "terraform":
            backend = _backend(body) or backend
            if isinstance(body.get("required_version"), str):
                versions.append(body["required_version"])
            providers |= _required(body)
            metas += [".".join(names) for names, _ in body.get("provider_meta", ())]
        provisioners += commands(kind, labels, body)
    return _FileFacts(
        tuple(calls), backend, tuple(versions), tuple(provisioners), tuple(providers.items()), tuple(metas)
    )


def _required(body: Mapping[str, Any]) -> dict[str, str]:
    """Local names and sources; one without a source is `hashicorp/` and its name, as terraform has it."""
    found: dict[str, str] = {}
    for _, named in body.get("required_providers", ()):
        for name, told in named.items():
            source = _source(told.get("source")) if isinstance(told, dict) else None
            found[name] = str(source or f"hashicorp/{name}")
    return found


def _backend(body: Mapping[str, Any]) -> Backend | None:
    for labels, settings in body.get("backend", ()):
        computed = tuple(name for name, value in settings.items() if not literal(value))
        return Backend(labels[0], _settings(settings), computed)
    for kind in ("cloud", "state_store"):
        for _, settings in body.get(kind, ()):
            return Backend(kind, _settings(settings))
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
