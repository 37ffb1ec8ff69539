"""Which engine the stacks of a revision want, and why none of the installed ones fits."""

from collections.abc import Iterator, Mapping, Sequence

from runner.model.code.complaint import Complaint
from runner.model.code.engines import ENGINES
from runner.model.code.located import Located
from runner.model.code.scan import Refusal
from runner.model.code.tree import Tree
from runner.model.engine.choice import Allowed, Installed, Misfit, choose
from runner.model.engine.version_file import other_files
from runner.model.settings.context import Context, furnished
from runner.model.settings.source import SourceSettings
from runner.model.stack.definition import Stack
from runner.model.stack.engine_wants import OWN, EngineWants
from runner.model.values.frozen import dataclass
from runner.model.values.paths import printable
from runner.model.values.problem import Problem
from runner.service.discovery.module_facts import FolderFacts
from runner.service.discovery.search import Search, code_of
from runner.service.discovery.version_files import VersionFiles


@dataclass(frozen=True)
class Fitting:
    """What is installed, by engine, and what the source may choose from."""

    installed: Mapping[str, tuple[Installed, ...]]
    source: SourceSettings

    def misfit(self, engine: str, wants: EngineWants) -> Misfit | None:
        """None also where no program is known at all."""
        installed = self.installed[engine]
        allowed = Allowed.by(self.source.allow, self.source.name, engine)
        found = choose(engine, wants, allowed, installed) if installed else None
        return found if isinstance(found, Misfit) else None

    def no_engine(self, stack: Stack) -> str | None:
        """Why none fits what is applied of it."""
        if stack.applied_revision is None:
            return None
        misfit = self.misfit(stack.as_applied.definition.engine, stack.applied_wants)
        return None if misfit is None else f"what is applied {misfit.sentence}"


def wanted(
    search: Search, files: VersionFiles, code: FolderFacts, contexts: Sequence[Context], source: str
) -> dict[str, EngineWants]:
    """By the names of stacks."""
    files.prefetch((stack.module_path, stack.definition.engine) for stack in search.stacks)
    return {
        stack.definition.name: files.wants(
            furnished(contexts, stack.definition, source), stack.module_path, code_of(code, stack)
        )
        for stack in search.stacks
    }


def unread(
    stacks: Sequence[Located], wants: Mapping[str, EngineWants], tree: Tree, files: VersionFiles
) -> Iterator[Problem]:
    """Files of version managers that choose a version and that Driftline does not read, where it reads no other."""
    said: set[str] = set()
    for stack in stacks:
        own = wants[stack.definition.name]
        if own.wish is None and not own.flaw:
            others = other_files(tree, stack.module_path, ENGINES[stack.definition.engine])
            said |= {file for file, word in others if word in (files.read(file) or b"")}
    for file in sorted(said):
        text = "Driftline does not read this file: name the version in .tool-versions or engine_version"
        yield Problem(printable(file), 1, 1, text)


def misfits(
    stacks: Sequence[Located], wants: Mapping[str, EngineWants], fitting: Fitting
) -> Iterator[Complaint]:
    for stack in stacks:
        own = wants[stack.definition.name]
        if own.flaw:
            yield Complaint(stack, own.flaw, code=Refusal(own.flaw, file=own.flawed))
            continue
        misfit = fitting.misfit(stack.definition.engine, own)
        if misfit is not None:
            place = own.wish.place if own.wish is not None and own.wish.place != OWN else ""
            yield Complaint(stack, f"it {misfit.sentence}", code=Refusal(misfit.sentence, file=place))
