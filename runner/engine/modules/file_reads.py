"""Find which other files a module's files read. An unclear read is reported as a read of an unknown file."""

import json
import time
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from runner.engine.modules.module_files import in_order
from runner.hcl.blocks import Block, Nested, blocks_of, body_of
from runner.hcl.expressions import READERS, Expressions, inside
from runner.hcl.json_form import json_bodies
from runner.hcl.text import hcl_text
from runner.hcl.tokens import NotHcl, has_template
from runner.hcl.values import Computed
from runner.hcl.walk import SECONDS, Walk
from runner.model.changes.secret_shape import without_likely_secrets
from runner.model.code.file_reads import (
    ANY_VARIABLE,
    FILESET,
    UNCLEAR,
    Call,
    FileRead,
    Mention,
    Reads,
    Reference,
    Template,
    plain,
)
from runner.model.code.module import LARGEST, is_test
from runner.model.values.paths import printable
from runner.model.values.regex import regex

_CALL = "|".join(sorted((*READERS, "templatestring"), key=len, reverse=True))
# A comment may precede the bracket.
_READING = regex(rb"\b(?:" + _CALL.encode() + rb")\s*(?:\(|#|/[*/])|\bpath\s*\.\s*(?:module|root|cwd)\b")
_UPWARDS = regex(rb'"\.\.?/')
_SOURCE = b"source"  # of a module: its target is known already
_IN_BLOCK = regex(rf'\b(?:{_CALL})\s*(?:\(|#|/[*/])|\bpath\s*\.\s*(?:module|root|cwd)\b|"\.\.?/')
_SPELLED = regex(rb"\\u")  # JSON can spell all of these with escapes
_NAMES = frozenset({"locals", "variable", "module"})
_ABOUT_THE_CALL = frozenset({"source", "version", "providers", "count", "for_each", "depends_on"})
SHOWN = 80  # characters shown of the code of one call


def reading(files: Mapping[str, bytes]) -> bool:
    """Whether anything in the folder may read a file; only then is it parsed."""
    return any(_may_read(name, content) for name, content in files.items() if not is_test(name))


def _may_read(name: str, content: bytes) -> bool:
    # Ten thousand modules are checked, and most contain none of these words.
    if (b"file" in content or b"path" in content or b"templatestring" in content) and _READING.search(
        content
    ):
        return True
    if any(
        not _is_source(content[max(0, at.start() - 32) : at.start()]) for at in _UPWARDS.finditer(content)
    ):
        return True
    return name.endswith(".json") and _SPELLED.search(content) is not None


def _is_source(before: bytes) -> bool:
    return before.rstrip(b' \t=:"').endswith(_SOURCE)


def reads_of(files: Mapping[str, bytes]) -> Reads:
    """The reads of all files of a folder. None raises, whatever its content."""
    found = _Found()
    for name in in_order(files):
        if len(files[name]) <= LARGEST:
            _File(name, found).read(files[name])
    mentioned = tuple(dict.fromkeys(found.mentioned))
    return Reads(tuple(found.files), mentioned, dict(found.values), tuple(found.calls))


def values_of(name: str, content: bytes) -> Mapping[str, str | None]:
    """The values in a var file, by `var.name`; None for one that is not plain. An unreadable file may contain anything."""
    file = _File(name, _Found())
    try:
        text = hcl_text(content)
        body = json.loads(text) if name.endswith(".json") else body_of(Block("", (), text))
        leaves = [
            leaf for key, value in body.items() for leaf in file.leaves(Expressions(), f"var.{key}", value)
        ]
        return {key: plain(template) for key, template in leaves}
    except Exception:  # noqa: BLE001 - the file's author controls the parser's input
        return {ANY_VARIABLE: None}


@dataclass
class _Found:
    files: list[FileRead] = field(default_factory=list)
    mentioned: list[Mention] = field(default_factory=list)
    values: dict[str, Template] = field(default_factory=dict)
    calls: list[Call] = field(default_factory=list)


class _File:
    """One file, parsed within its time limit."""

    def __init__(self, name: str, found: _Found) -> None:
        self._name, self._found = name, found
        self._until = time.thread_time() + SECONDS

    def read(self, content: bytes) -> None:
        line = 1
        try:
            if self._name.endswith(".json"):
                self._json(content)
                return
            for block in blocks_of(hcl_text(content)):
                line = block.line
                if block.kind in _NAMES or _IN_BLOCK.search(block.body):
                    self._block(block)
        # The file's author controls the parser's input; its reads are unknown then.
        except Exception as error:  # noqa: BLE001 - any bug
            self._unclear(line, f"it is unknown what is read ({type(error).__name__})")

    def _block(self, block: Block) -> None:
        walk = Walk(block, self._until)
        if _IN_BLOCK.search(block.body):
            walk.all()
        expressions = Expressions(walk.loops)
        for function, arguments, line in walk.calls:
            self._call(expressions, function, arguments, line)
        for raw in walk.texts:
            # A local is often the start of other paths, and does not mean everything below it.
            self._mention(expressions.text(raw), folders=block.kind != "locals")
        if block.kind in _NAMES:
            try:
                self._names(expressions, block.kind, block.labels, body_of(block))
            except NotHcl:
                return  # references to them find nothing, and are reported

    def _call(self, expressions: Expressions, function: str, arguments: list[str], line: int) -> None:
        code = f"{function}({', '.join(arguments)})"
        wanted = 2 if function == FILESET else 1
        given = arguments if len(arguments) >= wanted else []
        self._found.files.append(
            FileRead(
                function,
                expressions.branches(given[0]) if given else (UNCLEAR,),
                expressions.template(given[1]) if wanted == 2 and given else (),
                self._name,
                line,
                _shown(code),
            )
        )

    def _mention(self, template: Template, *, folders: bool = True) -> None:
        """A text that may lead elsewhere; everything below the module counts anyway."""
        first = template[0] if template else ""
        leads = isinstance(first, Reference) and first.name.startswith("path.")
        leads = leads or (isinstance(first, str) and first.startswith(("./", "../")))
        if leads and any(isinstance(piece, str) and ".." in piece for piece in template):
            self._found.mentioned.append(Mention(template, folders))

    def _names(
        self, expressions: Expressions, kind: str, labels: tuple[str, ...], body: Mapping[str, Any]
    ) -> None:
        match kind:
            case "locals":
                for name, value in body.items():
                    self._found.values.update(self.leaves(expressions, f"local.{name}", value))
            case "variable" if len(labels) == 1 and "default" in body:
                self._found.values.update(self.leaves(expressions, f"var.{labels[0]}", body["default"]))
            case "module" if isinstance(body.get("source"), str):
                given = (item for item in body.items() if item[0] not in _ABOUT_THE_CALL)
                arguments = [
                    leaf for name, value in given for leaf in self.leaves(expressions, f"var.{name}", value)
                ]
                self._found.calls.append(Call(body["source"], tuple(arguments)))

    def leaves(self, expressions: Expressions, name: str, value: Any) -> Iterator[tuple[str, Template]]:
        """The value under its name; each element of a map or list also under its own name."""
        match value:
            case bool():
                yield name, (str(value).lower(),)
            case int():
                yield name, (str(value),)
            case str():
                computed = self._name.endswith(".json") and has_template(value)
                yield name, expressions.text(value, quoted=False) if computed else (value,)
            case Computed(source):
                yield name, expressions.template(source)
            case dict() | list() if not isinstance(value, Nested):
                parts = value.items() if isinstance(value, dict) else enumerate(value)
                yield name, (expressions.opaque(_source(value)),)
                for key, part in parts:
                    yield from self.leaves(expressions, f"{name}.{key}", part)
            case _:
                yield name, UNCLEAR

    # JSON

    def _json(self, content: bytes) -> None:
        expressions = Expressions()
        for kind, labels, body in json_bodies(content):
            self._strings(expressions, {n: v for n, v in body.items() if (kind, n) != ("module", "source")})
            if kind in _NAMES:
                self._names(expressions, kind, labels, body)
        document = json.loads(content.decode("utf-8-sig"))
        for top in document if isinstance(document, list) else [document]:
            for name in ("locals", "output"):
                self._strings(expressions, top.get(name))
            blocks = top.get("locals") or {}
            for one in blocks if isinstance(blocks, list) else [blocks]:
                self._names(expressions, "locals", (), one)

    def _strings(self, expressions: Expressions, value: Any) -> None:
        match value:
            case str() if has_template(value):
                self._mention(expressions.text(value, quoted=False))
                for part in inside(value):
                    walk = Walk(Block("", (), part), self._until)
                    walk.all()
                    for function, arguments, _ in walk.calls:
                        self._call(Expressions(walk.loops), function, arguments, 1)
            case str():
                self._mention((value,))
            case dict():
                for part in value.values():
                    self._strings(expressions, part)
            case list() | tuple():
                for part in value:
                    self._strings(expressions, part)

    def _unclear(self, line: int, problem: str) -> None:
        self._found.files.append(FileRead("", (UNCLEAR,), (), self._name, line, problem))


def _source(value: Any) -> str:
    """An expression with the same dependencies as the value."""
    match value:
        case Computed(source):
            return source
        case str():
            return json.dumps(value, ensure_ascii=False) if not has_template(value) else f'"{value}"'
        case dict():
            return _listed(value.values())
        case list():
            return _listed(value)
        case _:
            return "null"


def _listed(parts: Iterable[Any]) -> str:
    return f"[{', '.join(map(_source, parts))}]"


def _shown(code: str) -> str:
    fit = printable(" ".join(code.split()))
    return without_likely_secrets(fit if len(fit) <= SHOWN else f"{fit[:SHOWN]}...")
