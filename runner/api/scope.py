"""The records as far as a caller may see them: what they may not see is as if it had never been.

`Reader.unscoped()` is for facts about a stack that one sees, such as what it waits for; names in such facts are
veiled (`runner/api/veil.py`).
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime
from functools import cached_property
from typing import Any, TypeVar

from runner.errors import ReportNotFound, RunNotFound, StackNotFound
from runner.model.access.session import Session
from runner.model.access.token import Token
from runner.model.approval.approval import Approval, Commit, Review
from runner.model.approval.binding import Binding
from runner.model.approval.carried import Carried
from runner.model.approval.guardrails import SeenState
from runner.model.approval.terms import Declaration
from runner.model.audit.log import AuditEntry
from runner.model.changes.changes import ChangeSet, Diagnostic
from runner.model.cloud_events.queue import QueueState
from runner.model.cloud_events.touched import names_of
from runner.model.drift.report import DriftReport
from runner.model.events.feed import Cursor, DeadLetter, FeedEvent
from runner.model.events.text import stacks_of
from runner.model.execution.daemon_request import DaemonRequest
from runner.model.forge.planned import Answer
from runner.model.forge.request import RequestComment
from runner.model.inventory.coverage import Count, Gap
from runner.model.inventory.listing import CoveredDay, KeptResource, Listing, ResourceFilter
from runner.model.inventory.managed import ManagedObject
from runner.model.inventory.state_object import KnownState
from runner.model.outputs.known import KnownOutputs
from runner.model.plan.step import Step
from runner.model.preview.pull_request import PreviewOf, PullRequest, PullState
from runner.model.promotion.stage import StageRecord
from runner.model.run.evidence import Evidence
from runner.model.run.life import Kind, Run, State
from runner.model.schedule.sweep import Sweep
from runner.model.schedule.throttling import Throttle
from runner.model.stack.definition import Stack, StackDefinition
from runner.model.stack.lock import Lock
from runner.model.stack.source import SourceStatus
from runner.model.state.served import ServedLock, StateToken
from runner.model.state.version import KeptState, StateKey, StateVersion
from runner.model.suspects.event import TrailEvent
from runner.model.suspects.own import OwnRun
from runner.model.values.frozen import dataclass
from runner.model.warm.compared import Compared, HowPlanned
from runner.model.warm.probe import Distrust, ProbeRecord
from runner.model.work.lease import Drained, KnownWorker, Lease
from runner.model.work.offers import Offer
from runner.ports.records.runs import RunFilter
from runner.ports.records.store import Reader
from runner.ports.records.totals import Timed
from runner.ports.records.trends import AppliedPlan, EndedRuns, FailingStack, MovedReports

T = TypeVar("T")
PAGE = 200  # records that are read at a time, where some may be left out

# Methods whose answer says nothing of a stack that one may not see, and why.
HARMLESS: Mapping[str, str] = {
    "definition": "by a digest that only a record of the stack tells",
    "commit": "by a revision; whoever sees a stack of the source may know its commits",
    "rewritten": "revisions only",
    "signers": "people by revision",
    "distrusted": "checksums of providers",
    "compared": "checksums of providers and names of their types",
    "known_outputs": "keyed digests, and names of outputs only",
    "known_state": "lineage and serial",
    "outputs_used": "whether, and not by whom",
    "took": "durations by the number of a run",
    "events_head": "a number",
    "cursors": "positions of consumers",
    "cursor": "the position of a consumer",
    "waiting": "a number and a time",
    "daemon_request": "the operation shows people their own requests only",
    "knows_cloud_event": "whether, by an id of AWS",
    "audit_head": "a number and a hash",
    "audit_hash": "a hash",
    "audit_knows": "whether the installation was restored, and the like",
    "newest_time": "a time",
    "offer": "a number of a run, and the name of a pool",
    "offers": "numbers of runs, and names of pools",
    "workers": "names of workers and pools",
    "drained_pools": "names of pools",
}


@dataclass(frozen=True)
class ScopedReader:
    """Satisfies `Reader`; mypy finds the method that is missing here."""

    whole: Reader
    visible: Callable[[str], bool]

    def unscoped(self) -> Reader:
        return self.whole

    def sees(self, stack: str) -> bool:
        return self.visible(stack)

    def sees_source(self, source: str) -> bool:
        return source in self._sources

    @cached_property
    def _sources(self) -> frozenset[str]:
        return frozenset(stack.source for stack in self.stacks(left=True))

    def _only(self, found: Iterable[T], stack_of: Callable[[T], str]) -> list[T]:
        return [one for one in found if self.sees(stack_of(one))]

    # Stacks

    def stack(self, name: str) -> Stack:
        if not self.sees(name):
            raise StackNotFound(stack=name)
        return self.whole.stack(name)

    def stacks(self, *, left: bool = False) -> list[Stack]:
        return self._only(self.whole.stacks(left=left), lambda stack: stack.name)

    def successions(self) -> dict[str, str]:
        found = self.whole.successions()
        return {new: old for new, old in found.items() if self.sees(new) and self.sees(old)}

    # Runs

    def run(self, run_id: int) -> Run:
        run = self.whole.run(run_id)
        if not self.sees(run.stack):
            raise RunNotFound(run=f"run-{run_id}")
        return run

    def runs(self, where: RunFilter) -> list[Run]:
        found: list[Run] = []
        asked = replace(where, limit=max(where.limit, PAGE))
        while page := self.whole.runs(asked):
            found += self._only(page, lambda run: run.stack)
            if len(found) >= where.limit or len(page) < asked.limit:
                break
            asked = replace(asked, below=page[-1].id)
        return found[: where.limit]

    def last_runs(self, *, change_only: bool = False) -> dict[str, Run]:
        return self._keyed(self.whole.last_runs(change_only=change_only))

    def runs_partly_applied(self, stack: str) -> list[Run]:
        return self.whole.runs_partly_applied(stack) if self.sees(stack) else []

    def heals(self, stack: str, identity: str, since: datetime) -> list[Run]:
        return self._only(self.whole.heals(stack, identity, since), lambda run: run.stack)

    def open_runs(self, stack: str | None = None) -> list[Run]:
        return self._only(self.whole.open_runs(stack), lambda run: run.stack)

    def changes(self, run_id: int) -> ChangeSet | None:
        return self.whole.changes(self.run(run_id).id)

    def diagnostics(self, run_id: int) -> tuple[Diagnostic, ...]:
        return self.whole.diagnostics(self.run(run_id).id)

    def outputs(self, run_id: int) -> dict[str, Any] | None:
        return self.whole.outputs(self.run(run_id).id)

    def steps(self, run_id: int) -> tuple[Step, ...]:
        return self.whole.steps(self.run(run_id).id)

    def evidence(self, run_id: int) -> Evidence | None:
        return self.whole.evidence(self.run(run_id).id)

    # Locks

    def locks(self) -> list[Lock]:
        return self._only(self.whole.locks(), lambda lock: lock.stack)

    def placed_locks(self) -> list[Lock]:
        return self._only(self.whole.placed_locks(), lambda lock: lock.stack)

    def lock(self, stack: str) -> Lock | None:
        return self.whole.lock(stack) if self.sees(stack) else None

    # Reports

    def report(self, report_id: int) -> DriftReport:
        report = self.whole.report(report_id)
        if not self.sees(report.stack):
            raise ReportNotFound(report=f"dr-{report_id}")
        return self._without_others(report)

    def reports(self, *, stack: str | None = None, open_only: bool = True) -> list[DriftReport]:
        found = self._only(self.whole.reports(stack=stack, open_only=open_only), lambda report: report.stack)
        return list(map(self._without_others, found))

    def current_report(self, stack: str) -> DriftReport | None:
        found = self.whole.current_report(stack) if self.sees(stack) else None
        return None if found is None else self._without_others(found)

    def _without_others(self, report: DriftReport) -> DriftReport:
        """A run of another stack may have caused the drift: which one is told to those who see that stack."""
        known = report.suspicion
        if known is None or all(not one.stack or self.sees(one.stack) for one in known.suspects):
            return report
        suspects = tuple(one if self.sees(one.stack) else replace(one, stack="") for one in known.suspects)
        return replace(report, suspicion=replace(known, suspects=suspects))

    def report_to_explain(self, now: datetime, resolved_since: datetime) -> DriftReport | None:
        found = self.whole.report_to_explain(now, resolved_since)
        return found if found is not None and self.sees(found.stack) else None

    def clean_before(self, stack: str, at: datetime) -> datetime | None:
        return self.whole.clean_before(stack, at) if self.sees(stack) else None

    def applies_between(self, since: datetime, until: datetime) -> dict[str, OwnRun]:
        found = self.whole.applies_between(since, until)
        return {name: run for name, run in found.items() if self.sees(run.stack)}

    # Approvals and declarations

    def approvals(self, run_id: int) -> list[Approval]:
        return self.whole.approvals(self.run(run_id).id)

    def binding(self, run_id: int) -> Binding | None:
        return self.whole.binding(self.run(run_id).id)

    def seen_state(self, stack: str) -> SeenState | None:
        return self.whole.seen_state(stack) if self.sees(stack) else None

    def definition(self, digest: str) -> StackDefinition:
        return self.whole.definition(digest)

    def declarations(self, stack: str) -> list[tuple[Declaration, datetime]]:
        return self.whole.declarations(stack) if self.sees(stack) else []

    def former_dependencies(self) -> dict[str, tuple[str, ...]]:
        return self._keyed(self.whole.former_dependencies())

    def review(self, stack: str) -> Review | None:
        return self.whole.review(stack) if self.sees(stack) else None

    # Sources and commits

    def commit(self, source: str, revision: str) -> Commit | None:
        return self.whole.commit(source, revision)

    def rewritten(self, source: str, since: datetime | None) -> list[str]:
        return self.whole.rewritten(source, since)

    def signers(self, source: str, revisions: Iterable[str]) -> dict[str, str]:
        return self.whole.signers(source, revisions)

    def source(self, name: str) -> SourceStatus:
        return self._part(self.whole.source(name)) if self.sees_source(name) else SourceStatus(name)

    def sources(self) -> list[SourceStatus]:
        return [self._part(status) for status in self.whole.sources() if self.sees_source(status.name)]

    def wakes(self) -> frozenset[str]:
        return frozenset(filter(self.sees_source, self.whole.wakes()))

    def _part(self, of: SourceStatus) -> SourceStatus:
        """Problems name files of any stack, so that only whether there are some is told."""
        newcomers = tuple((name, problem) for name, problem in of.newcomers if self.sees(name))
        return replace(of, problems=(), notes=(), newcomers=newcomers)

    # Probes, promotions, outputs, load

    def probe(self, stack: str) -> ProbeRecord:
        return self.whole.probe(stack) if self.sees(stack) else ProbeRecord()

    def distrusted(self) -> frozenset[str]:
        return self.whole.distrusted()

    def compared(self) -> tuple[Compared, ...]:
        return self.whole.compared()

    def how_planned(self, run_id: int) -> HowPlanned | None:
        return self.whole.how_planned(self.run(run_id).id)

    def asks_for_full_plan(self, run_id: int) -> bool:
        return self.whole.asks_for_full_plan(self.run(run_id).id)

    def distrust_of(self) -> list[Distrust]:
        return self._only(self.whole.distrust_of(), lambda one: one.stack)

    def stage_records(self, names: Collection[str]) -> dict[str, StageRecord]:
        return self.whole.stage_records([name for name in names if self.sees(name)])

    def pull_requests(
        self, source: str | None = None, states: Collection[PullState] = ()
    ) -> list[PullRequest]:
        """Problems name files of any stack, as those of a source do."""
        found = (one for one in self.whole.pull_requests(source, states) if self.sees_source(one.source))
        return [self._of_pull(one) for one in found]

    def pull_request(self, source: str, number: int) -> PullRequest | None:
        found = self.whole.pull_request(source, number) if self.sees_source(source) else None
        return None if found is None else self._of_pull(found)

    def pull_request_of(self, run: int) -> PullRequest | None:
        found = self.whole.pull_request_of(self.run(run).id)
        return None if found is None else self._of_pull(found)

    def preview_of(self, run: int) -> PreviewOf | None:
        return self.whole.preview_of(self.run(run).id)

    def previews_before_applies(self, source: str) -> frozenset[int]:
        found = self.whole.previews_before_applies(source)
        return frozenset(one for one in found if self.sees(self.whole.run(one).stack))

    def reviewed_previews(self, run: Run) -> list[Run]:
        return self.whole.reviewed_previews(run) if self.sees(run.stack) else []

    def runs_with_reviews(self) -> list[Run]:
        return self._only(self.whole.runs_with_reviews(), lambda run: run.stack)

    def carried(self, run: int) -> Carried | None:
        return self.whole.carried(self.run(run).id)

    # What was read at forges

    def forge_since(self, source: str) -> datetime | None:
        return self.whole.forge_since(source) if self.sees_source(source) else None

    def read_at_forges(self) -> frozenset[str]:
        return frozenset(filter(self.sees_source, self.whole.read_at_forges()))

    def comment_taken(self, source: str, comment: RequestComment) -> bool:
        return self.sees_source(source) and self.whole.comment_taken(source, comment)

    def accounts_of(self, source: str, login: str) -> Collection[str]:
        return self.whole.accounts_of(source, login) if self.sees_source(source) else ()

    def answers(self, source: str, number: int) -> list[Answer]:
        return self.whole.answers(source, number) if self.sees_source(source) else []

    def _of_pull(self, of: PullRequest) -> PullRequest:
        return replace(of, problems=(), stacks=tuple(self._only(of.stacks, lambda one: one.stack)))

    def known_outputs(self, stacks: Collection[str] | None = None) -> dict[str, KnownOutputs]:
        return self.whole.known_outputs(stacks)

    # Managed states, by the folder that a stack keeps them in

    def state_versions(self, key: StateKey) -> list[StateVersion]:
        return self.whole.state_versions(key) if self._sees_state(key) else []

    def newest_state(self, key: StateKey) -> StateVersion | None:
        return self.whole.newest_state(key) if self._sees_state(key) else None

    def kept_states(self) -> list[KeptState]:
        return [one for one in self.whole.kept_states() if self._sees_state(one.key)]

    def state_file_equal(self, key: StateKey) -> str | None:
        return self.whole.state_file_equal(key) if self._sees_state(key) else None

    def served_lock(self, key: StateKey) -> ServedLock | None:
        return self.whole.served_lock(key) if self._sees_state(key) else None

    def served_locks(self) -> list[ServedLock]:
        return [one for one in self.whole.served_locks() if self._sees_state(one.key)]

    def state_tokens(self, run: int) -> list[StateToken]:  # noqa: ARG002 - of the protocol
        return []

    def _sees_state(self, key: StateKey) -> bool:
        return key in self._states

    @cached_property
    def _states(self) -> frozenset[StateKey]:
        return frozenset(map(StateKey.of, self.stacks()))

    def owners(self, identities: Collection[str]) -> dict[str, str]:
        return {key: stack for key, stack in self.whole.owners(identities).items() if self.sees(stack)}

    def outputs_used(self, stack: str, identity: str) -> bool:
        return self.whole.outputs_used(stack, identity)

    def known_state(self, stack: str) -> KnownState:
        return self.whole.known_state(stack)

    def managed_objects(self) -> Iterator[ManagedObject]:
        return (one for one in self.whole.managed_objects() if self.sees(one.stack))

    def objects_called(self, names: Collection[str]) -> list[ManagedObject]:
        return self._only(self.whole.objects_called(names), lambda one: one.stack)

    def cloud_events(
        self, names: Collection[str], since: datetime, until: datetime, *, limit: int = 1000
    ) -> list[TrailEvent]:
        """Without those that touched something of a stack that one may not see."""
        found = self.whole.cloud_events(names, since, until, limit=limit)
        return [
            one
            for one in found
            if all(self.sees(of.stack) for of in self.whole.objects_called(names_of(one)))
        ]

    def cloud_events_of_nobody(self, since: datetime, *, limit: int = 1000) -> list[TrailEvent]:  # noqa: ARG002
        """They are about the account, and about no stack that one sees."""
        return []

    def knows_cloud_event(self, event: str) -> bool:
        return self.whole.knows_cloud_event(event)

    def queue_states(self) -> list[QueueState]:
        """They are of the installation."""
        return []

    def unread_states(self) -> list[str]:
        return self._only(self.whole.unread_states(), str)

    def listings(self) -> list[Listing]:
        """Accounts belong to whoever sees everything."""
        return []

    def coverage_counts(self, listings: Collection[int]) -> list[Count]:  # noqa: ARG002 - see listings
        return []

    def listing_gaps(self, listings: Collection[int]) -> list[Gap]:  # noqa: ARG002 - see listings
        return []

    def kept_resources(self, where: ResourceFilter) -> list[KeptResource]:  # noqa: ARG002 - see listings
        return []

    def left_out_reasons(self, where: ResourceFilter) -> dict[str, int]:  # noqa: ARG002 - see listings
        return {}

    def kept_resource(self, arn: str) -> KeptResource | None:  # noqa: ARG002 - see listings
        return None

    def covered_days(self, since: date, where: ResourceFilter) -> list[CoveredDay]:  # noqa: ARG002 - see listings
        return []

    def peak_memory(self, stack: str, kind: Kind) -> int | None:
        return self.whole.peak_memory(stack, kind) if self.sees(stack) else None

    def took(self, run_ids: Sequence[int]) -> dict[int, float]:
        return self.whole.took(run_ids)

    def throttles(self) -> dict[str, Throttle]:
        """Accounts belong to whoever sees everything."""
        return {}

    def sweep(self, run_ids: Sequence[int] | None = None) -> Sweep | None:
        """That of all checks would count those of other stacks."""
        return self.whole.sweep([self.run(one).id for one in run_ids]) if run_ids is not None else None

    # The feed

    def events(self, after: int, topics: Collection[str] | None = None, limit: int = 100) -> list[FeedEvent]:
        found: list[FeedEvent] = []
        while page := self.whole.events(after, topics, max(limit, PAGE)):
            found += filter(self._shows, page)
            after = page[-1].id
            if len(found) >= limit:
                break
        return found[:limit]

    def newest_events(
        self,
        topics: Collection[str],
        stack: str | None,
        limit: int,
        after: int = 0,
        before: int | None = None,
    ) -> list[FeedEvent]:
        found: list[FeedEvent] = []
        asked = max(limit, PAGE)
        while page := self.whole.newest_events(topics, stack, asked, after, before):
            found = [*filter(self._shows, page), *found]
            before = page[0].id
            if len(found) >= limit or len(page) < asked:
                break
        return found[-limit:] if limit else []

    def _shows(self, event: FeedEvent) -> bool:
        """Of its stack, under each name that it says; what belongs to no stack belongs to who sees all."""
        names = stacks_of(event)
        return bool(names) and all(map(self.sees, names))

    def events_head(self) -> int:
        return self.whole.events_head()

    def cursors(self) -> list[Cursor]:
        return self.whole.cursors()

    def cursor(self, consumer: str) -> Cursor | None:
        return self.whole.cursor(consumer)

    def waiting(self, after: int, topics: Collection[str]) -> tuple[int, datetime | None]:
        return self.whole.waiting(after, topics)

    def dead_letters(self, consumer: str | None = None) -> list[DeadLetter]:
        return [letter for letter in self.whole.dead_letters(consumer) if self._shows(letter.event)]

    # Counters know no stacks, so they are for who sees all of them

    def run_totals(self) -> dict[tuple[Kind, State], int]:
        return {}

    def execution_totals(self) -> dict[str, Timed]:
        return {}

    # Who may do everything alone sees tokens, sessions and requests

    def tokens(self) -> list[Token]:
        return []

    def token(self, digest: str) -> Token | None:  # noqa: ARG002 - of the protocol
        return None

    def session(self, digest: str) -> Session | None:  # noqa: ARG002 - of the protocol
        return None

    def sessions(self) -> list[Session]:
        return []

    def open_requests(self, but: Collection[int] = ()) -> list[DaemonRequest]:  # noqa: ARG002 - of the protocol
        return []

    def daemon_request(self, request: int) -> DaemonRequest:
        return self.whole.daemon_request(request)

    # Trends

    def ended_runs(self, since: date, stacks: Collection[str] | None = None) -> list[EndedRuns]:
        return self.whole.ended_runs(since, self._among(stacks))

    def moved_reports(self, since: date, stacks: Collection[str] | None = None) -> list[MovedReports]:
        return self.whole.moved_reports(since, self._among(stacks))

    def applied_plans(self, since: date, stacks: Collection[str] | None = None) -> list[AppliedPlan]:
        return self.whole.applied_plans(since, self._among(stacks))

    def failing_stacks(
        self, since: date, stacks: Collection[str] | None = None, *, limit: int = 10
    ) -> list[FailingStack]:
        return self.whole.failing_stacks(since, self._among(stacks), limit=limit)

    def _among(self, stacks: Collection[str] | None) -> list[str]:
        named = [stack.name for stack in self.whole.stacks(left=True)] if stacks is None else stacks
        return [name for name in named if self.sees(name)]

    # The audit log

    def audit(
        self,
        *,
        subject: str | None = None,
        stack: str | None = None,
        actor: str | None = None,
        since: datetime | None = None,
        until: datetime | None = None,
        limit: int = 100,
        below: int | None = None,
    ) -> list[AuditEntry]:
        """Only entries of stacks: those of logins, tokens and sources are for who sees all."""
        if stack is not None and not self.sees(stack):
            return []
        names = frozenset(one.name for one in self.stacks(left=True))
        found: list[AuditEntry] = []
        asked = max(limit, PAGE)
        while page := self.whole.audit(
            subject=subject, stack=stack, actor=actor, since=since, until=until, limit=asked, below=below
        ):
            found += (entry for entry in page if self._concerns(entry, names))
            below = page[-1].seq
            if len(found) >= limit or len(page) < asked:
                break
        return found[:limit]

    def _concerns(self, entry: AuditEntry, names: frozenset[str]) -> bool:
        """Runs that retention has removed still name their stack in most entries."""
        if entry.subject in names:
            return True
        told = entry.detail.get("stack")
        stack = told if isinstance(told, str) else self.whole.stack_of_subject(entry.subject)
        return stack is not None and self.sees(stack)

    def stack_of_subject(self, subject: str) -> str | None:
        stack = self.whole.stack_of_subject(subject)
        return stack if stack is not None and self.sees(stack) else None

    def audit_head(self) -> tuple[int, str]:
        return self.whole.audit_head()

    def audit_hash(self, seq: int) -> str | None:
        return self.whole.audit_hash(seq)

    def audit_knows(self, action: str, subject: str | None = None, text: str = "") -> bool:
        return self.whole.audit_knows(action, subject, text)

    def newest_time(self, run: str | None = None) -> datetime | None:
        return self.whole.newest_time(run)

    # Pools

    def executing_runs(self) -> list[Run]:
        return self._only(self.whole.executing_runs(), lambda run: run.stack)

    def lease(self, run: int) -> Lease | None:
        lease = self.whole.lease(run)
        return lease if lease is not None and self.sees(lease.job.stack.name) else None

    def leases(self) -> list[Lease]:
        return self._only(self.whole.leases(), lambda lease: lease.job.stack.name)

    def offers(self) -> Mapping[int, Offer]:
        return self.whole.offers()

    def offer(self, run: int) -> Offer | None:
        return self.whole.offer(run)

    def workers(self) -> list[KnownWorker]:
        return self.whole.workers()

    def drained_pools(self) -> list[Drained]:
        return self.whole.drained_pools()

    def _keyed(self, found: Mapping[str, T]) -> dict[str, T]:
        return {name: value for name, value in found.items() if self.sees(name)}
