"""Who wrote the code that a run would execute: these people may not approve it."""

from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from typing import Any, TypeVar

from runner.model.approval.approval import Commit, Review
from runner.model.approval.behind import Reviewed
from runner.model.code.inputs import places
from runner.model.code.located import Located
from runner.model.code.surroundings import UNKNOWN, Surroundings
from runner.model.code.tree import Tree
from runner.model.run.life import Run
from runner.model.settings.source import SourceSettings
from runner.model.values.frozen import dataclass
from runner.model.values.paths import TOP
from runner.ports.files import Modules
from runner.ports.git import Git
from runner.service.discovery.module_facts import FolderFacts
from runner.service.discovery.stack_reads import StackReads
from runner.service.discovery.tree import read_tree
from runner.service.discovery.version_files import VersionFiles

T = TypeVar("T")
MOST_TREES = 4  # that are kept at a time: one may have half a million entries


@dataclass(frozen=True)
class _Code:
    """Stacks of one revision, and what their code reads."""

    tree: Tree
    folders: FolderFacts
    reads: StackReads
    versions: VersionFiles

    def places(self, module_path: str, stack: Located) -> frozenset[str]:
        reach = self.folders.code(stack, module_path).reach
        wish = self.versions.wants(stack.definition, module_path, None).wish
        return places(self.tree, stack, reach, self.reads.of(stack), wish)

    def prefetch(self, stacks: Iterable[Located]) -> None:
        wanted = list(stacks)
        roots = [(stack.module_path, stack.definition.engine) for stack in wanted]
        self.folders.prefetch(roots)
        self.versions.prefetch(roots)
        self.reads.prefetch(wanted)


class Authors:
    """Finds who wrote the code of runs. What Git says of several runs that are answered together is asked once."""

    def __init__(self, git: Git, modules: Modules, surroundings: Surroundings = UNKNOWN) -> None:
        """Where a module's source depends on what `surroundings` do not tell, everybody counts as an author."""
        self._git, self._modules, self._surroundings = git, modules, surroundings
        self._codes: dict[tuple[str, str], _Code] = {}
        self._told: dict[Hashable, Any] = {}

    def prefetch(self, source: SourceSettings, runs: Iterable[tuple[Run, Reviewed]]) -> None:
        """Read the code of these runs and of what was reviewed before: a `cat-file` or two for each revision."""
        stacks: dict[str, list[Located]] = {}
        for run, facts in runs:
            stacks.setdefault(run.revision, []).append(Located(run.file, facts.definition))
            if (review := facts.review) is not None and self._follows(source, review, run):
                stacks.setdefault(review.revision, []).append(Located(review.file, review.definition))
        for revision, located in list(stacks.items())[:MOST_TREES]:
            self._code(source, revision).prefetch(located)

    def commits_behind(self, source: SourceSettings, run: Run, facts: Reviewed) -> Sequence[Commit]:
        """All commits whose code nobody but their authors has approved yet, without duplicates.

        Those are the commits since the reviewed revision, and all commits that touched what the stack began to
        use since then. If nothing was reviewed, or the reviewed revision is not in this history, all commits that
        touched the stack. What a force-push discarded counts too: its code may be back under another name.
        """
        now = self._code(source, run.revision).places(run.module_path, Located(run.file, facts.definition))
        gone = [head for head in facts.rewritten if self._has(source, head)]
        review = facts.review
        if review is None or not self._follows(source, review, run):
            heads = (run.revision, *gone)
            return _each_once([commit for head in heads for commit in self._touching(source, head, now)])
        at = Located(review.file, review.definition)
        before = self._code(source, review.revision).places(review.module_path, at)
        found = list(self._commits(source, review.revision, run.revision))
        found += [commit for head in gone for commit in self._commits(source, run.revision, head)]
        new = frozenset(place for place in now if not _covered(place, before))
        found += self._touching(source, run.revision, new) if new else ()
        return _each_once(found)

    def signers(self, source: SourceSettings, revisions: Sequence[str]) -> Mapping[str, str]:
        """The signer of each commit, or an empty text, by the keys that the source trusts now."""
        return self._git.signers(source, revisions)

    def _follows(self, source: SourceSettings, review: Review, run: Run) -> bool:
        """Whether what was reviewed is in the history of the run."""
        return self._has(source, review.revision) and self._once(
            ("is_ancestor", source.name, review.revision, run.revision),
            lambda: self._git.is_ancestor(source, review.revision, run.revision),
        )

    def _code(self, source: SourceSettings, revision: str) -> _Code:
        at = (source.name, revision)
        code = self._codes.get(at)
        if code is None:
            while len(self._codes) >= MOST_TREES:
                del self._codes[next(iter(self._codes))]
            tree = read_tree(self._git, source, revision)
            folders = FolderFacts(self._git, self._modules, source, tree, {}, surroundings=self._surroundings)
            reads = StackReads(self._git, self._modules, source, tree, folders)
            versions = VersionFiles(self._git, source, tree)
            code = self._codes[at] = _Code(tree, folders, reads, versions)
        return code

    def _has(self, source: SourceSettings, revision: str) -> bool:
        return self._once(("has", source.name, revision), lambda: self._git.has(source, revision))

    def _commits(self, source: SourceSettings, old: str, new: str) -> Sequence[Commit]:
        return self._once(("commits", source.name, old, new), lambda: self._git.commits(source, old, new))

    def _touching(self, source: SourceSettings, new: str, where: frozenset[str]) -> Sequence[Commit]:
        return self._once(
            ("touching", source.name, new, where), lambda: self._git.touching(source, new, where)
        )

    def _once(self, question: Hashable, ask: Callable[[], T]) -> T:
        if question not in self._told:
            self._told[question] = ask()
        answer: T = self._told[question]
        return answer


def _covered(place: str, by: frozenset[str]) -> bool:
    return TOP in by or any(place == one or place.startswith(f"{one}/") for one in by)


def _each_once(commits: Sequence[Commit]) -> Sequence[Commit]:
    return list({commit.revision: commit for commit in commits}.values())
