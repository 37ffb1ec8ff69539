"""Poll one source: ask for its head, and take in what changed."""

from collections.abc import Iterable
from dataclasses import replace

from runner import failpoint
from runner.errors import BranchMissing, DriftlineError, GitFailed, NoRoom, SourceNotTaken, Untrusted
from runner.host.log import log
from runner.host.uncollected import uncollected
from runner.model.approval.approval import Commit
from runner.model.approval.signature import Signature, proof, signed
from runner.model.audit.actor import DAEMON
from runner.model.preview.heads import PullHeads
from runner.model.schedule.poll_due import poll_due
from runner.model.schedule.polling import MOST
from runner.model.settings.source import AUTO, SourceSettings
from runner.model.stack.definition import Stack
from runner.model.stack.source import SourceStatus
from runner.model.values.frozen import dataclass
from runner.model.values.paths import printable
from runner.ports.basics import Clock, Disk
from runner.ports.records.store import Store, Writer
from runner.service.cycle.left_git import judge_others, mark_missing, present
from runner.service.cycle.succession import put_off
from runner.service.cycle.take_in import take_in
from runner.service.discovery.discover import Discoverer, Discovery

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
    untaken: str | None = None  # a newer head that could not be fetched or read
    pulls: PullHeads | None = None  # from the same answer, for a look at pull requests


@dataclass(frozen=True)
class _Read:
    """What one revision declares, and what that was judged by. Nothing of it is recorded yet."""

    revision: str
    commit: Commit
    signatures: tuple[Signature, ...]
    rewritten: str | None  # the head that a force-push took away
    known: tuple[Stack, ...]
    found: Discovery


@dataclass(frozen=True)
class Poller:
    """Asks sources for their heads, and takes in what moved."""

    store: Store
    discoverer: Discoverer
    clock: Clock
    disk: Disk

    def poll_if_due(self, source: SourceSettings) -> Polled:
        """Poll at one of its regular times: a source that keeps failing is polled less often."""
        with self.store.reading() as reader:
            status = reader.source(source.name)
        every = MOST if source.poll == AUTO else float(source.poll)
        if poll_due(status, every, self.clock.now()):
            return self.poll(source)
        return Polled(source.name, status.head, moved=False, problem=status.problem)

    def poll(self, source: SourceSettings, *, by: str = DAEMON, again: bool = False) -> Polled:
        """One `ls-remote`; a fetch and a discovery only if the head or the settings changed, or `again` forces it.

        A failure is recorded and shown, and never raised: it must not delay another source.
        """
        with self.store.reading() as reader:
            status = reader.source(source.name)
        head = status.head
        try:
            head, pulls = self._ask(source)
            known = status.discovered_with == self.discoverer.settings_digest(source)
            if head == status.head and known and not again:
                return replace(self._unmoved(status, head), pulls=pulls)
            return replace(self._take(source, status, head, by), pulls=pulls)
        except Untrusted as error:
            return self._refused(source, error, by)
        except DriftlineError as error:
            return self._failed(source, status, error, head)
        # A source determines the input of its parser: a silent failure would stop all its stacks unnoticed.
        except Exception as error:
            log.exception("source.bug", source=source.name)
            problem = printable(f"{type(error).__name__}: {error}"[:MAX_PROBLEM])
            return self._failed(source, status, SourceNotTaken(source=source.name, problem=problem), head)

    def _ask(self, source: SourceSettings) -> tuple[str, PullHeads | None]:
        """For a source with previews the answer names its pull requests too. Too many of them must not stop the branch."""
        git = self.discoverer.git
        if source.previews is None:
            return git.head(source), None
        try:
            pulls = git.pull_heads(source, source.previews.refs, source.branch)
        except BranchMissing:
            raise
        except GitFailed:
            return git.head(source), None
        return pulls.base, pulls

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

    def _failed(
        self, source: SourceSettings, status: SourceStatus, error: DriftlineError, head: str | None
    ) -> Polled:
        # Without disk space the remote is not to blame: it is polled again at the usual interval.
        failures = 1 if isinstance(error, NoRoom) else status.failures + 1
        problem = "; ".join(filter(None, (error.message, self._advice(source, error))))
        status = replace(status, polled_at=self.clock.now(), problem=problem, failures=failures)
        with self.store.writing() as writer:
            if isinstance(error, BranchMissing):
                mark_missing(writer, present(writer.stacks(), source.name))
                # If the branch returns, even at the same revision, its stacks have to be discovered again.
                status = replace(status, discovered_with=None)
                judge_others(writer, source.name)
            writer.save_source(status)
        untaken = head if head != status.head else None
        return Polled(source.name, status.head, moved=False, problem=problem, untaken=untaken)

    def _advice(self, source: SourceSettings, error: DriftlineError) -> str:
        """What to do about it, naming the setting as configuration problems do."""
        advice, setting = error.facts.get("advice"), error.facts.get("setting")
        number = next(
            (n for n, one in enumerate(self.discoverer.settings.sources) if one.name == source.name), None
        )
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
        read = self._read(source, status, head)
        with self.store.writing() as writer:
            others = _of_others(writer.stacks(left=True), source.name)
            if not last and others != _of_others(read.known, source.name):
                raise _OutrunError
            found = put_off(writer, read.found)
            self._record(writer, source, status, replace(read, found=found), by)
            failpoint.reach("poll.before_commit")
        return Polled(
            source.name,
            head,
            moved=head != status.head,
            stacks=len(found.stacks),
            rewritten_from=read.rewritten,
            problems=tuple(map(str, found.problems)),
            notes=tuple(map(str, found.notes)),
        )

    def _read(self, source: SourceSettings, status: SourceStatus, head: str) -> _Read:
        if problem := self.disk.shortage():
            raise NoRoom(problem=problem)
        git, old = self.discoverer.git, status.head
        git.fetch(source, head)
        failpoint.reach("fetch.after")
        # Before anything of it is read: only the mirror has it so far.
        signatures = git.verify(source, old, head)
        rewritten = old if old and head != old and not git.is_ancestor(source, old, head) else None
        commit = signed(git.commit(source, head), signatures)
        with self.store.reading() as reader:
            known, answers = reader.stacks(left=True), reader.successions()
        found = self.discoverer.discover(source, head, others=known, answers=answers)
        return _Read(head, commit, signatures, rewritten, tuple(known), found)

    def _record(
        self, writer: Writer, source: SourceSettings, status: SourceStatus, read: _Read, by: str
    ) -> None:
        name, head, found, now = source.name, read.revision, read.found, self.clock.now()
        writer.save_commit(name, read.commit)
        moved = take_in(writer, name, found, drift=self.discoverer.settings.drift, now=now, by=by)
        writer.take_head(name, head, moved, rewritten=read.rewritten is not None)
        if read.signatures:
            writer.audit_note(by, "source.verified", name, proof(status.head, head, read.signatures))
            writer.save_signers(name, {one.revision: one.signer for one in read.signatures})
        if read.rewritten:
            writer.audit_note(by, "source.rewritten", name, {"from": read.rewritten, "to": head})
            writer.save_rewritten(name, read.rewritten)
        writer.save_source(
            SourceStatus(
                name=name,
                head=head,
                polled_at=now,
                moved_at=now if head != status.head else status.moved_at,
                discovered_with=self.discoverer.settings_digest(source) if found.complete else None,
                rewritten_from=read.rewritten or status.rewritten_from,
                rewritten_at=now if read.rewritten else status.rewritten_at,
                problems=tuple(map(str, found.problems)),
                notes=tuple(map(str, found.notes)),
                newcomers=found.newcomers(stack.name for stack in read.known if stack.left is None),
            )
        )


def _of_others(stacks: Iterable[Stack], source: str) -> frozenset[tuple[object, ...]]:
    """The facts of other sources that the stacks of a source are judged by."""
    return frozenset(
        (stack.name, stack.source, stack.missing_since, stack.identity, stack.pinned_identity, stack.left)
        for stack in stacks
        if stack.source != source
    )
