"""The files that a stack reads in one tree, followed from its root through the modules it calls."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import field

from runner.model.code.file_reads import (
    ANY,
    FILESET,
    REPOSITORY,
    TEMPLATEFILE,
    FileRead,
    Opaque,
    Reads,
    Reference,
    Template,
    first_of,
)
from runner.model.code.tree import Tree
from runner.model.values.frozen import dataclass
from runner.model.values.paths import TOP, join, shortened

LONGEST_PATH = 4096  # characters; nested templates could build a path of any length
DEEPEST = 64  # references to references
MAX_INSTANCES = 500  # calls of modules with different arguments, in one stack
MAX_UNKNOWN = 5  # reported places of one stack whose argument is not known


@dataclass(frozen=True)
class Found:
    """`files` are paths, `folders` stand for everything below them, `patterns` are globs; `unknown` names places."""

    files: frozenset[str] = frozenset()
    folders: frozenset[str] = frozenset()
    patterns: frozenset[str] = frozenset()
    unknown: tuple[str, ...] = ()
    templates: frozenset[str] = frozenset()  # those of the files that are parsed as code


NOTHING_READ = Found()


def found_reads(
    tree: Tree, root: str, workspace: str, given: Mapping[str, str | None], reads: Callable[[str], Reads]
) -> Found:
    """`given` are the values of the root module's variables, None if unknown."""
    search = _Search(tree, root, workspace, reads)
    search.walk(given)
    unknown = [*dict.fromkeys(search.unknown)]
    more = len(unknown) - MAX_UNKNOWN
    if more > 0:
        unknown = [*unknown[:MAX_UNKNOWN], f"and {more} more"]
    return Found(
        frozenset(search.files),
        frozenset(search.folders),
        frozenset(search.patterns),
        tuple(unknown),
        frozenset(search.templates),
    )


@dataclass
class _Search:
    tree: Tree
    root: str
    workspace: str
    reads: Callable[[str], Reads]
    files: set[str] = field(default_factory=set)
    folders: set[str] = field(default_factory=set)
    patterns: set[str] = field(default_factory=set)
    templates: set[str] = field(default_factory=set)
    unknown: list[str] = field(default_factory=list)

    def walk(self, given: Mapping[str, str | None]) -> None:
        waiting: list[tuple[str, Mapping[str, str | None]]] = [(self.root, given)]
        seen: set[tuple[str, frozenset[tuple[str, str | None]]]] = set()
        while waiting:
            folder, values = waiting.pop()
            instance = (folder, frozenset(values.items()))
            if instance in seen:
                continue
            if len(seen) >= MAX_INSTANCES:
                self.unknown.append(f"{shortened(folder)}: too many module calls to follow")
                return
            seen.add(instance)
            reads = self.reads(folder)
            scope = _Scope(folder, self.root, self.workspace, reads.values, values)
            for read in reads.files:
                self._read(scope, read)
            for mention in reads.mentioned:
                self._mentioned(scope.text(mention.path), folders=mention.folders)
            waiting += self._called(scope, reads)

    def _called(self, scope: "_Scope", reads: Reads) -> Iterator[tuple[str, Mapping[str, str | None]]]:
        for call in reads.calls:
            target = join(scope.folder, call.source)
            if target is not None and self.tree.is_folder(target):
                used = self.reads(target).variables
                wanted = {name: template for name, template in call.arguments if first_of(name) in used}
                yield target, {name: scope.text(template) for name, template in wanted.items()}

    def _read(self, scope: "_Scope", read: FileRead) -> None:
        for path in read.paths:
            text = scope.text(path)
            pattern = scope.text(read.pattern)
            if text is None or pattern is None or not self._take(text, pattern, read.function):
                self.unknown.append(f"{shortened(scope.folder)}/{read}" if scope.folder != TOP else str(read))

    def _take(self, text: str, pattern: str, function: str) -> bool:
        """False if it is not known what is read."""
        fixed, any_, rest = text.partition(ANY)
        if ".." in rest or "\0" in fixed.removeprefix(REPOSITORY) + rest.replace(ANY, ""):
            return False
        if any_:
            fixed = fixed.rpartition("/")[0] + "/" if "/" in fixed.removeprefix(REPOSITORY) else ""
        place = self._place(fixed)
        if place is None:
            return True  # outside the repository: no revision has it
        if any_:
            self.folders.add(place)
        elif function != FILESET:
            self.files.add(place)
            if function == TEMPLATEFILE:
                self.templates.add(place)
        elif ".." in pattern or any(mark in pattern for mark in "{}\\\0") or not pattern:
            self.folders.add(place)
        else:
            self.patterns.add(pattern if place == TOP else f"{place}/{pattern}")
        return True

    def _mentioned(self, text: str | None, *, folders: bool) -> None:
        """A text that names an existing path is taken for that path; a folder above the code means nothing."""
        place = None if text is None or ANY in text else self._place(text)
        if place is None or place == TOP:
            return
        if self.tree.is_folder(place):
            if folders and not f"{self.root}/".startswith(f"{place}/"):
                self.folders.add(place)
        elif self.tree.get(place) is not None:
            self.files.add(place)

    def _place(self, text: str) -> str | None:
        """The path from the repository's top; None if it lies outside."""
        if text.startswith(REPOSITORY):
            return self.tree.follow(text.removeprefix(REPOSITORY))
        if text.startswith(("/", "~")):
            return None
        return self.tree.follow(f"{self.root}/{text}")


@dataclass
class _Scope:
    """One call of a module: the values of its names."""

    folder: str
    root: str
    workspace: str
    values: Mapping[str, Template]
    given: Mapping[str, str | None]
    _known: dict[str, str | None] = field(default_factory=dict)
    _depth: int = 0

    def text(self, template: Template) -> str | None:
        """With ANY for a part that stays below its folder; None if that is not known."""
        parts: list[str] = []
        length = 0
        for piece in template:
            part = self._part(piece)
            if part is None:
                return None
            length += len(part)
            if length > LONGEST_PATH:
                return None
            parts.append(part)
        return "".join(parts)

    def _part(self, piece: str | Reference | Opaque) -> str | None:
        match piece:
            case str():
                return piece
            case Reference(name):
                return self._value(name)
            case Opaque():
                return ANY if self._stays_below(piece) else None

    def _value(self, name: str) -> str | None:
        if name not in self._known:
            self._known[name] = None  # in case it refers to itself
            if self._depth < DEEPEST:
                self._depth += 1
                self._known[name] = self._looked_up(name)
                self._depth -= 1
        return self._known[name]

    def _looked_up(self, name: str) -> str | None:
        fixed = {
            "path.module": f"{REPOSITORY}{self.folder}",
            "path.root": f"{REPOSITORY}{self.root}",
            "path.cwd": f"{REPOSITORY}{self.root}",
            "terraform.workspace": self.workspace,
            "count.index": ANY,
        }
        if name in fixed:
            return fixed[name]
        whole = first_of(name)
        if name in self.given or whole in self.given:
            any_ = ANY if self.given.get(whole) == ANY else None
            return self.given.get(name, any_)
        if name in self.values:
            return self.text(self.values[name])
        return self._part_of(self.values.get(whole, ()), name.removeprefix(whole))

    def _part_of(self, whole: Template, part: str) -> str | None:
        """An element of a value that is defined elsewhere or not evaluated."""
        match whole:
            case (Reference(other),):
                return self._value(other + part)
            case (Opaque() as piece,):
                return self._part(piece)
        return None

    def _stays_below(self, piece: Opaque) -> bool:
        """Whether all its parts are in the code, and none of them leads upwards."""
        return not piece.climbs and all(self._closed(name) for name in piece.references)

    def _closed(self, name: str) -> bool:
        if name.startswith("path."):
            return True
        value = self._value(name)
        return value is not None and ".." not in value
