"""Look at one source: ask for its head, and take in what moved."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime

from runner.errors import BranchMissing, DriftlineError
from runner.model.approval import Commit
from runner.model.run import WAITING, Event, Kind, Run
from runner.model.settings import Settings, SourceSettings
from runner.model.source import SourceStatus
from runner.model.stack import Discovered, Stack, Sync
from runner.ports import Clock, Git, Modules, StackFiles, Store, Writer
from runner.service.cron import next_check
from runner.service.discover import Discovery, discover, settings_digest
from runner.service.enqueue import DAEMON


@dataclass(frozen=True)
class Polled:
    """What one poll did. `moved` is False where the head stood still."""

    source: str
    revision: str | None
    moved: bool
    stacks: int = 0
    problems: tuple[str, ...] = ()
    problem: str | None = None
    rewritten_from: str | None = None


@dataclass(frozen=True)
class Poller:
    store: Store
    git: Git
    stack_files: StackFiles
    modules: Modules
    settings: Settings
    clock: Clock

    def poll(self, source: SourceSettings, *, by: str = DAEMON) -> Polled:
        """One `ls-remote`; a fetch and a discovery only when the head or the settings moved.

        A source that fails is recorded and shown, and never raised: it must not delay another one.
        """
        with self.store.reading() as reader:
            status = reader.source(source.name)
        try:
            head = self.git.head(source)
            if head == status.head and status.discovered_with == settings_digest(self.settings, source):
                return self._unmoved(status, head)
            return self._take(source, status, head, by)
        except DriftlineError as error:
            return self._failed(source, status, error)

    def _unmoved(self, status: SourceStatus, head: str) -> Polled:
        """Nothing to record, unless the source has come back."""
        if status.problem is not None:
            with self.store.writing() as writer:
                writer.save_source(replace(status, polled_at=self.clock.now(), problem=None, failures=0))
        return Polled(status.name, head, moved=False, problems=status.problems)

    def _failed(self, source: SourceSettings, status: SourceStatus, error: DriftlineError) -> Polled:
        status = replace(
            status, polled_at=self.clock.now(), problem=error.message, failures=status.failures + 1
        )
        with self.store.writing() as writer:
            if isinstance(error, BranchMissing):
                _mark_missing(writer, _present(writer.stacks(), source.name))
                # When the branch comes back, even at the same revision, its stacks are to be found again.
                status = replace(status, discovered_with=None)
            writer.save_source(status)
        return Polled(source.name, status.head, moved=False, problem=error.message)

    def _take(self, source: SourceSettings, status: SourceStatus, head: str, by: str) -> Polled:
        self.git.fetch(source, head)
        rewritten = (
            status.head
            if status.head and head != status.head and not self.git.is_ancestor(source, status.head, head)
            else None
        )
        commit = self.git.commit(source, head)
        with self.store.reading() as reader:
            known = reader.stacks()
        found = discover(
            self.git,
            self.stack_files,
            self.modules,
            self.settings,
            source,
            head,
            others=known,
        )
        now = self.clock.now()
        with self.store.writing() as writer:
            self._record(writer, source, found, commit, now, by)
            if rewritten:
                writer.audit_note(by, "source.rewritten", source.name, {"from": rewritten, "to": head})
            writer.save_source(
                SourceStatus(
                    name=source.name,
                    head=head,
                    polled_at=now,
                    moved_at=now if head != status.head else status.moved_at,
                    discovered_with=settings_digest(self.settings, source),
                    rewritten_from=rewritten or status.rewritten_from,
                    rewritten_at=now if rewritten else status.rewritten_at,
                    problems=tuple(str(problem) for problem in found.problems),
                )
            )
        return Polled(
            source.name,
            head,
            moved=True,
            stacks=len(found.stacks),
            rewritten_from=rewritten,
            problems=tuple(str(problem) for problem in found.problems),
        )

    def _record(
        self, writer: Writer, source: SourceSettings, found: Discovery, commit: Commit, now: datetime, by: str
    ) -> None:
        before = {stack.name: stack for stack in writer.stacks() if stack.source == source.name}
        broken = {problem.stack: str(problem) for problem in found.problems if problem.stack is not None}
        writer.save_commit(source.name, commit)
        kept = {stack.definition.name for stack in found.stacks} | broken.keys()
        _mark_missing(writer, [old for old in _present(before.values(), source.name) if old.name not in kept])
        for stack in found.stacks:
            old = before.get(stack.definition.name)
            if old is None or _moved(old, stack):
                writer.save_discovered(stack)
            if old is not None and old.inputs != stack.inputs:
                supersede_waiting(
                    writer, old.name, by=by, reason=f"{source.name} moved to {stack.revision[:12]}"
                )
            if old is None or old.definition.drift.schedule != stack.definition.drift.schedule:
                fresh = writer.stack(stack.definition.name)
                writer.schedule_check(fresh.name, next_check(fresh, self.settings.drift, now))
        for name, problem in broken.items():
            if name in before:
                writer.mark_problem(name, problem)


def _moved(old: Stack, new: Discovered) -> bool:
    return (
        old.inputs != new.inputs
        or old.definition != new.definition
        or old.problem is not None
        or old.missing_since is not None
        # What is applied keeps the revision that was; what is not follows the head, which may have mended the cause.
        or (old.revision != new.revision and old.sync is not Sync.SYNCED)
    )


def _present(stacks: Iterable[Stack], source: str) -> list[Stack]:
    return [stack for stack in stacks if stack.source == source and stack.missing_since is None]


def _mark_missing(writer: Writer, gone: Iterable[Stack]) -> None:
    """A stack that left Git is kept and shown as such: absence never leads to a destroy."""
    for stack in gone:
        writer.mark_missing(stack.name)
        supersede_waiting(writer, stack.name, by=DAEMON, reason="the stack is no longer in Git")


def retire_sources(store: Store, settings: Settings) -> None:
    """Stacks of a source that the operator no longer names are shown as missing, like any other that disappeared."""
    named = {source.name for source in settings.sources}
    with store.reading() as reader:
        gone = {stack.source for stack in reader.stacks() if stack.missing_since is None} - named
    if gone:
        with store.writing() as writer:
            for source in sorted(gone):
                _mark_missing(writer, _present(writer.stacks(), source))
                writer.save_source(replace(writer.source(source), discovered_with=None))


def supersede_waiting(
    writer: Writer, stack: str, *, by: str, reason: str, successor: int | None = None
) -> list[Run]:
    """Supersede the change runs of a stack that wait; the ones that a process executes look for themselves."""
    return [
        writer.transition(run, Event.SUPERSEDE, by=by, reason=reason, superseded_by=successor)
        for run in writer.open_runs(stack)
        if run.kind is Kind.CHANGE and run.state in WAITING and run.claim is None
    ]
