"""What a module's files declare for the evaluation of module sources, versions and backends, and what var files say."""

import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import field, replace
from functools import cached_property
from typing import Any

from runner.engine.modules.module_files import in_order
from runner.engine.modules.reading_time import in_time
from runner.hcl.blocks import Block, Nested, blocks_of, body_of, nested
from runner.hcl.json_form import COMMENT, Body, document_of, each, json_bodies
from runner.hcl.parsed import parse, parsed, parsed_json
from runner.hcl.text import hcl_text
from runner.hcl.tokens import NotHcl
from runner.hcl.values import Computed
from runner.model.changes.secret_shape import without_likely_secrets
from runner.model.code.module import LARGEST, OVERRIDE
from runner.model.constant.definitions import Definitions, ModuleCall, Variable
from runner.model.constant.expression import Expression, Name, Unread, Written
from runner.model.constant.given import ValuesFile
from runner.model.values.frozen import dataclass
from runner.model.values.paths import printable

_KINDS = frozenset({"variable", "locals", "module", "terraform"})
_ABOUT_THE_CALL = frozenset(
    {"source", "version", "providers", "count", "for_each", "depends_on", "lifecycle", COMMENT}
)
_SECRET = ("sensitive", "ephemeral")
_ATTRIBUTE = re.compile(r"[ \t]*([^\W\d][\w-]*)[ \t]*=")
_ESCAPED = "$${ and %%{ in JSON do not mean the same to all engines there"
SHOWN = 80  # characters of an expression that are shown


def definitions_of(files: Mapping[str, bytes]) -> Definitions:
    """Of all files of a folder. None raises, whatever its content."""
    found = _Found()
    for name in in_order(files):
        try:
            found.read(name, files[name])
        except NotHcl as error:
            found.unread = f"{printable(name)} cannot be read as HCL ({error})"
        # The file's author controls the parser's input.
        except Exception as error:  # noqa: BLE001 - any bug
            found.unread = f"{printable(name)} cannot be read as HCL ({type(error).__name__})"
    repeated = frozenset(name for name, times in found.names.items() if times > 1)
    return Definitions(found.variables, found.locals, found.calls, found.backend, repeated, found.unread)


def values_file(name: str, content: bytes) -> ValuesFile:
    """A var file. One with a flaw may contain anything."""
    shown = printable(name)
    if len(content) > LARGEST:
        return ValuesFile(shown, flaw=f"it has more than {LARGEST:,} bytes")
    try:
        text = hcl_text(content)
        if name.endswith(".json"):
            document = document_of(text)
            if not isinstance(document, dict):
                return ValuesFile(shown, flaw="it is no JSON object")
            values = {
                key: parsed_json(value, templates=False)
                for key, value in in_time(document.items())
                if key != COMMENT
            }
        else:
            values = {key: parsed(value) for key, value in in_time(body_of(Block("", (), text)).items())}
        return ValuesFile(shown, {key: Written(value, "", shown) for key, value in values.items()})
    except (NotHcl, ValueError) as error:
        return ValuesFile(shown, flaw="it is not UTF-8" if isinstance(error, UnicodeError) else str(error))
    except Exception as error:  # noqa: BLE001 - the file's author controls the parser's input
        return ValuesFile(shown, flaw=f"it cannot be interpreted ({type(error).__name__})")


def stack_values(values: Mapping[str, Any]) -> ValuesFile:
    """`vars` of a stack file, which the engine gets as JSON."""
    return ValuesFile(
        "vars",
        {name: Written(parsed_json(value, templates=False), "", "vars") for name, value in values.items()},
    )


@dataclass
class _Found:
    variables: dict[str, Variable] = field(default_factory=dict)
    locals: dict[str, Written] = field(default_factory=dict)
    calls: dict[str, ModuleCall] = field(default_factory=dict)
    backend: dict[str, Written] = field(default_factory=dict)
    names: Counter[str] = field(default_factory=Counter)
    unread: str = ""

    def read(self, name: str, content: bytes) -> None:
        if len(content) > LARGEST:
            raise NotHcl(f"it has more than {LARGEST:,} bytes")
        if name.endswith(".json"):
            file = _File(name, is_json=True)
            for kind, labels, body in in_time(_json(content)):
                self._take(file, kind, labels, body)
            return
        blocks = [block for block in blocks_of(hcl_text(content)) if block.kind in _KINDS]
        bodies = in_time((block.kind, block.labels, body_of(block)) for block in blocks)
        for block, (kind, labels, body) in zip(blocks, bodies, strict=True):
            self._take(_File(name, block=block), kind, labels, body)

    def _take(self, file: "_File", kind: str, labels: tuple[str, ...], body: Mapping[str, Any]) -> None:
        match kind, labels:
            case "variable", (name,):
                self.names[f"var.{name}"] += 1
                self.variables[name] = file.variable(body)
            case "locals", ():
                for name, value in body.items():
                    self.names[f"local.{name}"] += 1
                    self.locals[name] = file.written(name, value)
            case "module", (name,):
                self.names[f"module.{name}"] += (
                    1 + ("_" in body) + (OVERRIDE.fullmatch(file.name) is not None)
                )
                self.calls[name] = file.call(body)
            case "terraform", ():
                for _, settings in nested(dict(body), "backend", 1):
                    self.backend.update(
                        {
                            name: file.read_first(name, value)
                            for name, value in settings.items()
                            if name != COMMENT
                        }
                    )


@dataclass(frozen=True)
class _File:
    name: str
    is_json: bool = False
    block: Block | None = None

    def written(self, name: str, value: Any, *, templates: bool = True) -> Written:
        json_value = parsed_json(_plain(value), templates=templates) if self.is_json else None
        expression = parsed(value) if json_value is None else json_value
        return Written(expression, _shown(value), self.name, self._line(name))

    def read_first(self, name: str, value: Any) -> Written:
        """What an engine that evaluates nothing there reads as it stands: in JSON, also the escapes of templates."""
        found = self.written(name, value)
        escaped = self.is_json and re.search(r"\$\$\{|%%\{", json.dumps(value, default=_source)) is not None
        return replace(found, expression=Unread(_ESCAPED)) if escaped else found

    def variable(self, body: Mapping[str, Any]) -> Variable:
        """Marked by anything but the word `false`."""
        secret = next((word for word in _SECRET if body.get(word, False) is not False), "")
        default = self.written("default", body["default"], templates=False) if "default" in body else None
        return Variable(
            self._type(body["type"]) if "type" in body else None,
            default,
            constant=body.get("const") is True,
            secret=secret,
            nullable=body.get("nullable", True) is True,
        )

    def _type(self, value: Any) -> Expression:
        match value:
            case Computed(source):
                return parse(source)
            case str() if self.is_json:
                return parse(value)
            case "string":  # as before Terraform 0.12
                return Name("string")
            case _:
                return Unread("its type is not understood")

    def call(self, body: Mapping[str, Any]) -> ModuleCall:
        return ModuleCall(
            self.read_first("source", body.get("source")),
            self.read_first("version", body["version"]) if "version" in body else None,
            {
                name: self.written(name, value)
                for name, value in body.items()
                if name not in _ABOUT_THE_CALL and not isinstance(value, Nested)
            },
        )

    def _line(self, name: str) -> int:
        if self.block is None:
            return 1
        return self._lines.get(name, self.block.line)

    @cached_property
    def _lines(self) -> Mapping[str, int]:
        """Where each attribute stands first, found in one pass: a block may have very many."""
        lines: dict[str, int] = {}
        if self.block is not None:
            for line, text in enumerate(self.block.body.split("\n"), self.block.line):
                found = _ATTRIBUTE.match(text)
                if found is not None:
                    lines.setdefault(found[1], line)
        return lines


def _json(content: bytes) -> Iterator[Body]:
    yield from json_bodies(content)
    document = document_of(content.decode("utf-8-sig"))
    for top in each(document):
        for body in each(top.get("locals")):
            yield "locals", (), {name: value for name, value in body.items() if name != COMMENT}


def _plain(value: Any) -> Any:
    """Nested blocks as their bodies."""
    return [body for _, body in value] if isinstance(value, Nested) else value


def _shown(value: Any) -> str:
    """The expression as it stands there, in one line."""
    source = (
        value.source
        if isinstance(value, Computed)
        else json.dumps(value, default=_source, ensure_ascii=False)
    )
    fit = printable(" ".join(source.split()))
    return without_likely_secrets(fit if len(fit) <= SHOWN else f"{fit[:SHOWN]}...")


def _source(value: Any) -> str:
    return value.source if isinstance(value, Computed) else str(value)
