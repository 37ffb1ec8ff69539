"""The code of a stack as far as values can be followed in it: its modules, and what sets the variables of the root."""

import re
from collections.abc import Mapping
from dataclasses import field
from typing import Self

from runner.model.accept.change import Undecided
from runner.model.accept.syntax import Entries, File, Node, Placed, PlacedBody
from runner.model.changes.secret_shape import without_likely_secrets
from runner.model.values.frozen import dataclass
from runner.model.values.regex import regex

SHOWN = 60
_KEY = r'(?:\[(?:(\d+)|"((?:[^"\\]|\\.)*)")\])?'
_CALL = regex(rf"module\.([\w-]+){_KEY}\.")
_RESOURCE = regex(rf"([\w-]+)\.([\w-]+){_KEY}")

Key = str | int | None


@dataclass(frozen=True)
class ModuleCode:
    """One folder. `overridden` are names that an override file changes, such as `aws_vpc.main`."""

    folder: str
    resources: Mapping[str, PlacedBody] = field(default_factory=dict)  # by type and name, as in an address
    variables: Mapping[str, PlacedBody] = field(default_factory=dict)
    locals: Mapping[str, Placed] = field(default_factory=dict)
    calls: Mapping[str, PlacedBody] = field(default_factory=dict)
    overridden: frozenset[str] = frozenset()
    flaw: str = ""  # why it cannot be read in full


@dataclass(frozen=True)
class ValuesCode:
    """A file that sets variables of the root module."""

    file: File
    values: Entries


@dataclass(frozen=True)
class Code:
    """`values` in the engine's order, of which the last counts; `hidden` says where the others come from."""

    root: str
    modules: Mapping[str, ModuleCode]
    values: tuple[ValuesCode, ...] = ()
    hidden: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Scope:
    """One instance of a module, and of the block in it that is looked at: what its names mean."""

    code: Code
    module: ModuleCode
    key: Key = None
    loop: "At | None" = None  # its for_each
    call: "tuple[PlacedBody, Scope] | None" = None  # where the module is called from

    def at(self, file: File, node: Node) -> "At":
        return At(file, node, self)


@dataclass(frozen=True)
class At:
    """An expression where it stands."""

    file: File
    node: Node
    scope: Scope

    def moved(self, node: Node) -> Self:
        return type(self)(self.file, node, self.scope)

    @property
    def place(self) -> str:
        return f"{self.file.path}:{self.file.line(self.node.start)}"

    @property
    def excerpt(self) -> str:
        """The expression, in one line."""
        text = without_likely_secrets(" ".join(self.file.of(self.node).split()))
        return text if len(text) <= SHOWN else f"{text[:SHOWN]}..."

    def undecided(self, why: str = "") -> Undecided:
        return Undecided(f"decided by `{self.excerpt}` in {self.place}{f', {why}' if why else ''}")


def resource_at(code: Code, address: str) -> tuple[PlacedBody, Scope]:
    """The block of a resource, and what names mean in this instance of it; Undecided."""
    scope, rest = Scope(code, _module(code, code.root)), address
    while (found := _CALL.match(rest)) is not None:
        scope, rest = _called(scope, found[1], _key(found[2], found[3])), rest[found.end() :]
    found = _RESOURCE.fullmatch(rest)
    name = "" if found is None else f"{found[1]}.{found[2]}"
    block = scope.module.resources.get(name)
    if found is None or block is None:
        raise Undecided(f"no block of {address} is in {_folder(scope.module)}{_flaw(scope.module)}")
    if name in scope.module.overridden:
        raise Undecided(f"an override file changes {name} in {_folder(scope.module)}")
    return block, _looped(scope, block, _key(found[3], found[4]))


def own_name(address: str) -> str:
    """Of a resource in its own module, without the keys of instances."""
    while (found := _CALL.match(address)) is not None:
        address = address[found.end() :]
    return ".".join(address.partition("[")[0].split(".")[:2])


def _called(scope: Scope, name: str, key: Key) -> Scope:
    call = scope.module.calls.get(name)
    if call is None:
        raise Undecided(f"no block of module.{name} is in {_folder(scope.module)}{_flaw(scope.module)}")
    if f"module.{name}" in scope.module.overridden:
        raise Undecided(f"an override file changes module.{name} in {_folder(scope.module)}")
    source = call.body.attribute("source")
    given = None if source is None else getattr(source.node, "value", None)
    where = f"{call.file.path}:{call.file.line(call.start)}"
    if not isinstance(given, str) or not given.startswith(("./", "../")):
        raise Undecided(
            f"module.{name} of {where} is not a folder of this repository, so its code cannot be edited here"
        )
    folder = joined(scope.module.folder, given)
    return Scope(scope.code, _module(scope.code, folder), call=(call, _looped(scope, call, key)))


def _looped(scope: Scope, block: PlacedBody, key: Key) -> Scope:
    each = block.body.attribute("for_each")
    loop = None if each is None else scope.at(block.file, each.node)
    return Scope(scope.code, scope.module, key, loop, scope.call)


def _module(code: Code, folder: str) -> ModuleCode:
    found = code.modules.get(folder)
    if found is None:
        raise Undecided(f"there is no code in {folder or '.'}")
    return found


def joined(folder: str, source: str) -> str:
    """The folder of a local module, relative to the repository; empty for its top."""
    parts = [part for part in folder.split("/") if part]
    for part in source.split("/"):
        if part == "..":
            if not parts:
                raise Undecided(f"{source} is outside the repository")
            parts.pop()
        elif part not in {"", "."}:
            parts.append(part)
    return "/".join(parts)


def _key(number: str | None, text: str | None) -> Key:
    if number is not None:
        return int(number)
    return None if text is None else re.sub(r"\\(.)", r"\1", text)


def _folder(module: ModuleCode) -> str:
    return module.folder or "the top of the repository"


def _flaw(module: ModuleCode) -> str:
    return f": {module.flaw}" if module.flaw else ""
