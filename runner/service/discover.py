"""Find the stacks of one revision: from Git's trees and blobs, without a checkout."""

from collections import OrderedDict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from graphlib import CycleError, TopologicalSorter
from typing import Generic, TypeVar

from runner import __version__
from runner.model import inputs
from runner.model.inputs import Folders, Located
from runner.model.module import ModuleFacts
from runner.model.paths import glob
from runner.model.problem import Problem
from runner.model.settings import Settings, SourceSettings
from runner.model.stack import Discovered, Stack, StackDefinition, StateIdentity
from runner.model.tree import FILES, Tree
from runner.ports import Git, Modules, StackFiles

MODULE_FILES = (".tf", ".tf.json", ".tofu", ".tofu.json")
K = TypeVar("K")
V = TypeVar("V")


class Remembered(OrderedDict[K, V], Generic[K, V]):
    """The newest answers, so that the next revision reads only what moved."""

    def keep(self, key: K, value: V, most: int = 50_000) -> V:
        self[key] = value
        while len(self) > most:
            self.popitem(last=False)
        return value


_READ_FILES: Remembered[tuple[object, ...], tuple[list[StackDefinition], list[Problem]]] = Remembered()
_READ_MODULES: Remembered[tuple[tuple[str, str], ...], ModuleFacts] = Remembered()


@dataclass(frozen=True, slots=True)
class Discovery:
    """Sound stacks by name, and the problems of the others."""

    stacks: tuple[Discovered, ...]
    problems: tuple[Problem, ...]


@dataclass(frozen=True, slots=True)
class _Candidate:
    at: Located
    discovered: Discovered


def settings_digest(settings: Settings, source: SourceSettings) -> str:
    return inputs.settings_digest(settings, source, __version__)


def discover(
    git: Git,
    stack_files: StackFiles,
    modules: Modules,
    settings: Settings,
    source: SourceSettings,
    revision: str,
    others: Sequence[Stack] = (),
) -> Discovery:
    """Every stack that the revision declares. `others` are those of other sources, for names and dependencies."""
    tree = Tree(git.tree(source, revision))
    files = _matching(tree, source)
    located, problems = _read_files(git, stack_files, source, tree, files)
    located = list(_placed(tree, located, problems))
    folders = Folders(tree, frozenset(files), frozenset(stack.module_path for stack in located))
    facts = _Facts(git, modules, source, tree)
    facts.prefetch(stack.module_path for stack in located)
    found: dict[str, _Candidate] = {}
    for stack in located:
        candidate = _candidate(stack, folders, facts, settings, source, revision, problems)
        if candidate is not None:
            _add(found, candidate, others, problems)
    _refuse_shared_states(found, others, problems)
    _refuse_dependencies(found, others, problems)
    return Discovery(
        tuple(found[name].discovered for name in sorted(found)),
        tuple(sorted(problems, key=lambda problem: (problem.file, problem.line, problem.column))),
    )


def _matching(tree: Tree, source: SourceSettings) -> list[str]:
    globs = [glob(pattern) for pattern in source.stacks]
    return [e.path for e in tree if e.mode in FILES and any(one.matches(e.path) for one in globs)]


def _read_files(
    git: Git, stack_files: StackFiles, source: SourceSettings, tree: Tree, files: Iterable[str]
) -> tuple[list[Located], list[Problem]]:
    keys = {
        file: (id(stack_files), entry.oid, file, source.allow) for file in files if (entry := tree.get(file))
    }
    missing = {file: key for file, key in keys.items() if key not in _READ_FILES}
    blobs = git.blobs(source, {str(key[1]) for key in missing.values()}) if missing else {}
    for file, key in missing.items():
        _READ_FILES.keep(key, stack_files.read(file, blobs[str(key[1])], source.allow))
    located: list[Located] = []
    problems: list[Problem] = []
    for file in sorted(keys):
        definitions, broken = _READ_FILES[keys[file]]
        located += [Located(file, definition) for definition in definitions]
        problems += broken
    return located, problems


def _problem(stack: Located, sentence: str) -> Problem:
    return Problem(stack.file, 1, 1, f'stack "{stack.definition.name}": {sentence}', stack.definition.name)


def _placed(tree: Tree, located: Iterable[Located], problems: list[Problem]) -> Iterator[Located]:
    """Those whose root module and var files are there."""
    for stack in located:
        wrong = [_problem(stack, sentence) for sentence in inputs.path_problems(tree, stack)]
        problems += wrong
        if not wrong:
            yield stack


class _Facts:
    """The facts of module folders, read once for each content."""

    def __init__(self, git: Git, modules: Modules, source: SourceSettings, tree: Tree) -> None:
        self._git, self._modules, self._source, self._tree = git, modules, source, tree
        self._blobs: dict[str, bytes] = {}

    def _key(self, folder: str) -> tuple[tuple[str, str], ...]:
        return tuple(
            (entry.path.rpartition("/")[2], entry.oid)
            for entry in self._tree.children(folder)
            if entry.mode in FILES and entry.path.endswith(MODULE_FILES)
        )

    def prefetch(self, folders: Iterable[str]) -> None:
        """Bring the files of all folders in one go."""
        wanted = {
            oid for folder in folders if (key := self._key(folder)) not in _READ_MODULES for _, oid in key
        }
        self._fetch(wanted)

    def _fetch(self, oids: Iterable[str]) -> None:
        missing = set(oids) - self._blobs.keys()
        if missing:
            self._blobs.update(self._git.blobs(self._source, missing))

    def __call__(self, folder: str) -> ModuleFacts:
        key = self._key(folder)
        known = _READ_MODULES.get(key)
        if known is not None:
            return known
        self._fetch(oid for _, oid in key)
        return _READ_MODULES.keep(key, self._modules.read({name: self._blobs[oid] for name, oid in key}))


def _candidate(
    stack: Located,
    folders: Folders,
    facts: _Facts,
    settings: Settings,
    source: SourceSettings,
    revision: str,
    problems: list[Problem],
) -> _Candidate | None:
    root = facts(stack.module_path)
    reach = inputs.module_reach(folders.tree, facts, stack.module_path)
    wrong = list(reach.problems)
    backend = inputs.backend_problem(stack, root, source.allow.backends)
    if backend is not None:
        wrong.append(backend)
    if not source.allow.provisioners:
        wrong += [
            f"{address} in {folder} runs commands while it is planned or applied; allow.provisioners of the source is false"
            for folder in reach.folders
            for address in facts(folder).provisioners
        ]
    problems += [_problem(stack, sentence) for sentence in wrong]
    if wrong:
        return None
    return _Candidate(
        stack,
        Discovered(
            source=source.name,
            revision=revision,
            file=stack.file,
            module_path=stack.module_path,
            definition=stack.definition,
            inputs=inputs.inputs_digest(
                folders, stack, reach, inputs.reaching_settings(settings, stack.definition)
            ),
            identity=inputs.state_identity(stack, root),
            managed_state=root.backend is None,
        ),
    )


def _add(
    found: dict[str, _Candidate], candidate: _Candidate, others: Sequence[Stack], problems: list[Problem]
) -> None:
    name = candidate.at.definition.name
    if name in found:
        problems.append(_problem(candidate.at, f"the name is taken by {found[name].at.file}"))
        return
    other = next((o for o in others if o.name == name and o.missing_since is None), None)
    if other is not None:
        problems.append(_problem(candidate.at, f"the name is taken by source {other.source}"))
        return
    found[name] = candidate


def _refuse_shared_states(
    found: dict[str, _Candidate], others: Sequence[Stack], problems: list[Problem]
) -> None:
    """Of two stacks with one state the later by name is refused, whatever file it stands in."""
    owners: dict[StateIdentity, str] = {o.identity: o.name for o in others if o.missing_since is None}
    for name in sorted(found):
        identity = found[name].discovered.identity
        owner = owners.setdefault(identity, name)
        if owner != name:
            problems.append(
                _problem(found.pop(name).at, f'it keeps the same state as stack "{owner}" ({identity})')
            )


def _refuse_dependencies(
    found: dict[str, _Candidate], others: Sequence[Stack], problems: list[Problem]
) -> None:
    """Unknown dependencies, then cycles; a dependency that is only broken is known, and waited for."""
    known = found.keys() | {o.name for o in others} | {p.stack for p in problems if p.stack is not None}
    for name in list(found):
        unknown = [needed for needed in found[name].at.definition.depends_on if needed not in known]
        if unknown:
            problems.append(
                _problem(found.pop(name).at, f"depends_on: {', '.join(unknown)} is not a known stack")
            )
    graph = {o.name: o.definition.depends_on for o in others}
    graph |= {name: candidate.at.definition.depends_on for name, candidate in found.items()}
    while True:
        try:
            TopologicalSorter(graph).prepare()
        except CycleError as error:
            cycle: list[str] = error.args[1]
            told = " -> ".join(cycle)
            for name in set(cycle):
                graph.pop(name, None)
                if name in found:
                    problems.append(_problem(found.pop(name).at, f"depends_on: a cycle: {told}"))
        else:
            return
