"""What a plan's JSON leaves out of its code: read from the files of the root and of all modules, as installed."""

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from runner.engine.modules.module_files import in_order
from runner.hcl.blocks import Nested, blocks_of, body_of
from runner.hcl.json_form import Body, each, json_bodies, labelled
from runner.hcl.text import hcl_text
from runner.hcl.tokens import NotHcl
from runner.hcl.values import Computed
from runner.host.files import read_foreign
from runner.model.code.called_modules import ROOT, CalledModule
from runner.model.code.module import LARGEST, is_configuration
from runner.model.evaluated.code import Code, Names, Part, Snippet

_THE_ROOT = CalledModule("", ROOT, fetched=False)
# Blocks of these kinds are parsed only if they contain such a word.
_WANTED = {"resource": re.compile(r"\b(?:provisioner|dynamic)\b"), "variable": re.compile(r"\bephemeral\b")}
# In JSON the quotes inside a template are escaped.
_TIMEADD = re.compile(rb'\btimeadd\s*\([^"\n]*?,\s*\\?"([+-]?)((?:[0-9]{1,9}[hms])+)\\?"\s*\)')
_DURATION = re.compile(r"([0-9]+)([hms])")
_SECONDS = {"h": 3600, "m": 60, "s": 1}
_KINDS = frozenset({"resource", "variable", "removed", "provider", "action", "locals", "ephemeral"})


def code_of(
    modules: Iterable[CalledModule], code: Mapping[str, bytes], fetched: Path, suffixes: tuple[str, ...]
) -> Code:
    """From the tree as read before the plan ran, and from the copies of modules that `init` fetched.

    A module with an unclear file counts as unknown.
    """
    snippets: list[Snippet] = []
    unread: list[Names] = []
    texts: list[bytes] = []
    for module in _all(modules):
        names = tuple(module.key.split(".")) if module.key else ()
        try:
            files = _files(module, code, fetched)
            snippets += _of_files(names, files, suffixes)
            texts += (files[name] for name in files if is_configuration(name, suffixes))
        except (OSError, NotHcl, ValueError, RecursionError):
            unread.append(names)
    clock = any(b"plantimestamp" in text for text in texts)
    offsets = sorted({offset for text in texts for offset in offsets_in(text)}) if clock else ()
    return Code(tuple(snippets), tuple(unread), clock=clock, offsets=tuple(offsets))


def offsets_in(text: bytes) -> Iterator[int]:
    """Whole seconds of the literal durations in `timeadd(TIME, "24h")`."""
    for found in _TIMEADD.finditer(text):
        parts = _DURATION.findall(found[2].decode())
        seconds = sum(int(number) * _SECONDS[unit] for number, unit in parts)
        yield -seconds if found[1] == b"-" else seconds


def files_of(
    modules: Iterable[CalledModule], code: Mapping[str, bytes], fetched: Path, suffixes: tuple[str, ...]
) -> Iterator[tuple[CalledModule, str, bytes]]:
    """The configuration of all modules, file by file; without unreadable files."""
    for module in _all(modules):
        with suppress(OSError):
            files = _files(module, code, fetched)
            yield from ((module, name, files[name]) for name in files if is_configuration(name, suffixes))


def _all(modules: Iterable[CalledModule]) -> Iterable[CalledModule]:
    """Without any module call there is no list of modules, so the root is added."""
    return {_THE_ROOT.key: _THE_ROOT, **{one.key: one for one in modules}}.values()


def _files(module: CalledModule, code: Mapping[str, bytes], fetched: Path) -> dict[str, bytes]:
    return _fetched(fetched / module.folder) if module.fetched else _local(module.folder, code)


def _local(folder: str, code: Mapping[str, bytes]) -> dict[str, bytes]:
    places = {name: name.rpartition("/") for name in code}
    return {name: code[path] for path, (inside, _, name) in places.items() if inside == folder}


def _fetched(folder: Path) -> dict[str, bytes]:
    files = [file for file in folder.iterdir() if is_configuration(file.name)]
    return {file.name: read_foreign(file, LARGEST) for file in files}


def _of_files(names: Names, files: Mapping[str, bytes], suffixes: tuple[str, ...]) -> list[Snippet]:
    wanted = [name for name in files if is_configuration(name, suffixes)]
    return [
        snippet
        for name in in_order(wanted)
        for kind, labels, body in _bodies(name, files[name])
        for snippet in _snippets(names, kind, labels, body)
    ]


def _bodies(name: str, content: bytes) -> Iterator[Body]:
    if name.endswith(".json"):
        yield from json_bodies(content)
        # Locals are not among them, and reading them as a block loses nothing else.
        document = json.loads(content)
        for part in document if isinstance(document, list) else [document]:
            found = part.get("locals") or {}
            yield from (("locals", (), one) for one in each(found))
        return
    for block in blocks_of(hcl_text(content)):
        wanted = _WANTED.get(block.kind)
        if block.kind in _KINDS and (wanted is None or wanted.search(block.body)):
            yield block.kind, block.labels, body_of(block)


def _snippets(
    module: Names, kind: str, labels: tuple[str, ...], body: Mapping[str, Any]
) -> Iterator[Snippet]:
    match kind:
        case "resource":
            yield from _provisioners(module, ".".join(labels), body, removed=False)
            yield from _dynamic(module, ".".join(labels), body)
        case "removed":
            named = body.get("from", "")
            address = named.source if isinstance(named, Computed) else str(named)
            names, name = _inside(module, address)
            yield from _provisioners(names, name, body, removed=True)
        case "provider":
            alias = body.get("alias")
            address = ".".join((*labels, *([alias] if isinstance(alias, str) else ())))
            yield Snippet(module, Part.PROVIDER, address, arguments=_arguments(body))
        case "variable":
            if body.get("ephemeral") in {True, "true"}:
                yield Snippet(module, Part.VARIABLE, f"var.{labels[0]}", labels[0])
        case "action" | "ephemeral":
            address = ".".join((kind, *labels))
            yield Snippet(module, Part(kind), address, arguments=_arguments(body))
        case "locals":
            for name, value in body.items():
                yield Snippet(module, Part.LOCAL, f"local.{name}", arguments=((name, text_of(value)),))


def _inside(module: Names, address: str) -> tuple[Names, str]:
    """A `removed` block may name something in a module that no longer exists."""
    steps = address.replace(" ", "").split(".")
    names = list(module)
    while len(steps) > 2 and steps[0] == "module":
        names.append(steps[1])
        steps = steps[2:]
    return tuple(names), ".".join(steps)


def _provisioners(
    module: Names, address: str, body: Mapping[str, Any], *, removed: bool
) -> Iterator[Snippet]:
    for connection in _blocks(body.get("connection")):
        yield Snippet(module, Part.CONNECTION, address, arguments=_arguments(connection), removed=removed)
    for labels, settings in body.get("provisioner") or ():
        when = settings.get("when")
        at_destroy = (when.source if isinstance(when, Computed) else when) == "destroy"
        arguments = {name: value for name, value in settings.items() if name not in {"when", "connection"}}
        yield Snippet(
            module, Part.PROVISIONER, address, ".".join(labels), _arguments(arguments), at_destroy, removed
        )
        for connection in _blocks(settings.get("connection")):
            yield Snippet(module, Part.CONNECTION, address, arguments=_arguments(connection), removed=removed)


def _dynamic(
    module: Names,
    address: str,
    body: Mapping[str, Any],
    path: tuple[str, ...] = (),
    loops: tuple[str, ...] = (),
) -> Iterator[Snippet]:
    """What each `dynamic` block sets, including nested ones; with what it iterates over."""
    settings = {name: value for name, value in body.items() if name != "dynamic"}
    if loops:
        arguments = ((name, " ".join((text_of(value), *loops))) for name, value in settings.items())
        yield Snippet(module, Part.DYNAMIC, address, ".".join(path), tuple(arguments))
    for name, value in settings.items():
        for inner in _blocks(value):
            yield from _dynamic(module, address, inner, (*path, name), loops)
    raw = body.get("dynamic")
    for (name, *_), block in raw if isinstance(raw, Nested) else labelled(raw, 1):
        over = (*loops, text_of(block.get("for_each")))
        for content in _blocks(block.get("content")):
            yield from _dynamic(module, address, content, (*path, name), over)


def _blocks(raw: Any) -> Iterable[Mapping[str, Any]]:
    if isinstance(raw, Nested):
        return [body for _, body in raw]
    return [one for one in each(raw) if isinstance(one, dict)]


def _arguments(body: Mapping[str, Any]) -> tuple[tuple[str, str], ...]:
    return tuple((name, text_of(value)) for name, value in body.items())


def text_of(value: Any) -> str:
    """A value as source text again: computed parts are unchanged."""
    match value:
        case Computed(source):
            return source
        case Nested():
            return "; ".join(" ".join((*labels, text_of(body))) for labels, body in value)
        case list():
            return f"[{', '.join(map(text_of, value))}]"
        case dict():
            inside = ", ".join(f"{name} = {text_of(part)}" for name, part in value.items())
            return f"{{ {inside} }}" if inside else "{}"
        case _:
            return json.dumps(value, ensure_ascii=False)
