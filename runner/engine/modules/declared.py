"""Which variables of a module are sensitive: all that are not certainly plain."""

import json
import os
import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from runner.foreign.read import beginning
from runner.hcl.blocks import Block, Nested, blocks_of, body_of
from runner.hcl.spelled import Pairs, guessed, json_values, spelled, spelled_in, spelled_json
from runner.hcl.text import hcl_text
from runner.hcl.tokens import NotHcl, has_template
from runner.hcl.values import Computed
from runner.model.code.module import LARGEST_FOLDER, is_configuration

# The only words that mark a variable in HCL; JSON can spell them with escapes.
_MARKED = re.compile(r"sensitive|ephemeral")
_MARKS = ("sensitive", "ephemeral")
# `sensitive("...")` in any expression.
_CALLED = re.compile(r"(?<![\w-])sensitive\s*\(((?:[^()\"]|\"(?:[^\"\\\r\n]|\\.)*\"){1,65536})\)")
# Keys and passphrases in it are secret, and no engine masks them. Shorter words, such as aes_gcm, are none.
ENCRYPTION, SHORTEST_KEY = "encryption", 12
_LARGEST = LARGEST_FOLDER  # bytes of a file that is parsed; in a larger one every possible value counts
_LARGEST_GUESSED = 64 << 20


@dataclass
class Declared:
    """`unread` names the files that may declare more sensitive variables, and why each is unreadable."""

    names: set[str] = field(default_factory=set)
    texts: set[str] = field(default_factory=set)
    unread: dict[str, str] = field(default_factory=dict)
    calls: list[tuple[str | None, dict[str, Any]]] = field(default_factory=list)  # None for a computed source
    defaults: list[tuple[str, tuple[str, ...]]] = field(default_factory=list)

    def covers(self, name: str) -> bool:
        """Whether the variable may be sensitive."""
        return bool(self.unread) or name in self.names


def declared(module: Path, suffixes: tuple[str, ...]) -> Declared:
    """The variables of one module's folder, including override files: sensitive in one is sensitive."""
    found, texts = Declared(), dict[Path, str]()
    for path in sorted(module.iterdir()) if module.is_dir() else ():
        if is_configuration(path.name, suffixes) and not path.is_dir():
            with _noted(found, path):
                texts[path] = text_of(path)
    marked = any(path.suffix == ".json" or _MARKED.search(text) for path, text in texts.items())
    for path, text in texts.items():
        with _noted(found, path):
            if path.suffix == ".json":
                _of_json(found, text)
            elif marked or "module" in text or ENCRYPTION in text:
                _of_hcl(found, text)
    found.texts.update(text for name, default in found.defaults if found.covers(name) for text in default)
    return found


@contextmanager
def _noted(found: Declared, path: Path) -> Iterator[None]:
    """If the file cannot be read, every possible value in it counts."""
    try:
        yield
    except (NotHcl, OSError, ValueError, RecursionError) as problem:
        found.unread[path.name] = why(problem)
        found.texts.update(guessed_in(path))


def text_of(path: Path) -> str:
    """The file as engines read it. OSError if there is none, or it is too large; ValueError if it is not UTF-8."""
    content = beginning(_real(path), _LARGEST + 1)
    if len(content) > _LARGEST:
        raise OSError(f"more than {_LARGEST:,} bytes")
    return hcl_text(content)


def guessed_in(path: Path) -> Iterator[str]:
    """Possible values in an unreadable file."""
    try:
        content = beginning(_real(path), _LARGEST_GUESSED)
    except OSError:
        return
    yield from guessed(content.decode(errors="replace"))


def _real(path: Path) -> str:
    """A repository may contain links; a pipe placed at their end is detected when it is opened."""
    return os.path.realpath(path)


def why(problem: Exception) -> str:
    match problem:
        case NotHcl():
            return str(problem)
        case UnicodeDecodeError():
            return "it is not UTF-8"
        case RecursionError():
            return "it is nested too deeply"
        case json.JSONDecodeError():
            return f"line {problem.lineno}: it is not valid JSON"
        case OSError():
            return str(problem.strerror or problem)
        case _:
            return str(problem)


def _of_hcl(found: Declared, text: str) -> None:
    for called in _CALLED.finditer(text):
        found.texts.update(spelled_in(called[1]))
    for block in blocks_of(text):
        if block.kind == "variable":
            _variable(found, block)
        elif block.kind == "module":
            _call(found, block)
        elif block.kind == "terraform" and ENCRYPTION in block.body:
            _keys(found, _encryption_in(block))


def _encryption_in(block: Block) -> Iterator[str]:
    try:
        inside = body_of(block).get(ENCRYPTION)
    except NotHcl:
        yield from guessed(block.body)
        return
    yield from spelled([list(part) for part in inside] if isinstance(inside, Nested) else inside)


def _keys(found: Declared, texts: Iterable[str]) -> None:
    found.texts.update(text for text in texts if len(text) >= SHORTEST_KEY)


def _variable(found: Declared, block: Block) -> None:
    if len(block.labels) != 1:
        raise NotHcl(f"line {block.line}: a variable has one label")
    try:
        body = body_of(block)
    except NotHcl:
        found.names.add(block.labels[0])
        found.texts.update(guessed(block.body))
        return
    # Only the word `false` unmarks it; expressions are not evaluated here.
    if any(mark in body and body[mark] is not False for mark in _MARKS):
        found.names.add(block.labels[0])
    found.defaults.append((block.labels[0], tuple(spelled(body.get("default")))))


def _call(found: Declared, block: Block) -> None:
    try:
        body = body_of(block)
    except NotHcl:
        return  # the module's own variables keep their marks; their values come from elsewhere
    source = body.pop("source", None)
    if isinstance(source, str | Computed):
        found.calls.append((source if isinstance(source, str) else None, body))


def _of_json(found: Declared, text: str) -> None:
    document = json_values(text)
    for called in _CALLED.finditer("\n".join(spelled_json(document))):
        found.texts.update(spelled_in(called[1]))
    for name, body in _blocks(document, "variable"):
        _json_variable(found, name, body)
    for top in _objects(document):
        for part in (part for key, value in top if key == "terraform" for part in _objects(value)):
            _keys(found, (text for key, value in part if key == ENCRYPTION for text in spelled_json(value)))
    for _, body in _blocks(document, "module"):
        arguments = dict(body)
        if isinstance(source := arguments.pop("source", None), str):
            found.calls.append((None if has_template(source) else source, arguments))


def _blocks(document: Any, kind: str) -> Iterator[tuple[str, Pairs]]:
    for top in _objects(document):
        for name, labelled in (
            pair for key, value in top if key == kind for one in _objects(value) for pair in one
        ):
            yield from ((name, body) for body in _objects(labelled))


def _json_variable(found: Declared, name: str, body: Pairs) -> None:
    if any(key in _MARKS and value is not False for key, value in body):
        found.names.add(name)
    default = (text for key, value in body if key == "default" for text in spelled_json(value))
    found.defaults.append((name, tuple(default)))


def _objects(value: Any) -> Iterator[Pairs]:
    """JSON may write one as an object and several as a list, at every level."""
    if isinstance(value, Pairs):
        yield value
    elif isinstance(value, list):
        for part in value:
            yield from _objects(part)
    elif value is not None:
        raise NotHcl("expected an object")
