"""What a module's files declare, read without running terraform. Satisfies `ports.Modules`."""

import hashlib
import re
from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import field, replace
from threading import Lock
from typing import Any

from runner.engine.modules.accepting import accepted
from runner.engine.modules.definitions import definitions_of, stack_values, values_file
from runner.engine.modules.file_reads import reading, reads_of, values_of
from runner.engine.modules.module_files import in_order
from runner.engine.modules.providers import provider_names
from runner.engine.modules.reading_time import in_time
from runner.engine.modules.remote_states import Uses, read_states, used_outputs, with_uses
from runner.engine.modules.running import WORDS, commands
from runner.hcl.blocks import blocks_of, body_of, nested
from runner.hcl.json_form import Body, json_bodies, literal
from runner.hcl.parsed import parse
from runner.hcl.text import hcl_text
from runner.hcl.tokens import NotHcl
from runner.hcl.values import Computed
from runner.model.accept.proposal import Drifted
from runner.model.accept.stack_code import Accepted, StackCode
from runner.model.code.file_reads import Reads
from runner.model.code.module import (
    LARGEST,
    OVERRIDE,
    Backend,
    ModuleFacts,
    RemoteState,
    RequiredVersion,
    is_configuration,
    is_test,
    normal,
)
from runner.model.constant.definitions import Definitions
from runner.model.constant.expression import Expression
from runner.model.constant.given import ValuesFile
from runner.model.values.frozen import dataclass

# No other file can contain anything of interest; `\u` could spell the last ones.
_WORDS = re.compile(rb"module|terraform|language|\\[uU]|" + WORDS.encode())
_HIDING = re.compile(rf"{WORDS}|\\[uU]")
REMEMBERED = 8192  # files


@dataclass(frozen=True)
class _FileFacts:
    calls: tuple[tuple[str, str], ...] = ()
    computed: tuple[str, ...] = ()  # the names of calls whose source or version has to be evaluated
    backend: Backend | None = None
    required_versions: tuple[str, ...] = ()
    compatible_with: tuple[str, ...] = ()
    provisioners: tuple[str, ...] = ()
    providers: tuple[tuple[str, str], ...] = ()
    metas: tuple[str, ...] = ()
    remote_states: tuple[RemoteState, ...] = ()
    remote_uses: Uses = frozenset()
    flaw: str | None = None  # why it cannot be read

    @property
    def redirects(self) -> bool:
        """Whether it sets where state or code comes from, or what runs; an unreadable file might."""
        redirecting = (
            self.calls or self.computed or self.backend or self.provisioners or self.providers or self.metas
        )
        return bool(redirecting) or self.flaw is not None


_NOTHING = _FileFacts()


@dataclass
class HclModules:
    """Caches the facts of each file by content: most files of a new revision are unchanged."""

    _known: "OrderedDict[bytes, _FileFacts]" = field(default_factory=OrderedDict)
    _guard: Lock = field(default_factory=Lock)

    def read(self, files: Mapping[str, bytes]) -> ModuleFacts:
        """Facts of all given files; if `x.tofu` stands beside `x.tf`, tofu's rule applies and `x.tf` is left out."""
        names = in_order(files)
        facts = [(name, self._facts(name, files[name])) for name in names]
        tests = [(name, self._facts(name, files[name])) for name in sorted(filter(is_test, files))]
        named = dict(call for _, file in facts for call in file.calls)
        return ModuleFacts(
            calls=tuple(named.values()),
            names=tuple(named),
            computed=tuple(name for _, file in facts for name in file.computed),
            backend=next((file.backend for _, file in reversed(facts) if file.backend), None),
            required=tuple(one for name, file in facts for one in _required_by(name, file)),
            provisioners=tuple(
                # Fail closed: a file that may hide a provisioner counts as having one.
                address or f"{name} (not readable)"
                for name, file in facts
                for address in file.provisioners
            ),
            unreadable=tuple(name for name, file in facts + tests if file.flaw is not None),
            reasons=tuple((name, file.flaw) for name, file in facts + tests if file.flaw is not None),
            test_calls=tuple(source for _, file in tests for _, source in file.calls),
            providers=tuple(dict(one for _, file in facts for one in file.providers).items()),
            metas=tuple(dict.fromkeys(meta for _, file in facts for meta in file.metas)),
            remote_states=with_uses(
                (one for _, file in facts for one in file.remote_states),
                frozenset(use for _, file in facts for use in file.remote_uses),
            ),
            overriding=tuple(name for name, file in facts if OVERRIDE.fullmatch(name) and file.redirects),
        )

    def providers(self, files: Mapping[str, bytes]) -> frozenset[str] | None:
        """The names of all providers that blocks of the folder use; None if unknown."""
        read = {name: files[name] for name in in_order(files)}
        return None if any(len(content) > LARGEST for content in read.values()) else provider_names(read)

    def reading(self, files: Mapping[str, bytes]) -> bool:
        """Whether anything in the folder may read a file."""
        return reading(files)

    def reads(self, files: Mapping[str, bytes]) -> Reads:
        """The reads of the folder, and the values of its names."""
        return reads_of(files)

    def accepted(self, stack: StackCode, drifted: Iterable[Drifted], *, removed_blocks: bool) -> Accepted:
        """The code changed so that it means what is there."""
        return accepted(stack, drifted, removed_blocks=removed_blocks)

    def definitions(self, files: Mapping[str, bytes]) -> Definitions:
        """What a module source, a version or a backend in the folder may refer to."""
        return definitions_of(files)

    def values_file(self, name: str, content: bytes) -> ValuesFile:
        """The values of a var file, for their evaluation."""
        return values_file(name, content)

    def stack_values(self, values: Mapping[str, Any]) -> ValuesFile:
        """`vars` of a stack file, which the engine gets as JSON."""
        return stack_values(values)

    def expression(self, text: str) -> Expression:
        """The expression in an environment variable."""
        return parse(text)

    def values(self, name: str, content: bytes) -> Mapping[str, str | None]:
        """The variables of a var file by `var.name`; None for a value that is not plain."""
        return values_of(name, content)

    def _facts(self, name: str, content: bytes) -> _FileFacts:
        if len(content) > LARGEST:
            return _unreadable(content, f"it has more than {LARGEST:,} bytes")
        if _WORDS.search(content) is None:
            return _NOTHING
        is_json = name.endswith(".json")
        digest = hashlib.blake2b(content, digest_size=16, person=b"json" if is_json else b"hcl").digest()
        with self._guard:
            known = self._known.get(digest)
            if known is not None:
                self._known.move_to_end(digest)
                return known
        facts = replace(
            _read(content, json_bodies if is_json else _bodies),
            remote_states=read_states(content, is_json=is_json),
            remote_uses=used_outputs(content),
        )
        with self._guard:
            self._known[digest] = facts
            while len(self._known) > REMEMBERED:
                self._known.popitem(last=False)
        return facts


def root_backend(code: Mapping[str, bytes], suffixes: tuple[str, ...]) -> Backend | None:
    """The backend of the root module, from the files of all modules by `folder/name`."""
    root = {name.removeprefix("./"): content for name, content in code.items() if name.startswith("./")}
    own = {name: content for name, content in root.items() if is_configuration(name, suffixes)}
    return HclModules().read(own).backend


def _read(content: bytes, bodies: Callable[[bytes], Iterable[Body]]) -> _FileFacts:
    try:
        return _gather(in_time(bodies(content)))
    except NotHcl as error:
        return _unreadable(content, str(error))
    except UnicodeDecodeError as error:
        line = error.object.count(b"\n", 0, error.start) + 1
        return _unreadable(content, f"line {line}: it is not UTF-8")
    # The file's author controls the parser's input: a failure concerns only the users of the file.
    except Exception as error:  # noqa: BLE001 - any bug
        return _unreadable(content, f"it cannot be interpreted: {type(error).__name__}")


def _unreadable(content: bytes, flaw: str) -> _FileFacts:
    hides = _HIDING.search(content.decode(errors="replace")) is not None
    return _FileFacts(provisioners=("",) if hides else (), flaw=flaw)


def _bodies(content: bytes) -> Iterator[Body]:
    """Kind, labels and body of the blocks of interest; the others are not parsed."""
    for block in blocks_of(hcl_text(content)):
        if block.kind in {"terraform", "language", "module", "run"} or _HIDING.search(block.text):
            yield block.kind, block.labels, body_of(block)


def _gather(bodies: Iterable[Body]) -> _FileFacts:
    calls: list[tuple[str, str]] = []
    computed: list[str] = []
    backend: Backend | None = None
    versions: list[str] = []
    compatible: list[str] = []
    provisioners: list[str] = []
    providers: dict[str, str] = {}
    metas: list[str] = []
    for kind, labels, body in bodies:
        if kind == "module" and "source" in body:
            name = ".".join(labels)
            if not isinstance(body["source"], str | Computed):
                raise NotHcl(f"the source of module {name} is not a string")
            if literal([body["source"], body.get("version")]):
                calls.append((name, normal(body["source"])))
            else:
                computed.append(name)
        elif kind == "run":
            calls += [
                (".".join(labels), _source(settings.get("source")))
                for _, settings in nested(body, "module", 0)
            ]
        elif kind == "terraform":
            backend = _backend(body) or backend
            if isinstance(body.get("required_version"), str):
                versions.append(body["required_version"])
            providers |= _required(body)
            # Modules use this to identify themselves to their providers. A computed value may be anything.
            metas += [
                ".".join(n) for n, settings in nested(body, "provider_meta", 1) if not literal(settings)
            ]
        elif kind == "language":
            software = (settings.get("opentofu") for _, settings in nested(body, "compatible_with", 0))
            compatible += [version for version in software if isinstance(version, str)]
        provisioners += commands(kind, labels, body)
    return _FileFacts(
        tuple(calls),
        tuple(computed),
        backend,
        tuple(versions),
        tuple(compatible),
        tuple(provisioners),
        tuple(providers.items()),
        tuple(metas),
    )


def _required_by(name: str, file: _FileFacts) -> Iterator[RequiredVersion]:
    yield from (RequiredVersion(name, text) for text in file.required_versions)
    if not OVERRIDE.fullmatch(name):  # there, OpenTofu heeds none
        yield from (RequiredVersion(name, text, compatible_with=True) for text in file.compatible_with)


def _required(body: dict[str, Any]) -> dict[str, str]:
    """Local names and sources, empty if there is none."""
    found: dict[str, str] = {}
    for _, named in nested(body, "required_providers", 0):
        for name, settings in named.items():
            if isinstance(settings, Computed) or (
                isinstance(settings, dict) and not literal(settings.get("source"))
            ):
                raise NotHcl(f"the source of the provider {name} is computed")
            source = _source(settings.get("source")) if isinstance(settings, dict) else None
            found[name] = str(source or "")
    return found


def _backend(body: dict[str, Any]) -> Backend | None:
    for (kind,), settings in nested(body, "backend", 1):
        computed = tuple(name for name, value in settings.items() if not literal(value))
        return Backend(kind, _settings(settings), computed)
    for kind, labels in (("cloud", 0), ("state_store", 1)):
        for _, settings in nested(body, kind, labels):
            return Backend(kind, _settings(settings))
    return None


def _settings(body: Mapping[str, Any]) -> dict[str, Any]:
    return {name: _source(value) for name, value in body.items()}


def _source(value: Any) -> Any:
    """The value, with source text for computed parts; nested blocks as their bodies."""
    match value:
        case Computed(source):
            return source
        case list():
            return [_source(part) for part in value]
        case (tuple(), dict() as body):
            return _settings(body)
        case dict():
            return _settings(value)
        case str():
            return normal(value)
        case _:
            return value
