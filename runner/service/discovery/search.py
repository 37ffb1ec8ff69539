"""Judge what the stack files of a revision declare: refuse what is not sound, and digest the inputs of the rest."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import field
from typing import TypeVar

from runner.errors import DriftlineError
from runner.model.code.complaint import Complaint
from runner.model.code.conflicts import moved_states, shared_states
from runner.model.code.dependencies import circular, unmet, untaken
from runner.model.code.found_reads import Found
from runner.model.code.identity import state_identity
from runner.model.code.inputs import Folders, Watches, inputs_digest, reaching_settings
from runner.model.code.located import Located
from runner.model.code.scan import Code, refusals
from runner.model.code.succession import Present, lookalikes
from runner.model.code.tree import Tree
from runner.model.settings.server import Settings
from runner.model.settings.source import SourceSettings
from runner.model.stack.definition import Stack, StateIdentity
from runner.model.stack.engine_wants import EngineWants
from runner.model.values.frozen import dataclass
from runner.service.discovery.module_facts import FolderFacts
from runner.service.discovery.stack_reads import StackReads

T = TypeVar("T")


@dataclass(frozen=True)
class Inputs:
    """The digest of a stack's inputs: with its current globs, with its previous globs, and the unknown places."""

    digest: str
    as_watched: str
    unknown: tuple[str, ...] = ()


@dataclass
class Search:
    """The stacks that are sound so far, and what is wrong with the others."""

    stacks: list[Located]
    complaints: list[Complaint] = field(default_factory=list)

    def refuse(self, said: Iterable[Complaint]) -> None:
        complaints = list(said)
        refused = {id(one.stack) for one in complaints}
        self.complaints += complaints
        self.stacks = [stack for stack in self.stacks if id(stack) not in refused]

    @property
    def refused(self) -> set[str]:
        return {one.stack.definition.name for one in self.complaints}


def judge(
    search: Search,
    tree: Tree,
    code: FolderFacts,
    source: SourceSettings,
    others: Sequence[Stack],
    broken: set[str | None],
    home: Mapping[str, str],
) -> dict[str, StateIdentity]:
    """Refuse what the source does not allow and what belongs to another stack; returns the states of the rest, by name."""
    _first(lambda: code.prefetch({(stack.module_path, stack.definition.engine) for stack in search.stacks}))
    _first(lambda: code.prefetch_values(search.stacks))
    said = _each(search, lambda s: list(refusals(tree, s.definition, code_of(code, s), source.allow)))
    search.refuse(Complaint(stack, one.text, code=one) for stack, found in said for one in found)
    identities = {
        stack.definition.name: identity
        for stack, identity in _each(
            search, lambda s: state_identity(s.definition, code_of(code, s).facts, home[s.definition.name])
        )
    }
    search.refuse(moved_states(search.stacks, identities, others))
    search.refuse(shared_states(search.stacks, identities, others, source.name, broken | search.refused))
    foreign = [stack for stack in others if stack.source != source.name and stack.left is None]
    names = {stack.definition.name for stack in search.stacks} | {stack.name for stack in foreign}
    search.refuse(unmet(search.stacks, names | broken | search.refused))
    search.refuse(untaken(search.stacks, foreign, source.allow))
    search.refuse(circular(search.stacks, foreign))
    return identities


def ask(
    search: Search, present: Present, takes: Mapping[str, Stack], code: FolderFacts, folders: Folders
) -> frozenset[str]:
    """Refuse stacks until a person says whether they are stacks that just left Git; returns their names."""
    managed = [stack for stack in search.stacks if code_of(code, stack).facts.backend is None]
    newcomers = [stack for stack in managed if stack.definition.name not in takes]
    found = list(
        lookalikes(present, newcomers, takes.values(), lambda stack: folders.content(stack.module_path))
    )
    search.refuse(found)
    return frozenset(one.stack.definition.name for one in found)


def digests(
    search: Search,
    folders: Folders,
    code: FolderFacts,
    reads: StackReads,
    settings: Settings,
    source: str,
    known: Mapping[str, Stack],
    wants: Mapping[str, EngineWants],
) -> list[tuple[Located, Inputs]]:
    _first(lambda: reads.prefetch(search.stacks))
    watches = Watches(folders.tree)

    def digest(stack: Located, read: Found) -> str:
        reach = code_of(code, stack).reach
        reaching = reaching_settings(settings, stack.definition, source)
        wish = wants[stack.definition.name].wish
        return inputs_digest(folders, watches, stack, reach, read, reaching, wish)

    def inputs(stack: Located) -> Inputs:
        read, old = reads.of(stack), known.get(stack.definition.name)
        now = digest(stack, read)
        if old is None or old.definition.watch == stack.definition.watch:
            return Inputs(now, now, read.unknown)
        return Inputs(now, digest(stack.watching(old.definition.watch), read), read.unknown)

    return _each(search, inputs)


def code_of(code: FolderFacts, stack: Located) -> Code:
    return code.code(stack)


def _each(search: Search, judge: Callable[[Located], T]) -> list[tuple[Located, T]]:
    """The verdict on each stack. One that cannot be judged is refused, and stops no other."""
    found: list[tuple[Located, T]] = []
    for stack in list(search.stacks):
        try:
            found.append((stack, judge(stack)))
        except DriftlineError:  # a fault of git or of the disk, not of a stack
            raise
        except Exception as error:  # noqa: BLE001 - any bug
            problem = f"its code cannot be interpreted: {type(error).__name__}"
            search.refuse([Complaint(stack, problem)])
    return found


def _first(prefetch: Callable[[], None]) -> None:
    try:
        prefetch()
    except DriftlineError:
        raise
    except Exception:  # noqa: BLE001 - the stack with this code fails on it again, alone
        return
