"""The files that a stack reads in one tree, followed from its root through the modules it calls."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import field

from runner.model.code.file_reads import (
    ANY,
    FILESET,
    REPOSITORY,
    TEMPLATEFILE,
    FileRead,
    Reads,
    first_of,
)
from runner.model.code.path_scope import Scope
from runner.model.code.tree import Tree
from runner.model.values.frozen import dataclass
from runner.model.values.paths import TOP, join, shortened

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
    tree: Tree,
    root: str,
    workspace: str,
    given: Mapping[str, str | None],
    reads: Callable[[str], Reads],
    by_value: Iterable[str] = (),
) -> Found:
    """`given` are the values of the root module's variables, None if unknown.

    `by_value` are modules whose source is computed: what is passed to them is not followed.
    """
    search = _Search(tree, root, workspace, reads)
    unknown_values = ((folder, dict.fromkeys(reads(folder).variables)) for folder in by_value)
    search.walk([(root, given), *unknown_values])
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

    def walk(self, instances: Iterable[tuple[str, Mapping[str, str | None]]]) -> None:
        waiting = list(instances)[::-1]
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
            scope = Scope(folder, self.root, self.workspace, reads.values, values)
            for read in reads.files:
                self._read(scope, read)
            for mention in reads.mentioned:
                self._mentioned(scope.text(mention.path), folders=mention.folders)
            waiting += self._called(scope, reads)

    def _called(self, scope: "Scope", reads: Reads) -> Iterator[tuple[str, Mapping[str, str | None]]]:
        for call in reads.calls:
            target = join(scope.folder, call.source)
            if target is not None and self.tree.is_folder(target):
                used = self.reads(target).variables
                wanted = {name: template for name, template in call.arguments if first_of(name) in used}
                yield target, {name: scope.text(template) for name, template in wanted.items()}

    def _read(self, scope: "Scope", read: FileRead) -> None:
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
