"""Find the stacks of one revision: from Git's trees and blobs, without a checkout."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from weakref import WeakKeyDictionary

from runner import __version__
from runner.model import inputs
from runner.model.dependencies import circular, unmet
from runner.model.identity import backend_problem, state_identity
from runner.model.inputs import Folders, Located, Watches, inputs_digest, path_problems, reaching_settings
from runner.model.problem import Problem
from runner.model.reach import Reach, module_reach
from runner.model.rivals import Complaint, shared_states, taken_names
from runner.model.settings import Allow, Settings, SourceSettings
from runner.model.stack import Discovered, Stack
from runner.model.tree import Tree
from runner.ports import Git, Modules, StackFiles
from runner.service import module_facts, stack_files
from runner.service.module_facts import FolderFacts


@dataclass(frozen=True)
class Discovery:
    """Sound stacks by name, and the problems of the others."""

    stacks: tuple[Discovered, ...]
    problems: tuple[Problem, ...]


@dataclass
class _Memory:
    """What was read of a source's last revision, so that of the next one only what moved is read."""

    files: stack_files.Known = field(default_factory=dict)
    modules: module_facts.Known = field(default_factory=dict)


# By reader, since it judges by the operator's settings, which a reload may change.
_MEMORIES: "WeakKeyDictionary[StackFiles, dict[tuple[str, Allow], _Memory]]" = WeakKeyDictionary()


@dataclass
class _Search:
    """The stacks that are sound so far, and what is wrong with the others."""

    stacks: list[Located]
    complaints: list[Complaint] = field(default_factory=list)

    def refuse(self, said: Iterable[Complaint]) -> None:
        told = list(said)
        refused = {id(stack) for stack, _ in told}
        self.complaints += told
        self.stacks = [stack for stack in self.stacks if id(stack) not in refused]

    @property
    def refused(self) -> set[str]:
        return {stack.definition.name for stack, _ in self.complaints}


def settings_digest(settings: Settings, source: SourceSettings) -> str:
    return inputs.settings_digest(settings, source, __version__)


def discover(
    git: Git,
    reader: StackFiles,
    modules: Modules,
    settings: Settings,
    source: SourceSettings,
    revision: str,
    others: Sequence[Stack] = (),
) -> Discovery:
    """Every stack that the revision declares.

    `others` are the stacks that are known already: those of other sources, for names, states and dependencies, and
    those of this one, whose names and states no newcomer takes over.
    """
    memory = _MEMORIES.setdefault(reader, {}).setdefault((source.name, source.allow), _Memory())
    tree = stack_files.read_tree(git, source, revision)
    entries, problems = stack_files.matching(tree, source)
    memory.files = stack_files.read_files(git, reader, source, entries, memory.files)
    search = _Search([stack for content in memory.files.values() for stack in content.stacks])
    problems += stack_files.stray_links(tree)
    problems += [problem for content in memory.files.values() for problem in content.problems]
    own = [stack for stack in others if stack.source == source.name]
    problems = list(stack_files.with_names(problems, own, search.stacks))

    search.refuse(taken_names(search.stacks, others, source.name))
    search.refuse((stack, told) for stack in search.stacks for told in path_problems(tree, stack))
    roots = frozenset(stack.module_path for stack in search.stacks)
    folders = Folders(tree, frozenset(entry.path for entry in entries), roots)
    code = _Code(tree, FolderFacts(git, modules, source, tree, memory.modules))
    code.read(search.stacks)
    search.refuse((stack, told) for stack in search.stacks for told in code.problems(stack, source))
    _refuse_rivals(search, code, source, others, {problem.stack for problem in problems})
    memory.modules = code.facts.used()

    problems += stack_files.placed(git, source, tree, search.complaints)
    found = _discovered(search.stacks, folders, code, settings, source, revision)
    return Discovery(
        tuple(sorted(found, key=lambda stack: stack.definition.name)),
        tuple(sorted(problems, key=lambda problem: (problem.file, problem.line, problem.column))),
    )


@dataclass
class _Code:
    """What the stacks' modules say, each root module looked at once."""

    tree: Tree
    facts: FolderFacts
    _reaches: dict[tuple[str, str], Reach] = field(default_factory=dict)

    def read(self, stacks: Iterable[Located]) -> None:
        self.facts.prefetch({_root(stack) for stack in stacks})

    def reach(self, stack: Located) -> Reach:
        root = _root(stack)
        known = self._reaches.get(root)
        if known is None:
            known = self._reaches[root] = module_reach(self.tree, self.facts.of(root[1]), root[0])
        return known

    def problems(self, stack: Located, source: SourceSettings) -> Iterator[str]:
        """What the source does not allow, and what can not be told."""
        folder, engine = _root(stack)
        facts = self.facts.of(engine)
        hidden = self.facts.hidden(folder, engine)
        reach = self.reach(stack)
        yield from reach.problems
        backend = backend_problem(stack.definition, facts(folder), source.allow.backends, hidden)
        if backend is not None:
            yield backend
        if not source.allow.provisioners:
            for module in reach.folders:
                for address in facts(module).provisioners:
                    yield (
                        f"{address} in {module} runs commands while it is planned or applied; "
                        "allow.provisioners of the source is false"
                    )


def _root(stack: Located) -> tuple[str, str]:
    return stack.module_path, stack.definition.engine


def _refuse_rivals(
    search: _Search, code: _Code, source: SourceSettings, others: Sequence[Stack], broken: set[str | None]
) -> None:
    identities = {
        stack.definition.name: state_identity(
            stack.definition, code.facts.of(stack.definition.engine)(stack.module_path)
        )
        for stack in search.stacks
    }
    search.refuse(shared_states(search.stacks, identities, others, source.name, broken | search.refused))
    foreign = [stack for stack in others if stack.source != source.name]
    names = {stack.definition.name for stack in search.stacks} | {stack.name for stack in foreign}
    search.refuse(unmet(search.stacks, names | broken | search.refused))
    search.refuse(circular(search.stacks, foreign))


def _discovered(
    stacks: Iterable[Located],
    folders: Folders,
    code: _Code,
    settings: Settings,
    source: SourceSettings,
    revision: str,
) -> Iterator[Discovered]:
    watches = Watches(folders.tree)
    reaching = {
        engine: reaching_settings(settings, engine) for engine in {_root(stack)[1] for stack in stacks}
    }
    for stack in stacks:
        folder, engine = _root(stack)
        facts = code.facts.of(engine)(folder)
        yield Discovered(
            source=source.name,
            revision=revision,
            file=stack.file,
            module_path=folder,
            definition=stack.definition,
            inputs=inputs_digest(folders, watches, stack, code.reach(stack), reaching[engine]),
            identity=state_identity(stack.definition, facts),
            managed_state=facts.backend is None,
        )
