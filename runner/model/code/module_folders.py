"""Which folders of a repository make up a stack's code: its root module, and the local modules it calls."""

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import field, replace
from functools import partial

from runner.model.code.engines import ENGINES
from runner.model.code.module import ModuleFacts, is_configuration, is_test
from runner.model.code.module_source import LOCAL, module_flaw
from runner.model.code.tree import FILES, Tree
from runner.model.constant.definitions import Definitions, ModuleCall
from runner.model.constant.expression import Refused, Written
from runner.model.constant.scope import Scope
from runner.model.values.frozen import dataclass
from runner.model.values.paths import TOP, join

TEST_FOLDER = "tests"
MOST_CALLS = 2000  # of modules in one stack, each with its own arguments
Facts = Callable[[str], ModuleFacts]
Sources = Mapping[tuple[str, str], frozenset[str]]  # by the caller's folder and the name of the call


@dataclass(frozen=True)
class Unevaluated:
    """An expression that has to have a value before the code is judged, and has none."""

    text: str
    file: str
    line: int


@dataclass(frozen=True)
class Reach:
    """The folders of a stack's modules, root first, and what is wrong with them.

    `sources` are those that were judged, `computed` the folders with calls that had to be evaluated, and `by_value` the
    folders of the modules that they call.
    """

    folders: tuple[str, ...]
    problems: tuple[str, ...]
    sources: Sources = field(default_factory=dict)
    computed: tuple[str, ...] = ()
    by_value: tuple[str, ...] = ()
    unevaluated: tuple[Unevaluated, ...] = ()


def configuration_files(tree: Tree, folder: str, engine: str) -> Iterator[tuple[str, str]]:
    """Name and object id of the files that the engine reads in a folder, also through links."""
    suffixes = ENGINES[engine].suffixes
    return _files(tree, folder, lambda name: is_configuration(name, suffixes))


def test_files(tree: Tree, folder: str) -> Iterator[tuple[str, str]]:
    """The same for the tests of a root module: `init` reads them for every plan."""
    below = join(folder, TEST_FOLDER)
    yield from _files(tree, folder, is_test)
    if below is not None:
        yield from ((f"{TEST_FOLDER}/{name}", oid) for name, oid in _files(tree, below, is_test))


def _files(tree: Tree, folder: str, wanted: Callable[[str], bool]) -> Iterator[tuple[str, str]]:
    for child in tree.children(folder):
        name = child.path.rpartition("/")[2]
        if child.kind == "blob" and wanted(name):
            end = child.path if child.mode in FILES else tree.follow(child.path)
            entry = tree.get(end) if end is not None else None
            if entry is not None and entry.mode in FILES:
                yield name, entry.oid


def module_reach(
    tree: Tree,
    facts: Facts,
    root: str,
    allowed: tuple[str, ...],
    registry: str,
    definitions: Callable[[str], Definitions] | None = None,
    scope: Scope | None = None,
) -> Reach:
    """The root module and every local module that it calls, directly or through others.

    `allowed` are the operator's patterns for remote modules; `registry` is the engine's own. `scope` are the names of
    the root module. Calls are followed one by one only in a stack that computes a source, since its arguments count.
    """
    walk = _Walk(tree, facts, root, allowed, registry)
    walk.literal()
    if not walk.computed:
        return walk.reach
    if definitions is None or scope is None:
        return walk.not_evaluated("they are evaluated for each stack")
    walk = _Walk(tree, facts, root, allowed, registry)
    walk.evaluated(definitions, scope)
    return walk.reach


@dataclass
class _Walk:
    tree: Tree
    facts: Facts
    root: str
    allowed: tuple[str, ...]
    registry: str
    computed: dict[str, None] = field(default_factory=dict)
    _folders: dict[str, None] = field(default_factory=dict)
    _by_value: dict[str, None] = field(default_factory=dict)
    _problems: dict[str, None] = field(default_factory=dict)
    _unevaluated: dict[Unevaluated, None] = field(default_factory=dict)
    _sources: defaultdict[tuple[str, str], set[str]] = field(default_factory=lambda: defaultdict(set))

    @property
    def reach(self) -> Reach:
        sources = {call: frozenset(found) for call, found in self._sources.items()}
        return Reach(
            tuple(self._folders),
            tuple(self._problems),
            sources,
            tuple(self.computed),
            tuple(self._by_value),
            tuple(self._unevaluated),
        )

    def not_evaluated(self, why: str) -> Reach:
        """Never taken unseen: without their values, the code is not known."""
        text = "the computed sources of its modules are not evaluated"
        problems = (Unevaluated(f"{text}: {why}", folder, 1) for folder in self.computed)
        return replace(self.reach, unevaluated=tuple(problems))

    def literal(self) -> None:
        waiting = [self.root]
        while waiting:
            folder = waiting.pop()
            if folder not in self._folders:
                waiting += (called for _, called in self._literal_calls(folder))

    def evaluated(self, definitions: Callable[[str], Definitions], scope: Scope) -> None:
        waiting: list[tuple[str, Scope, tuple[str, ...]]] = [(self.root, scope, (self.root,))]
        left = MOST_CALLS
        while waiting:
            folder, names, way = waiting.pop()
            below: list[tuple[str, str]] = list(self._literal_calls(folder))
            for name in self.facts(folder).computed:
                called = self._computed(folder, name, definitions(folder), names)
                below += [(name, called)] if called is not None else []
            left -= len(below)
            if left < 0:
                self._problems[
                    f"it calls more than {MOST_CALLS:,} modules, so their sources are not evaluated"
                ] = None
                return
            for name, called in below:
                if called in way:
                    self._problems[f"the module {called} calls itself"] = None
                    continue
                call = partial(_call, definitions, folder, name)
                inner = names.below(partial(definitions, called), call)
                waiting.append((called, inner, (*way, called)))

    def _literal_calls(self, folder: str) -> Iterator[tuple[str, str]]:
        """Name and folder of the local modules that are called by a literal source, except those of tests."""
        self._folders[folder] = None
        read = self.facts(folder)
        if read.computed:
            self.computed[folder] = None
        for name, source in zip(read.names, read.calls, strict=True):
            called = self._judged(folder, name, source)
            if called is not None:
                yield name, called
        for source in read.test_calls if folder == self.root else ():
            called = self._judged(folder, "", source)
            if called is not None:
                yield "", called

    def _judged(self, folder: str, name: str, source: str) -> str | None:
        """The folder of a local module that may be called."""
        called = join(folder, source) if source.startswith(LOCAL) else None
        problem = call_problem(self.tree, source, called, self.allowed, self.registry)
        if problem is not None:
            self._problems[f"the module source {source!r} in {folder} {problem}"] = None
            return None
        self._sources[folder, name].add(source)
        return called

    def _computed(self, folder: str, name: str, definitions: Definitions, scope: Scope) -> str | None:
        call = definitions.calls.get(name)
        if call is None or f"module.{name}" in definitions.repeated:
            self._problems[
                f"the module {name!r} in {folder} is declared more than once, or cannot be read"
            ] = None
            return None
        source = self._text(folder, f'the source of module "{name}"', call.source, scope)
        if call.version is not None:
            self._text(folder, f'the version of module "{name}"', call.version, scope, may_be_null=True)
        called = None if source is None else self._judged(folder, name, source)
        if called is not None:
            self._by_value[called] = None
        return called

    def _text(
        self, folder: str, what: str, written: Written, scope: Scope, *, may_be_null: bool = False
    ) -> str | None:
        try:
            value = scope.value(written)
            if isinstance(value, str) or (value is None and may_be_null):
                return value
            raise Refused("its value is no text")  # noqa: TRY301
        except Refused as error:
            self._unevaluated[unevaluated(folder, what, written, str(error))] = None
            return None


def _call(definitions: Callable[[str], Definitions], folder: str, name: str) -> ModuleCall | None:
    there = definitions(folder)
    return None if f"module.{name}" in there.repeated else there.calls.get(name)


def unevaluated(folder: str, what: str, written: Written, reason: str) -> Unevaluated:
    file = written.file if folder == TOP else f"{folder}/{written.file}"
    return Unevaluated(f"{what} cannot be evaluated: {written.source} ({reason})", file, written.line)


def call_problem(
    tree: Tree, source: str, called: str | None, allowed: tuple[str, ...], registry: str
) -> str | None:
    """Why a module may not be called with this source; `called` is its folder, if it is local."""
    if not source.startswith(LOCAL):
        return module_flaw(source, allowed, registry)
    if called is None:
        return "points outside the repository"
    link = tree.linked(called)
    if link is not None:
        return f"leads through the link {link}"
    return None if tree.is_folder(called) else "is not a directory in this revision"
