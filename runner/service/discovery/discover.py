"""Find the stacks of one revision: from Git's trees and blobs, without a checkout."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import field, replace
from types import MappingProxyType

from runner import __version__
from runner.host.uncollected import uncollected
from runner.model.code import inputs
from runner.model.code.complaint import Complaint
from runner.model.code.conflicts import taken_names
from runner.model.code.engines import ENGINES
from runner.model.code.inputs import Folders, path_problems
from runner.model.code.located import Located
from runner.model.code.operator_values import beside
from runner.model.code.remote_states import remote_reads
from runner.model.code.scan import Code
from runner.model.code.succession import Present, homes, successions
from runner.model.code.surroundings import Surroundings
from runner.model.engine.choice import Installed
from runner.model.settings.server import Settings
from runner.model.settings.source import Allow, SourceSettings
from runner.model.stack.definition import Discovered, Stack, StateIdentity
from runner.model.stack.source import TreeEntry
from runner.model.values.frozen import dataclass
from runner.model.values.paths import TOP
from runner.model.values.problem import Problem
from runner.ports.engine import Engines
from runner.ports.files import Modules, StackFiles
from runner.ports.git import Git
from runner.service.discovery import code_place, module_facts, stack_files
from runner.service.discovery.fitting import Fitting, misfits, unread, wanted
from runner.service.discovery.module_facts import FolderFacts
from runner.service.discovery.search import Inputs, Search, ask, code_of, digests, judge
from runner.service.discovery.stack_reads import StackReads
from runner.service.discovery.time_limit import NOT_READ_YET, Patience
from runner.service.discovery.tree import read_tree
from runner.service.discovery.version_files import VersionFiles


@dataclass(frozen=True)
class Discovery:
    """Sound stacks by name, and the problems of the others. `notes` concern files that no stack needs."""

    stacks: tuple[Discovered, ...]
    problems: tuple[Problem, ...]
    notes: tuple[Problem, ...] = ()
    complete: bool = True  # False if some files were left for the next poll
    no_engine: Mapping[str, str | None] = field(
        default_factory=dict
    )  # by stack: why none fits what is applied
    takes: Mapping[str, str] = field(default_factory=dict)  # new to old: which stack replaces which
    asked: frozenset[str] = frozenset()  # stacks that wait for a person to say whether they are new

    def newcomers(self, known: Iterable[str]) -> tuple[tuple[str, str], ...]:
        """Stacks that are new and not sound: nothing else is stored of them, so they are shown by their first problem."""
        first = {
            problem.stack: str(problem) for problem in reversed(self.problems) if problem.stack is not None
        }
        names = first.keys() - set(known) - {stack.definition.name for stack in self.stacks}
        return tuple((name, first[name]) for name in sorted(names))


@dataclass
class _Memory:
    """What was read of a source's last revision, so that only changes are read of the next."""

    files: stack_files.Known = field(default_factory=dict)
    modules: module_facts.Known = field(default_factory=dict)
    reads: module_facts.KnownReads = field(default_factory=dict)


@dataclass(frozen=True)
class Discoverer:
    """Finds the stacks of a revision by the operator's settings, and remembers what it read of the one before."""

    git: Git
    stack_files: StackFiles
    modules: Modules
    settings: Settings
    engines: Engines | None = None  # None where nothing is installed, as beside a repository
    memories: dict[tuple[str, Allow], _Memory] = field(default_factory=dict, repr=False, compare=False)

    def settings_digest(self, source: SourceSettings) -> str:
        """Of all settings that decide what is found; where it moves, the same revision is read again."""
        installed = (
            f"{one.path} {one.version or one.problem}"
            for engine in ENGINES
            for one in self._installed(engine)
        )
        passed = self._surroundings().digest
        more = (*installed, passed) if passed else installed
        return inputs.settings_digest(self.settings, source, __version__, more)

    # Ten thousand stacks create a million objects, none of them in a cycle: the collector would take a fifth of the time.
    @uncollected()
    def discover(
        self,
        source: SourceSettings,
        revision: str,
        others: Sequence[Stack] = (),
        answers: Mapping[str, str] = MappingProxyType({}),
    ) -> Discovery:
        """Every stack that the revision declares.

        `others` are the known stacks: those of other sources, for names, states and dependencies, and those of
        this one, whose names and states no newcomer takes over. `answers` are the operator's: which new stack is
        which old one.
        """
        git, modules = self.git, self.modules
        memory = self.memories.setdefault((source.name, source.allow), _Memory())
        tree = read_tree(git, source, revision)
        entries, misplaced = stack_files.matching(tree, source)
        patience = Patience()
        search, unreadable = self._declared(source, entries, memory, patience)
        own = [stack for stack in others if stack.source == source.name]
        problems = list(stack_files.with_names([*misplaced, *unreadable], own, search.stacks))
        search.refuse(taken_names(search.stacks, others, source.name))
        search.refuse(Complaint(stack, one) for stack in search.stacks for one in path_problems(tree, stack))

        code = FolderFacts(
            git, modules, source, tree, memory.modules, patience, memory.reads, self._surroundings()
        )
        reads = StackReads(git, modules, source, tree, code, self.settings.engines.env)
        # Before more are refused: a stack that is only broken still does not belong to its parent's code.
        roots = frozenset(stack.module_path for stack in search.stacks)
        folders = Folders(tree, frozenset(entry.path for entry in entries), roots)
        broken = {problem.stack for problem in problems}
        present = Present(
            tuple(search.stacks),
            source.name,
            {stack.name: stack for stack in others},
            broken | search.refused,
            answers,
        )
        takes, said = successions(present)
        search.refuse(said)
        home = homes(present, takes)
        identities = judge(search, tree, code, source, others, broken, home)
        asked = ask(search, present, takes, code, folders)
        fitting = Fitting({engine: self._installed(engine) for engine in ENGINES}, source)
        files_of_versions = VersionFiles(git, source, tree)
        wants = wanted(search, files_of_versions, code, self.settings.contexts, source.name)
        notes = tuple(unread(search.stacks, wants, tree, files_of_versions))
        search.refuse(misfits(search.stacks, wants, fitting))
        known = {stack.name: stack for stack in own}
        digested = digests(search, folders, code, reads, self.settings, source.name, known, wants)
        memory.modules, memory.reads = code.used(), code.used_reads()
        if not patience.complete:
            problems.append(Problem(TOP, 1, 1, f"some files were {NOT_READ_YET}"))
        problems += code_place.in_code(
            git, source, tree, stack_files.placed(git, source, tree, search.complaints)
        )
        found = (
            replace(
                _discovered(stack, code_of(code, stack), identities[name], inputs, source.name, revision),
                home=home[name],
                content=folders.content(stack.module_path),
                wants=wants[name],
            )
            for stack, inputs in digested
            for name in (stack.definition.name,)
        )
        return Discovery(
            tuple(sorted(found, key=lambda stack: stack.definition.name)),
            tuple(sorted(problems, key=lambda problem: (problem.file, problem.line, problem.column))),
            (*stack_files.stray_links(tree), *stack_files.unfit_paths(tree), *notes),
            patience.complete,
            {stack.name: fitting.no_engine(stack) for stack in own if stack.left is None},
            {name: old.name for name, old in takes.items()},
            asked,
        )

    def _declared(
        self, source: SourceSettings, entries: Sequence[TreeEntry], memory: _Memory, patience: Patience
    ) -> tuple[Search, list[Problem]]:
        """All stacks that the files declare, and the problems of files that cannot be read."""
        files = stack_files.read_files(self.git, self.stack_files, source, entries, memory.files, patience)
        memory.files = {key: content for key, content in files.items() if not content.late}
        search = Search([stack for content in files.values() for stack in content.stacks])
        return search, [problem for content in files.values() for problem in content.problems]

    def _surroundings(self) -> Surroundings:
        """Beside a repository nobody knows the daemon's environment."""
        return beside(self.settings) if self.engines is None else self.engines.surroundings

    def _installed(self, engine: str) -> tuple[Installed, ...]:
        return self.engines.installed(engine) if self.engines is not None else ()


def _discovered(
    stack: Located, code: Code, identity: StateIdentity, inputs: Inputs, source: str, revision: str
) -> Discovered:
    return Discovered(
        source=source,
        revision=revision,
        file=stack.file,
        module_path=stack.module_path,
        definition=stack.definition,
        inputs=inputs.digest,
        inputs_as_watched=inputs.as_watched,
        identity=identity,
        managed_state=code.facts.backend is None,
        unknown_inputs=inputs.unknown,
        remote_reads=remote_reads(code),
    )
