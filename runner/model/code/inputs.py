"""What a plan depends on: digests of trees and blobs, so that only stacks that changed are planned."""

import json
from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property
from types import MappingProxyType

from runner.model.code.found_reads import Found
from runner.model.code.known_inputs import SEEN_AT
from runner.model.code.located import Located, digest_of
from runner.model.code.module import is_configuration
from runner.model.code.module_folders import Reach
from runner.model.code.tree import LINK, Tree
from runner.model.settings.context import context_inputs, reaching
from runner.model.settings.server import Settings
from runner.model.settings.source import SourceSettings
from runner.model.stack.definition import StackDefinition, to_json
from runner.model.stack.engine_wants import OWN, Wish
from runner.model.stack.source import TreeEntry
from runner.model.values.paths import TOP, WILD, glob, parent


class Folders:
    """Digests of folders, without the stack files and root modules of other stacks below them.

    So a changed label in one stack's file does not plan its neighbour. A link counts with its target.
    """

    def __init__(self, tree: Tree, stack_files: frozenset[str], roots: frozenset[str]) -> None:
        self.tree = tree
        self._stack_files = stack_files
        self._roots = roots
        self._own: dict[str, str] = {}
        # From the deepest up, without recursion: a repository decides how deep its folders are.
        for folder in sorted(_above((*stack_files, *roots, *tree.links)), key=_depth, reverse=True):
            self._own[folder] = digest_of(sorted(self._lines(folder)))

    def digest(self, folder: str) -> str:
        """Git's own id of the folder, unless something in it is excluded or a link is in it."""
        own = self._own.get(folder)
        if own is not None:
            return own
        entry = self.tree.get(folder)
        return entry.oid if entry is not None else digest_of(sorted(self._lines(folder)))

    def digest_without(self, folder: str, left_out: frozenset[str]) -> str:
        """The same without these folders below it."""
        inside = [one for one in left_out if folder == TOP or one.startswith(f"{folder}/")]
        changed = dict.fromkeys(inside, "")
        between = (above for above in _above(inside) if f"{above}/".startswith(f"{folder}/") or folder == TOP)
        for above in sorted(between, key=_depth, reverse=True):
            changed[above] = digest_of(sorted(self._lines(above, changed)))
        return changed[folder] if inside else self.digest(folder)

    def content(self, folder: str) -> str:
        """Digest of the files of a root module, independent of its location: equal if it was only moved."""
        return digest_of(
            sorted(
                f"{child.path.rpartition('/')[2]} {child.mode} {child.oid}"
                for child in self.tree.children(folder)
                if child.path not in self._stack_files and child.path not in self._roots
            )
        )

    @cached_property
    def whole(self) -> str:
        """The whole repository, as Git has it."""
        return digest_of(sorted(f"{child.path} {child.oid}" for child in self.tree.children(TOP)))

    def all_below(self, folder: str, stack: Located) -> str:
        """A folder that is read as a whole, including files of other stacks but not the stack's own file."""
        entry = self.tree.get(folder)
        own = folder == TOP or f"{stack.file}/".startswith(f"{folder}/")
        return self.digest(folder) + ("" if own or entry is None else entry.oid)

    def _lines(self, folder: str, changed: Mapping[str, str] = MappingProxyType({})) -> Iterator[str]:
        for child in self.tree.children(folder):
            if child.kind == "tree":
                if child.path not in self._roots:
                    own = self._own.get(child.path, child.oid)
                    yield f"{child.path} {changed.get(child.path, own)}"
            elif child.path not in self._stack_files:
                yield f"{child.path} {child.mode} {child.oid}{self._led_to(child)}"

    def _led_to(self, child: TreeEntry) -> str:
        if child.mode != LINK:
            return ""
        end = self.tree.follow(child.path)
        entry = self.tree.get(end) if end is not None else None
        return f" {end} {entry.oid if entry is not None else ''}"


def _above(paths: Iterable[str]) -> set[str]:
    """All folders that hold one of the paths."""
    found: set[str] = set()
    for path in paths:
        folder = path
        while folder != TOP and (folder := parent(folder)) not in found:
            found.add(folder)
    return found


def _depth(folder: str) -> int:
    return -1 if folder == TOP else folder.count("/")


class Watches:
    """What globs match in one tree; stacks with equal globs share one answer."""

    def __init__(self, tree: Tree) -> None:
        self._tree = tree
        self._known: dict[str, str] = {}

    def line(self, place: str) -> str:
        """The glob, from the repository's top, and a digest of everything it matches now."""
        known = self._known.get(place)
        if known is None:
            known = self._known[place] = f"watch {place} {digest_of(sorted(self._matched(place)))}"
        return known

    def _matched(self, place: str) -> Iterator[str]:
        entry = self._tree.get(place)
        if entry is not None:
            yield f"{place} {entry.oid}"
        elif WILD.search(place):
            fixed = _fixed_folder(place)
            folder = self._tree.get(fixed)
            if folder is not None and place == f"{fixed}/**":
                yield f"{fixed} {folder.oid}"
                return
            matches = glob(place).matches
            yield from (f"{e.path} {e.mode} {e.oid}" for e in self._tree.below(fixed) if matches(e.path))


def _fixed_folder(pattern: str) -> str:
    """The folder above all matches."""
    names = pattern.split("/")
    wild = next(at for at, name in enumerate(names) if WILD.search(name))
    return "/".join(names[:wild]) or TOP


def path_problems(tree: Tree, stack: Located) -> Iterator[str]:
    """What the definition names and the revision does not contain."""
    path = stack.definition.path
    flaw = _flaw(tree, stack.at(path))
    if flaw or not tree.is_folder(stack.module_path):
        yield f"path: {path!r} {flaw or 'is not a directory in this revision'}"
    for name in stack.definition.var_files:
        place = stack.at(name)
        flaw = _flaw(tree, place)
        if flaw or not tree.is_file(place or TOP):
            yield f"var_files: {name!r} {flaw or 'is not a file in this revision'}"
    for pattern in stack.definition.watch:
        if stack.at(pattern) is None:
            yield f"watch: {pattern!r} points outside the repository"


def _flaw(tree: Tree, place: str | None) -> str | None:
    if place is None:
        return "points outside the repository"
    link = tree.linked(place)
    return None if link is None else f"leads through the link {link}"


def places(tree: Tree, stack: Located, reach: Reach, read: Found, wish: Wish | None) -> frozenset[str]:
    """Every path whose change may change a plan of this stack; a folder stands for everything below it.

    It includes too much rather than too little: whoever changed one of
    them counts as an author.
    """
    named = (stack.at(name) for name in (*stack.definition.var_files, *stack.definition.watch))
    waiting = [stack.file or TOP, *reach.folders, *read.files, *read.folders]
    if wish is not None and wish.place != OWN:
        waiting.append(wish.place)
    if read.unknown or reach.unevaluated:
        waiting.append(
            TOP
        )  # it may be anything: each commit is an input then, and each author may have written it
    waiting += [_fixed_folder(place) if WILD.search(place) else place for place in read.patterns]
    waiting += [_fixed_folder(place) if WILD.search(place) else place for place in named if place is not None]
    found: set[str] = set()
    while waiting:
        place = waiting.pop()
        if place not in found:
            found.add(place)
            links = (link for link in tree.links if place in {TOP, link} or link.startswith(f"{place}/"))
            waiting += [end for link in links if (end := tree.follow(link)) is not None]
    return frozenset(found)


def inputs_digest(
    folders: Folders,
    watches: Watches,
    stack: Located,
    reach: Reach,
    read: Found,
    settings: str,
    wish: Wish | None,
) -> str:
    """One digest of everything that a plan of this stack depends on.

    If not all of that is known, it covers the whole repository: each commit needs a plan then.
    """
    definition = stack.definition
    lines = [f"definition {stack.digest}", f"settings {settings}", f"root {stack.module_path}"]
    # Its order says when a plan is made, but what it takes is part of the plan.
    lines += [f"takes {to_json(one)}" for one in definition.upstreams]
    if wish is not None and wish.place != OWN and parent(wish.place) != stack.module_path:
        lines.append(f"engine {wish.text}")  # a file in the root module is part of its folder
    unused = _unused(folders.tree, reach, read)
    lines += sorted(f"module {folder} {folders.digest_without(folder, unused)}" for folder in reach.folders)
    lines += sorted(
        f"source {folder} {name} {' '.join(sorted(found))}"
        for (folder, name), found in reach.sources.items()
        if folder in reach.computed
    )
    for name in definition.var_files:
        place = stack.at(name)
        entry = folders.tree.get(place) if place is not None else None
        lines.append(f"var file {place} {entry.oid if entry is not None else 'missing'}")
    places = (stack.at(pattern) for pattern in definition.watch)
    lines += sorted(watches.line(place) for place in places if place is not None)
    lines += sorted(_read_lines(folders, watches, stack, read))
    return f"{digest_of(lines)}{SEEN_AT}{folders.whole[:16]}" if read.unknown else digest_of(lines)


def _unused(tree: Tree, reach: Reach, read: Found) -> frozenset[str]:
    """The modules beside those that a computed source calls, which it could call too: no code of the stack names them."""
    if not reach.by_value or read.unknown:
        return frozenset()
    beside = {child.path for called in reach.by_value for child in tree.children(parent(called))}
    taken = (*reach.folders, *read.files, *read.folders, *map(_fixed_folder_of, read.patterns))
    return frozenset(
        one
        for one in beside
        if tree.is_folder(one)
        and any(is_configuration(child.path.rpartition("/")[2]) for child in tree.children(one))
        and not any(_overlap(one, path) for path in taken)
    )


def _fixed_folder_of(pattern: str) -> str:
    return _fixed_folder(pattern) if WILD.search(pattern) else pattern


def _overlap(one: str, other: str) -> bool:
    return other == one or other.startswith(f"{one}/")


def _read_lines(folders: Folders, watches: Watches, stack: Located, read: Found) -> Iterator[str]:
    for path in read.files:
        entry = folders.tree.get(path)
        yield f"read {path} {entry.oid if entry is not None else 'missing'}"
    yield from (f"read {folder} {folders.all_below(folder, stack)}" for folder in read.folders)
    yield from map(watches.line, read.patterns)


def reaching_settings(settings: Settings, definition: StackDefinition, source: str) -> str:
    """The operator's settings that affect a plan of this stack.

    The source's allow rules are not among them: they refuse stacks, and change no plan of an accepted one.
    """
    # Twice, as if the engine were always found by its name: digests were made so when the binary was an input.
    engine = json.dumps([definition.engine, definition.engine, sorted(settings.engines.env)])
    return engine + context_inputs(reaching(settings.contexts, definition, source))


def settings_digest(
    settings: Settings, source: SourceSettings, version: str, installed: Iterable[str] = ()
) -> str:
    """When it changes, a source is discovered again even if its head did not move. `installed` are engines."""
    facts = [
        version, source.url, source.branch, source.stacks, repr(source.allow), repr(source.verify), repr(source.previews),
        repr(settings.engines.terraform), repr(settings.engines.tofu), settings.engines.env, settings.approvals.required,
    ]  # fmt: skip
    contexts = [repr(context) for context in settings.contexts]
    return digest_of([json.dumps([*facts, *contexts, *installed])])
