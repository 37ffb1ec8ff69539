"""What a plan depends on: digests of trees and blobs, so that only what moved is planned."""

import hashlib
import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from runner.model.module import ModuleFacts
from runner.model.paths import TOP, WILD, glob, join, parent
from runner.model.settings import Settings, SourceSettings
from runner.model.stack import StackDefinition, StateIdentity
from runner.model.tree import Tree

LOCAL = ("./", "../")


@dataclass(frozen=True, slots=True)
class Located:
    """A definition with the file that holds it. Everything in it is relative to the file's folder."""

    file: str
    definition: StackDefinition

    def at(self, relative: str) -> str | None:
        return join(parent(self.file), relative)

    @property
    def module_path(self) -> str:
        return self.at(self.definition.path) or TOP


@dataclass
class Folders:
    """Digests of folders, without the stack files and the root modules of other stacks that lie below them.

    So a label that changes in one stack's file does not plan its neighbour.
    """

    tree: Tree
    stack_files: frozenset[str]
    roots: frozenset[str]
    _above: frozenset[str] = field(init=False)
    _known: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._above = frozenset(
            folder for path in (*self.stack_files, *self.roots) for folder in _folders_above(path)
        )

    def digest(self, folder: str) -> str:
        known = self._known.get(folder)
        if known is None:
            known = self._known[folder] = self._compute(folder)
        return known

    def _compute(self, folder: str) -> str:
        entry = self.tree.get(folder)
        if folder not in self._above and entry is not None:
            return entry.oid
        lines = []
        for child in self.tree.children(folder):
            if child.kind == "tree":
                if child.path not in self.roots:
                    lines.append(f"{child.path} {self.digest(child.path)}")
            elif child.path not in self.stack_files:
                lines.append(f"{child.path} {child.mode} {child.oid}")
        return _sha(sorted(lines))


def _folders_above(path: str) -> Iterator[str]:
    while path != TOP:
        path = parent(path)
        yield path


def _sha(lines: Iterable[str]) -> str:
    return hashlib.sha256("\n".join(lines).encode(errors="surrogateescape")).hexdigest()


Facts = Callable[[str], ModuleFacts]


@dataclass(frozen=True, slots=True)
class Reach:
    """The folders of a stack's modules, its root first, and what is wrong with them."""

    folders: tuple[str, ...]
    problems: tuple[str, ...]


def module_reach(tree: Tree, facts: Facts, root: str) -> Reach:
    """The root module and every local module that it calls, directly or through others."""
    folders, problems, waiting = [], [], [root]
    while waiting:
        folder = waiting.pop()
        if folder in folders:
            continue
        folders.append(folder)
        for source in facts(folder).calls:
            if not source.startswith(LOCAL):
                continue
            called = join(folder, source)
            if called is None:
                problems.append(f"the module source {source!r} in {folder} leaves the repository")
            elif tree.linked(called):
                problems.append(
                    f"the module source {source!r} in {folder} leads through the link {tree.linked(called)}"
                )
            elif not tree.is_folder(called):
                problems.append(f"the module source {source!r} in {folder} is not a folder of this revision")
            else:
                waiting.append(called)
    return Reach(tuple(folders), tuple(problems))


def path_problems(tree: Tree, stack: Located) -> Iterator[str]:
    """What the definition names and the revision does not have."""
    root = stack.at(stack.definition.path)
    if root is None:
        yield f"path: {stack.definition.path!r} leaves the repository"
    elif tree.linked(root):
        yield f"path: {stack.definition.path!r} leads through the link {tree.linked(root)}"
    elif not tree.is_folder(root):
        yield f"path: {stack.definition.path!r} is not a folder of this revision"
    for name in stack.definition.var_files:
        path = stack.at(name)
        if path is None:
            yield f"var_files: {name!r} leaves the repository"
        elif tree.linked(path):
            yield f"var_files: {name!r} leads through the link {tree.linked(path)}"
        elif not tree.is_file(path):
            yield f"var_files: {name!r} is not a file of this revision"


def inputs_digest(folders: Folders, stack: Located, reach: Reach, settings: str) -> str:
    """One digest over everything that a plan of this stack depends on."""
    definition = stack.definition
    lines = [f"definition {definition.digest}", f"settings {settings}", f"root {reach.folders[0]}"]
    lines += sorted(f"module {folder} {folders.digest(folder)}" for folder in reach.folders)
    for name in definition.var_files:
        entry = folders.tree.get(stack.at(name) or "")
        lines.append(f"var file {name} {entry.oid if entry else 'missing'}")
    lines += sorted(f"watch {path} {oid}" for path, oid in _watched(folders.tree, stack))
    return _sha(lines)


def _watched(tree: Tree, stack: Located) -> Iterator[tuple[str, str]]:
    """A plain path is looked up; a glob is held against every file."""
    for pattern in stack.definition.watch:
        place = stack.at(pattern)
        if place is None:
            continue
        entry = tree.get(place)
        if entry is not None:
            yield place, entry.oid
        elif WILD.search(place):
            matches = glob(place).matches
            yield from ((e.path, e.oid) for e in tree if e.kind != "tree" and matches(e.path))


def reaching_settings(settings: Settings, definition: StackDefinition) -> str:
    """The operator's settings that change what a plan of this stack says."""
    engine = getattr(settings.engines, definition.engine)
    return json.dumps([engine.binary, sorted(settings.engines.env)])


def settings_digest(settings: Settings, source: SourceSettings, version: str) -> str:
    """When it moves, a source is discovered again although its head stood still."""
    facts = [
        version, source.url, source.branch, source.stacks, repr(source.allow), repr(settings.engines.terraform),
        repr(settings.engines.tofu), settings.engines.env, settings.approvals.required,
    ]  # fmt: skip
    return _sha([json.dumps(facts)])


def state_identity(stack: Located, facts: ModuleFacts) -> StateIdentity:
    """Backend, address and workspace; the same for two stacks means that they would overwrite each other."""
    definition, backend = stack.definition, facts.backend
    if backend is None:
        return StateIdentity("managed", definition.name, definition.terraform_workspace)
    address: Mapping[str, object] = {**backend.settings, **definition.backend_config}
    return StateIdentity(
        backend.type, json.dumps(address, sort_keys=True, default=str), definition.terraform_workspace
    )


def backend_problem(stack: Located, facts: ModuleFacts, allowed: Iterable[str]) -> str | None:
    backend = facts.backend
    if backend is None:
        given = bool(stack.definition.backend_config)
        return "backend_config is given, but the root module has no backend block" if given else None
    if backend.type == "cloud":
        return (
            "a cloud block runs elsewhere and leaves nothing for Driftline to do; use a backend block or none"
        )
    if backend.type not in allowed:
        return f'backend "{backend.type}" is not among allow.backends of the source'
    path = str({**backend.settings, **stack.definition.backend_config}.get("path", ""))
    if backend.type == "local" and not path.startswith("/"):
        # Each revision has a tree of its own: the next one would begin without a state and create all again.
        return 'backend "local" needs an absolute path; without a backend block Driftline keeps the state'
    return None
