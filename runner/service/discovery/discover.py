"""Find the stacks of one revision: from Git's trees and blobs, without a checkout."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import TypeVar
from weakref import WeakKeyDictionary

from runner import __version__
from runner.errors import DriftlineError
from runner.host.uncollected import uncollected
from runner.model.code import inputs
from runner.model.code.conflicts import Complaint, moved_states, shared_states, taken_names
from runner.model.code.dependencies import circular, unmet
from runner.model.code.engines import ENGINES
from runner.model.code.found_reads import Found
from runner.model.code.identity import state_identity
from runner.model.code.inputs import (
    Folders,
    Located,
    Watches,
    inputs_digest,
    path_problems,
    reaching_settings,
)
from runner.model.code.scan import Code, refusals
from runner.model.code.succession import Present, homes, lookalikes, successions
from runner.model.code.tree import Tree
from runner.model.settings.server import Settings
from runner.model.settings.source import Allow, SourceSettings
from runner.model.stack.definition import Discovered, Stack, StateIdentity
from runner.model.values.paths import TOP
from runner.model.values.problem import Problem
from runner.ports.files import Modules, StackFiles
from runner.ports.git import Git
from runner.service.discovery import code_place, module_facts, stack_files
from runner.service.discovery.module_facts import FolderFacts
from runner.service.discovery.stack_reads import StackReads
from runner.service.discovery.time_limit import NOT_READ_YET, Patience
from runner.service.discovery.tree import read_tree

T = TypeVar("T")


@dataclass(frozen=True)
class Discovery:
    """Sound stacks by name, and the problems of the others. `notes` concern files that no stack needs."""

    stacks: tuple[Discovered, ...]
    problems: tuple[Problem, ...]
    notes: tuple[Problem, ...] = ()
    complete: bool = True  # False if some files were left for the next poll
    takes: Mapping[str, str] = field(default_factory=dict)  # new to old: which stack replaces which
    asked: frozenset[str] = frozenset()  # stacks that wait for a person to say whether they are new


@dataclass
class _Memory:
    """What was read of a source's last revision, so that only changes are read of the next."""

    files: stack_files.Known = field(default_factory=dict)
    modules: module_facts.Known = field(default_factory=dict)
    reads: module_facts.KnownReads = field(default_factory=dict)


# By reader, since results depend on the operator's settings, which a reload may change.
_MEMORIES: "WeakKeyDictionary[StackFiles, dict[tuple[str, Allow], _Memory]]" = WeakKeyDictionary()


@dataclass(frozen=True)
class Inputs:
    """The digest of a stack's inputs: with its current globs, with its previous globs, and the unknown places."""

    digest: str
    as_watched: str
    unknown: tuple[str, ...] = ()


@dataclass
class _Search:
    """The stacks that are sound so far, and what is wrong with the others."""

    stacks: list[Located]
    complaints: list[Complaint] = field(default_factory=list)
    places: code_place.Places = field(default_factory=dict)  # locations in the code, for some complaints

    def refuse(self, said: Iterable[Complaint]) -> None:
        complaints = list(said)
        refused = {id(stack) for stack, _ in complaints}
        self.complaints += complaints
        self.stacks = [stack for stack in self.stacks if id(stack) not in refused]

    @property
    def refused(self) -> set[str]:
        return {stack.definition.name for stack, _ in self.complaints}


def settings_digest(settings: Settings, source: SourceSettings) -> str:
    return inputs.settings_digest(settings, source, __version__)


# Ten thousand stacks create a million objects, none of them in a cycle: the collector would take a fifth of the time.
@uncollected()
def discover(
    git: Git,
    reader: StackFiles,
    modules: Modules,
    settings: Settings,
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
    memory = _MEMORIES.setdefault(reader, {}).setdefault((source.name, source.allow), _Memory())
    tree = read_tree(git, source, revision)
    entries, problems = stack_files.matching(tree, source)
    patience = Patience()
    files = stack_files.read_files(git, reader, source, entries, memory.files, patience)
    memory.files = {key: content for key, content in files.items() if not content.late}
    search = _Search([stack for content in files.values() for stack in content.stacks])
    problems += [problem for content in files.values() for problem in content.problems]
    own = [stack for stack in others if stack.source == source.name]
    problems = list(stack_files.with_names(problems, own, search.stacks))
    search.refuse(taken_names(search.stacks, others, source.name))
    search.refuse((stack, problem) for stack in search.stacks for problem in path_problems(tree, stack))

    code = FolderFacts(git, modules, source, tree, memory.modules, patience, memory.reads)
    reads = StackReads(git, modules, source, tree, code, settings.engines.env)
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
    identities = _judge(search, tree, code, source, others, broken, home)
    asked = _ask(search, present, takes, code, folders)
    digests = _digests(search, folders, code, reads, settings, {stack.name: stack for stack in own})
    memory.modules, memory.reads = code.used(), code.used_reads()
    if not patience.complete:
        problems.append(Problem(TOP, 1, 1, f"some files were {NOT_READ_YET}"))
    complaints = stack_files.placed(git, source, tree, search.complaints)
    problems += code_place.in_code(git, source, tree, complaints, search.places)
    found = (
        replace(
            _discovered(
                stack, _code(code, stack), identities[stack.definition.name], inputs, source.name, revision
            ),
            home=home[stack.definition.name],
            content=folders.content(stack.module_path),
        )
        for stack, inputs in digests
    )
    return Discovery(
        tuple(sorted(found, key=lambda stack: stack.definition.name)),
        tuple(sorted(problems, key=lambda problem: (problem.file, problem.line, problem.column))),
        (*stack_files.stray_links(tree), *stack_files.unfit_paths(tree)),
        patience.complete,
        {name: old.name for name, old in takes.items()},
        asked,
    )


def _ask(
    search: _Search, present: Present, takes: Mapping[str, Stack], code: FolderFacts, folders: Folders
) -> frozenset[str]:
    """Refuse stacks until a person says whether they are stacks that just left Git; returns their names."""
    managed = [stack for stack in search.stacks if _code(code, stack).facts.backend is None]
    newcomers = [stack for stack in managed if stack.definition.name not in takes]
    found = list(
        lookalikes(present, newcomers, takes.values(), lambda stack: folders.content(stack.module_path))
    )
    search.refuse(found)
    return frozenset(stack.definition.name for stack, _ in found)


def _code(code: FolderFacts, stack: Located) -> Code:
    return code.code(stack.module_path, stack.definition.engine)


def _judge(
    search: _Search,
    tree: Tree,
    code: FolderFacts,
    source: SourceSettings,
    others: Sequence[Stack],
    broken: set[str | None],
    home: Mapping[str, str],
) -> dict[str, StateIdentity]:
    """Refuse what the source does not allow and what belongs to another stack; returns the states of the rest, by name."""
    _first(lambda: code.prefetch({(stack.module_path, stack.definition.engine) for stack in search.stacks}))
    said = _each(search, lambda s: list(refusals(tree, s.definition, _code(code, s), source.allow)))
    refused = [(stack, one) for stack, found in said for one in found]
    search.places = {(s.definition.name, stack_files.sentence_of(s, one.text)): one for s, one in refused}
    search.refuse((s, one.text) for s, one in refused)
    identities = {
        stack.definition.name: identity
        for stack, identity in _each(
            search, lambda s: state_identity(s.definition, _code(code, s).facts, home[s.definition.name])
        )
    }
    search.refuse(moved_states(search.stacks, identities, others))
    search.refuse(shared_states(search.stacks, identities, others, source.name, broken | search.refused))
    foreign = [stack for stack in others if stack.source != source.name and stack.left is None]
    names = {stack.definition.name for stack in search.stacks} | {stack.name for stack in foreign}
    search.refuse(unmet(search.stacks, names | broken | search.refused))
    search.refuse(circular(search.stacks, foreign))
    return identities


def _first(prefetch: Callable[[], None]) -> None:
    try:
        prefetch()
    except DriftlineError:
        raise
    except Exception:  # noqa: BLE001 - the stack with this code fails on it again, alone
        return


def _each(search: _Search, judge: Callable[[Located], T]) -> list[tuple[Located, T]]:
    """The verdict on each stack. One that cannot be judged is refused, and stops no other."""
    found: list[tuple[Located, T]] = []
    for stack in list(search.stacks):
        try:
            found.append((stack, judge(stack)))
        except DriftlineError:  # a fault of git or of the disk, not of a stack
            raise
        except Exception as error:  # noqa: BLE001 - any bug
            problem = f"its code has a form that is not known here: {type(error).__name__}"
            search.refuse([(stack, problem)])
    return found


def _digests(
    search: _Search,
    folders: Folders,
    code: FolderFacts,
    reads: StackReads,
    settings: Settings,
    known: Mapping[str, Stack],
) -> list[tuple[Located, Inputs]]:
    _first(lambda: reads.prefetch(search.stacks))
    watches = Watches(folders.tree)
    reaching = {engine: reaching_settings(settings, engine) for engine in ENGINES}

    def digest(stack: Located, read: Found) -> str:
        reach = _code(code, stack).reach
        return inputs_digest(folders, watches, stack, reach, read, reaching[stack.definition.engine])

    def inputs(stack: Located) -> Inputs:
        read, old = reads.of(stack), known.get(stack.definition.name)
        now = digest(stack, read)
        if old is None or old.definition.watch == stack.definition.watch:
            return Inputs(now, now, read.unknown)
        return Inputs(now, digest(stack.watching(old.definition.watch), read), read.unknown)

    return _each(search, inputs)


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
    )
