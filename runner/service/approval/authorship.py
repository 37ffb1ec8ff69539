"""Who wrote the code that a run would execute: these people may not approve it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from runner.model.approval.approval import Commit, Review
from runner.model.code.inputs import Located, places
from runner.model.run.life import Run
from runner.model.settings.source import SourceSettings
from runner.model.stack.definition import StackDefinition
from runner.model.values.paths import TOP
from runner.ports.files import Modules
from runner.ports.git import Git
from runner.ports.records.store import Reader
from runner.service.discovery.module_facts import FolderFacts
from runner.service.discovery.stack_reads import StackReads
from runner.service.discovery.tree import read_tree
from runner.service.discovery.version_files import VersionFiles


@dataclass(frozen=True)
class Known:
    """What is recorded of a run's code. `rewritten` are the heads that force-pushes discarded since the review."""

    definition: StackDefinition
    review: Review | None
    rewritten: Sequence[str]


@dataclass(frozen=True)
class Authorship:
    """`judged` are signers that were not on record before."""

    commits: Sequence[Commit]
    judged: Mapping[str, str] = field(default_factory=dict)


def known(reader: Reader, run: Run) -> Known:
    review = reader.review(run.stack)
    since = None if review is None else review.at
    return Known(reader.definition(run.definition), review, reader.rewritten(run.source, since))


def commits_behind(
    git: Git, modules: Modules, source: SourceSettings, run: Run, facts: Known
) -> Sequence[Commit]:
    """All commits whose code nobody but their authors has approved yet, without duplicates.

    Those are the commits since the reviewed revision, and all commits that touched what the stack began to
    use since then. If nothing was reviewed, or the reviewed revision is not in this history, all commits that
    touched the stack. What a force-push discarded counts too: its code may be back under another name.
    """
    now = _places(git, modules, source, run.revision, run.module_path, Located(run.file, facts.definition))
    gone = [head for head in facts.rewritten if git.has(source, head)]
    review = facts.review
    if (
        review is None
        or not git.has(source, review.revision)
        or not git.is_ancestor(source, review.revision, run.revision)
    ):
        found = [commit for head in (run.revision, *gone) for commit in git.touching(source, head, now)]
        return _each_once(found)
    at = Located(review.file, review.definition)
    before = _places(git, modules, source, review.revision, review.module_path, at)
    found = list(git.commits(source, review.revision, run.revision))
    found += [commit for head in gone for commit in git.commits(source, run.revision, head)]
    new = {place for place in now if not _covered(place, before)}
    found += git.touching(source, run.revision, new) if new else ()
    return _each_once(found)


def with_signers(
    git: Git, source: SourceSettings, commits: Sequence[Commit], recorded: Mapping[str, str]
) -> Authorship:
    """The signer of each commit, if the source verifies signatures."""
    if source.verify.mode == "off":
        return Authorship(commits)
    unknown = [commit.revision for commit in commits if commit.revision not in recorded]
    judged = git.signers(source, unknown) if unknown else {}
    signers = {**recorded, **judged}
    return Authorship([replace(one, signed_by=signers.get(one.revision, "")) for one in commits], judged)


def _places(
    git: Git, modules: Modules, source: SourceSettings, revision: str, module_path: str, stack: Located
) -> frozenset[str]:
    tree = read_tree(git, source, revision)
    code = FolderFacts(git, modules, source, tree, {})
    reach = code.code(module_path, stack.definition.engine).reach
    read = StackReads(git, modules, source, tree, code).of(stack)
    wish = VersionFiles(git, source, tree).wants(stack.definition, module_path, None).wish
    return places(tree, stack, reach.folders, read, wish)


def _covered(place: str, by: frozenset[str]) -> bool:
    return TOP in by or any(place == one or place.startswith(f"{one}/") for one in by)


def _each_once(commits: Sequence[Commit]) -> Sequence[Commit]:
    return list({commit.revision: commit for commit in commits}.values())
