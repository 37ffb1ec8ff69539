"""Look at the pull requests of a source: merge what moved, and queue a preview of each stack that it touches."""

from collections.abc import Iterable
from contextlib import suppress
from dataclasses import replace

from runner.errors import DriftlineError, Untrusted
from runner.model.code.known_inputs import moved
from runner.model.preview.heads import Conflict, PullHeads
from runner.model.preview.landing import changes_digest
from runner.model.preview.outlook import outlook
from runner.model.preview.pull_request import Hold, PreviewedStack, PullRequest, PullState
from runner.model.settings.source import Previews, SourceSettings
from runner.model.stack.definition import Discovered
from runner.model.values.frozen import dataclass
from runner.model.values.paths import printable
from runner.ports.basics import Clock
from runner.ports.records.store import Store
from runner.service.discovery.discover import Discoverer, Discovery
from runner.service.preview.again import plan_after_applies
from runner.service.preview.record import record

NOTHING_LEFT = "the base has all of it"
LEAVES = "it would leave Git; its resources stay"
SHOWN_PATHS = 5


@dataclass(frozen=True)
class Looked:
    """The result of one look: how many requests moved, and why none could be asked for."""

    source: str
    moved: int = 0
    problem: str | None = None


@dataclass(frozen=True)
class Read:
    """A request with the stacks that its merge would declare and that it touches."""

    pull: PullRequest
    stacks: tuple[Discovered, ...] = ()


@dataclass(frozen=True)
class Previewer:
    """`discoverer` is one of its own: what it remembers is of pull requests."""

    store: Store
    discoverer: Discoverer
    clock: Clock

    def look(self, source: SourceSettings, heads: PullHeads | None = None) -> Looked:
        """After a poll, with the `heads` that it found: the base is the revision that was taken in.

        Without them it asks again. A failure is told, and never raised.
        """
        if source.previews is None:
            return Looked(source.name)
        try:
            return self._look(source, source.previews, heads)
        except DriftlineError as error:
            return Looked(source.name, problem=error.message)

    def _look(self, source: SourceSettings, previews: Previews, heads: PullHeads | None) -> Looked:
        plan_after_applies(self.store, source.name)
        with self.store.reading() as reader:
            base, known = reader.source(source.name).head, reader.pull_requests(source.name)
        if base is None:
            return Looked(source.name)
        git = self.discoverer.git
        heads = heads or git.pull_heads(source, previews.refs, source.branch)
        now = self.clock.now()
        found = outlook(
            source.name,
            heads.heads,
            known,
            base=base,
            judged_with=self.discoverer.settings_digest(source),
            forks=previews.forks,
            most=previews.max,
            now=now,
        )
        read = [Read(self._ended(source, one, base)) for one in found.ended]
        read += [Read(one) for one in found.held]
        read += [self._examined(source, one, base) for one in found.examined]
        for one in read:
            record(self.store, one.pull, one.stacks)
        if found.ended:
            ended = {one.number for one in found.ended}
            git.drop_pulls(source, frozenset(head.number for head in heads.heads) - ended)
        return Looked(source.name, len(read))

    def _ended(self, source: SourceSettings, pull: PullRequest, base: str) -> PullRequest:
        """Most servers delete the branch with the merge: whether that is why it is gone. In doubt it was closed."""
        with suppress(DriftlineError):
            if pull.merged is not None and self._has_all(source, pull, base):
                return pull.ended(PullState.MERGED, NOTHING_LEFT, self.clock.now())
        return pull

    def _has_all(self, source: SourceSettings, pull: PullRequest, base: str) -> bool:
        """Whether nothing is left to merge, also after a squash or a rebase."""
        git = self.discoverer.git
        if git.is_ancestor(source, pull.head, base):
            return True
        merge = git.merge(source, pull.number, base, pull.head)
        return not isinstance(merge, Conflict) and merge.tree == git.tree_id(source, base)

    def _examined(self, source: SourceSettings, pull: PullRequest, base: str) -> Read:
        """Merged and compared with its base. What cannot be is held, with the reason."""
        pull = replace(pull, base=base, judged_with=self.discoverer.settings_digest(source))
        now = self.clock.now()
        try:
            return self._merged(source, pull, base)
        except Untrusted as error:
            return Read(pull.held(Hold.UNTRUSTED, error.message, now))
        except DriftlineError as error:
            return Read(pull.held(Hold.FAILED, error.message, now))
        # Whoever opens a pull request chooses the input of our parsers: a bug in one must not stop the others.
        except Exception as error:  # noqa: BLE001 - any bug
            return Read(pull.held(Hold.FAILED, printable(f"{type(error).__name__}: {error}"[:200]), now))

    def _merged(self, source: SourceSettings, pull: PullRequest, base: str) -> Read:
        git, now = self.discoverer.git, self.clock.now()
        git.fetch_pull(source, pull.as_head)
        if git.is_ancestor(source, pull.head, base):
            return Read(pull.ended(PullState.MERGED, NOTHING_LEFT, now))
        git.verify(source, base, pull.head)
        merge = git.merge(source, pull.number, base, pull.head)
        if isinstance(merge, Conflict):
            return Read(pull.held(Hold.CONFLICT, _conflict(merge), now))
        if merge.tree == git.tree_id(source, base):
            return Read(pull.ended(PullState.MERGED, NOTHING_LEFT, now))
        changes = [change for step in git.steps(source, base, merge.revision) for change in step.changes]
        with self.store.reading() as reader:
            others, answers = reader.stacks(left=True), reader.successions()
        before = self.discoverer.discover(source, base, others=others, answers=answers)
        after = self.discoverer.discover(source, merge.revision, others=others, answers=answers)
        most = source.previews.max_stacks if source.previews is not None else 0
        all_touched = sorted(_touched(before, after), key=lambda one: one.definition.name)
        others_told = [*_broken(before, after), *_leaving(before, after)]
        touched, told = tuple(all_touched[:most]), others_told[:most]
        stacks = (*map(_planned, touched), *told)
        return Read(
            replace(
                pull,
                merged=merge.revision,
                changes=changes_digest(changes),
                hold=None,
                reason="",
                changed_at=now,
                problems=tuple(sorted({*map(str, after.problems)} - {*map(str, before.problems)})),
                stacks=tuple(sorted(stacks, key=lambda one: one.stack)),
                unplanned=len(all_touched) + len(others_told) - len(stacks),
                failures=0,
            ),
            touched,
        )


def _touched(before: Discovery, after: Discovery) -> Iterable[Discovered]:
    """The stacks that would be planned after the merge: new ones, and those whose inputs it changes."""
    known = {stack.definition.name: stack for stack in before.stacks}
    for stack in after.stacks:
        old = known.get(stack.definition.name)
        if old is None or moved(old.inputs, stack.inputs):
            yield stack


def _planned(stack: Discovered) -> PreviewedStack:
    return PreviewedStack(stack.definition.name, stack.inputs, stack.definition.digest)


def _broken(before: Discovery, after: Discovery) -> Iterable[PreviewedStack]:
    """Stacks that it would break."""
    known = {str(one) for one in before.problems}
    first = {
        one.stack: str(one)
        for one in reversed(after.problems)
        if one.stack is not None and str(one) not in known
    }
    return (PreviewedStack(name, problem=problem) for name, problem in first.items())


def _leaving(before: Discovery, after: Discovery) -> Iterable[PreviewedStack]:
    kept = {stack.definition.name for stack in after.stacks} | {one.stack for one in after.problems}
    kept |= {*after.takes.values()}
    gone = (stack.definition.name for stack in before.stacks if stack.definition.name not in kept)
    return (PreviewedStack(name, problem=LEAVES) for name in gone)


def _conflict(merge: Conflict) -> str:
    if not merge.paths:
        return "it has no common history with its base"
    more = len(merge.paths) - SHOWN_PATHS
    listed = ", ".join(merge.paths[:SHOWN_PATHS]) + (f" and {more} more" if more > 0 else "")
    return f"it conflicts with its base in {listed}"
