"""Poll one source: ask for its head, and take in what changed."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime

from runner import failpoint
from runner.errors import BranchMissing, DriftlineError, NoRoom, SourceNotTaken, Untrusted
from runner.host.uncollected import uncollected
from runner.model.approval.approval import Commit
from runner.model.audit.actor import DAEMON
from runner.model.code.known_inputs import moved as inputs_moved
from runner.model.code.succession import alike
from runner.model.code.succession import question as asked_of
from runner.model.run.life import WAITING, Event, Kind, Run
from runner.model.schedule.poll_due import poll_due
from runner.model.settings.server import Settings
from runner.model.settings.source import SourceSettings
from runner.model.stack.definition import Discovered, Stack, Sync
from runner.model.stack.source import Signature, SourceStatus
from runner.model.values.codec import to_plain
from runner.model.values.paths import printable
from runner.ports.basics import Clock, Disk
from runner.ports.files import Modules, StackFiles
from runner.ports.git import Git
from runner.ports.records.joined import StackRunWriter
from runner.ports.records.runs import RunWriter
from runner.ports.records.store import Store, Writer
from runner.service.approval.declare import declare
from runner.service.cycle.succession import put_off, take_over
from runner.service.discovery.discover import Discovery, discover, settings_digest
from runner.service.queue.next_check import next_check

TRIES = 3  # attempts to take in a source while other sources change
MAX_PROBLEM = 200  # characters of an unexpected error


class _OutrunError(Exception):
    """another source changed since this one was judged"""


@dataclass(frozen=True)
class Polled:
    """The result of one poll. `moved` is False if the head is unchanged."""

    source: str
    revision: str | None
    moved: bool
    stacks: int = 0
    problems: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()  # for information only
    problem: str | None = None
    rewritten_from: str | None = None
    refused: str | None = None  # the head that was rejected as untrusted


@dataclass(frozen=True)
class Poller:
    store: Store
    git: Git
    stack_files: StackFiles
    modules: Modules
    settings: Settings
    clock: Clock
    disk: Disk

    def poll_if_due(self, source: SourceSettings) -> Polled:
        """Poll at one of its regular times: a source that keeps failing is polled less often."""
        with self.store.reading() as reader:
            status = reader.source(source.name)
        if poll_due(status, float(source.poll), self.clock.now()):
            return self.poll(source)
        return Polled(source.name, status.head, moved=False, problem=status.problem)

    def poll(self, source: SourceSettings, *, by: str = DAEMON, again: bool = False) -> Polled:
        """One `ls-remote`; a fetch and a discovery only if the head or the settings changed, or `again` forces it.

        A failure is recorded and shown, and never raised: it must not delay another source.
        """
        with self.store.reading() as reader:
            status = reader.source(source.name)
        try:
            head = self.git.head(source)
            known = status.discovered_with == settings_digest(self.settings, source)
            if head == status.head and known and not again:
                return self._unmoved(status, head)
            return self._take(source, status, head, by)
        except Untrusted as error:
            return self._refused(source, error, by)
        except DriftlineError as error:
            return self._failed(source, status, error)
        # A source determines the input of its parser: a silent failure would stop all its stacks unnoticed.
        except Exception as error:  # noqa: BLE001 - any bug
            _log_bug(source.name)
            problem = printable(f"{type(error).__name__}: {error}"[:MAX_PROBLEM])
            return self._failed(source, status, SourceNotTaken(source=source.name, problem=problem))

    def _unmoved(self, status: SourceStatus, head: str) -> Polled:
        """Nothing to record, unless the source has recovered."""
        if status.problem is not None:
            back = replace(status, polled_at=self.clock.now(), problem=None, failures=0, refused=None)
            with self.store.writing() as writer:
                writer.save_source(back)
        return Polled(status.name, head, moved=False, problems=status.problems, notes=status.notes)

    def _refused(self, source: SourceSettings, error: Untrusted, by: str) -> Polled:
        """The known state stays. A head that is rejected repeatedly is recorded once."""
        head = error.facts["head"]
        with self.store.reading() as reader:
            status = reader.source(source.name)
        if (status.refused, status.problem) != (head, error.message):
            with self.store.writing() as writer:
                status = writer.source(source.name)
                if status.refused != head:
                    detail = {
                        "head": head,
                        "revision": error.facts["revision"],
                        "reason": error.facts["reason"],
                    }
                    writer.audit_note(by, "source.refused", source.name, detail)
                now = self.clock.now()
                writer.save_source(
                    replace(status, polled_at=now, problem=error.message, failures=0, refused=head)
                )
        return Polled(source.name, status.head, moved=False, problem=error.message, refused=head)

    def _failed(self, source: SourceSettings, status: SourceStatus, error: DriftlineError) -> Polled:
        # Without disk space the remote is not to blame: it is polled again at the usual interval.
        failures = 1 if isinstance(error, NoRoom) else status.failures + 1
        problem = "; ".join(filter(None, (error.message, self._advice(source, error))))
        status = replace(status, polled_at=self.clock.now(), problem=problem, failures=failures)
        with self.store.writing() as writer:
            if isinstance(error, BranchMissing):
                _mark_missing(writer, _present(writer.stacks(), source.name))
                # If the branch returns, even at the same revision, its stacks have to be discovered again.
                status = replace(status, discovered_with=None)
                _judge_others(writer, source.name)
            writer.save_source(status)
        return Polled(source.name, status.head, moved=False, problem=problem)

    def _advice(self, source: SourceSettings, error: DriftlineError) -> str:
        """What to do about it, naming the setting as configuration problems do."""
        advice, setting = error.facts.get("advice"), error.facts.get("setting")
        number = next((n for n, one in enumerate(self.settings.sources) if one.name == source.name), None)
        if not advice or number is None:
            return ""
        return str(advice).format(setting=f"sources[{number}].{setting}")

    def _take(self, source: SourceSettings, status: SourceStatus, head: str, by: str) -> Polled:
        """Judged again if another source changed meanwhile: a stack that came here may have left there."""
        for _ in range(TRIES - 1):
            try:
                return self._take_once(source, status, head, by)
            except _OutrunError:
                continue
        return self._take_once(source, status, head, by, last=True)

    @uncollected()
    def _take_once(
        self, source: SourceSettings, status: SourceStatus, head: str, by: str, *, last: bool = False
    ) -> Polled:
        if problem := self.disk.shortage():
            raise NoRoom(problem=problem)
        self.git.fetch(source, head)
        failpoint.reach("fetch.after")
        # Before anything of it is read: only the mirror has it so far.
        signatures = self.git.verify(source, status.head, head)
        rewritten = (
            status.head
            if status.head and head != status.head and not self.git.is_ancestor(source, status.head, head)
            else None
        )
        commit = signed(self.git.commit(source, head), signatures)
        with self.store.reading() as reader:
            known, answers = reader.stacks(left=True), reader.successions()
        found = discover(
            self.git,
            self.stack_files,
            self.modules,
            self.settings,
            source,
            head,
            others=known,
            answers=answers,
        )
        now = self.clock.now()
        with self.store.writing() as writer:
            if not last and _of_others(writer.stacks(left=True), source.name) != _of_others(
                known, source.name
            ):
                raise _OutrunError
            found = put_off(writer, found)
            self._record(writer, source, found, commit, now, by)
            if signatures:
                writer.audit_note(by, "source.verified", source.name, _proof(status.head, head, signatures))
                writer.save_signers(source.name, {one.revision: one.signer for one in signatures})
            if rewritten:
                writer.audit_note(by, "source.rewritten", source.name, {"from": rewritten, "to": head})
                writer.save_rewritten(source.name, rewritten)
            writer.save_source(
                SourceStatus(
                    name=source.name,
                    head=head,
                    polled_at=now,
                    moved_at=now if head != status.head else status.moved_at,
                    discovered_with=settings_digest(self.settings, source) if found.complete else None,
                    rewritten_from=rewritten or status.rewritten_from,
                    rewritten_at=now if rewritten else status.rewritten_at,
                    problems=tuple(str(problem) for problem in found.problems),
                    notes=tuple(map(str, found.notes)),
                    newcomers=_newcomers(found, [stack for stack in known if stack.left is None]),
                )
            )
            failpoint.reach("poll.before_commit")
        return Polled(
            source.name,
            head,
            moved=head != status.head,
            stacks=len(found.stacks),
            rewritten_from=rewritten,
            problems=tuple(str(problem) for problem in found.problems),
            notes=tuple(map(str, found.notes)),
        )

    def _record(
        self, writer: Writer, source: SourceSettings, found: Discovery, commit: Commit, now: datetime, by: str
    ) -> None:
        before = {stack.name: stack for stack in writer.stacks() if stack.source == source.name}
        broken = {problem.stack: str(problem) for problem in found.problems if problem.stack is not None}
        writer.save_commit(source.name, commit)
        kept = {stack.definition.name for stack in found.stacks} | broken.keys()
        gone = [old for old in _present(before.values(), source.name) if old.name not in kept]
        _mark_missing(writer, gone)
        if gone or any(_is_new(before.get(stack.definition.name), stack) for stack in found.stacks):
            _judge_others(writer, source.name, [old for old in gone if old.name not in found.takes.values()])
        for stack in found.stacks:
            name = stack.definition.name
            if name in found.takes:
                take_over(writer, found.takes[name], stack, now, by=by)
            self._take_in(writer, before.get(name), stack, now, by)
        for name, problem in broken.items():
            if name in before:
                writer.mark_problem(name, problem)
            if name in found.asked:
                supersede_waiting(writer, name, by=by, reason="a person has to say whether it is a new stack")

    def _take_in(self, writer: Writer, old: Stack | None, stack: Discovered, now: datetime, by: str) -> None:
        """Take in one stack's current declaration; `old` is its previous record."""
        name = stack.definition.name
        if old is None or _moved(old, stack):
            writer.save_discovered(stack)
            declare(writer, stack)
        if old is None or old.definition.drift.schedule != stack.definition.drift.schedule:
            writer.schedule_check(name, next_check(writer.stack(name), self.settings.drift, now))
        if old is None:
            return
        if old.inputs == stack.inputs_as_watched != stack.inputs:
            writer.rename_inputs(name, old.inputs, stack.inputs)
        if inputs_moved(old.inputs, stack.inputs):
            supersede_waiting(writer, name, by=by, reason=f"{stack.source} moved to {stack.revision[:12]}")
        if old.definition.drift.ignore != stack.definition.drift.ignore:
            _judge_again(writer, old, stack, now)


def _of_others(stacks: Iterable[Stack], source: str) -> frozenset[tuple[object, ...]]:
    """The facts of other sources that the stacks of a source are judged by."""
    return frozenset(
        (stack.name, stack.source, stack.missing_since, stack.identity, stack.pinned_identity, stack.left)
        for stack in stacks
        if stack.source != source
    )


def _newcomers(found: Discovery, known: Iterable[Stack]) -> tuple[tuple[str, str], ...]:
    """Stacks that are new and not sound: nothing else is stored of them, so they are shown by their first problem."""
    problems = {
        problem.stack: str(problem) for problem in reversed(found.problems) if problem.stack is not None
    }
    names = (
        problems.keys() - {stack.name for stack in known} - {stack.definition.name for stack in found.stacks}
    )
    return tuple((name, problems[name]) for name in sorted(names))


def _log_bug(source: str) -> None:
    import structlog

    structlog.get_logger().exception("source.bug", source=source)


def signed(commit: Commit, signatures: Iterable[Signature]) -> Commit:
    """The commit with its signer, if that was verified."""
    by = next((one.signer for one in signatures if one.revision == commit.revision), "")
    return replace(commit, signed_by=by)


def _proof(old: str | None, new: str, signatures: tuple[Signature, ...]) -> dict[str, object]:
    signers = dict.fromkeys(f"{one.signer}, {one.key}" for one in signatures)
    return {"from": old, "to": new, "commits": len(signatures), "signed_by": list(signers)}


def _moved(old: Stack, new: Discovered) -> bool:
    return (
        old.inputs != new.inputs
        or old.unknown_inputs != new.unknown_inputs
        or old.definition != new.definition
        or old.problem is not None
        or old.missing_since is not None
        or (old.home, old.content) != (new.home, new.content)
        # An applied stack keeps its revision; any other follows the head, which may have fixed the cause.
        or (old.revision != new.revision and old.sync is not Sync.SYNCED)
    )


def _judge_again(writer: Writer, old: Stack, new: Discovered, now: datetime) -> None:
    """Other drift counts from now on. Nobody approves that, so the audit log records who wrote it, and a
    check shows it.
    """
    rules = {"from": old.definition.drift.ignore, "to": new.definition.drift.ignore}
    detail = {name: [to_plain(rule) for rule in said] for name, said in rules.items()}
    writer.audit_note(DAEMON, "stack.drift_rules", old.name, {"revision": new.revision, **detail})
    if old.applied_revision is not None:
        writer.schedule_check(old.name, now)


def _is_new(old: Stack | None, new: Discovered) -> bool:
    """Whether its name or its state is new to the other sources."""
    return old is None or old.missing_since is not None or old.identity != new.identity


def _judge_others(writer: Writer, source: str, gone: Iterable[Stack] = ()) -> None:
    """Let sources whose stacks this source may have blocked be judged again at their next poll.

    A state that was left behind may belong to a stack that came to them earlier.
    """
    left = [stack for stack in gone if stack.managed_state and stack.pinned_identity]
    for new, old in alike(left, [stack for stack in writer.stacks() if stack.source != source]):
        # At once: before that poll it could be planned, and perhaps even applied.
        writer.mark_problem(new.name, f'stack "{new.name}": {asked_of(old.name, new.name)}')
        supersede_waiting(writer, new.name, by=DAEMON, reason="a person has to say whether it is a new stack")
    for other in writer.sources():
        if other.name != source and (other.problems or left):
            writer.save_source(replace(other, discovered_with=None))


def _present(stacks: Iterable[Stack], source: str) -> list[Stack]:
    return [stack for stack in stacks if stack.source == source and stack.missing_since is None]


def _mark_missing(writer: StackRunWriter, gone: Iterable[Stack]) -> None:
    """A stack that left Git is kept and shown as missing: absence never leads to a destroy."""
    for stack in gone:
        writer.mark_missing(stack.name)
        supersede_waiting(writer, stack.name, by=DAEMON, reason="the stack is no longer in Git")


def retire_sources(store: Store, settings: Settings) -> None:
    """Stacks of a source that was removed from the configuration are shown as missing, like any other."""
    named = {source.name for source in settings.sources}
    with store.reading() as reader:
        gone = {stack.source for stack in reader.stacks() if stack.missing_since is None} - named
    if gone:
        with store.writing() as writer:
            for source in sorted(gone):
                _mark_missing(writer, _present(writer.stacks(), source))
                writer.save_source(replace(writer.source(source), discovered_with=None))
                _judge_others(writer, source)


def supersede_waiting(
    writer: RunWriter, stack: str, *, by: str, reason: str, successor: int | None = None
) -> list[Run]:
    """Supersede the waiting change runs of a stack; executing ones check for themselves."""
    return [
        writer.transition(run, Event.SUPERSEDE, by=by, reason=reason, superseded_by=successor)
        for run in writer.open_runs(stack)
        if run.kind is Kind.CHANGE and run.state in WAITING and run.claim is None
    ]
