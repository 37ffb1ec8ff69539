"""One run: everything that is recorded of it."""

import json
from collections.abc import Sequence
from dataclasses import fields
from datetime import datetime
from typing import TYPE_CHECKING, Any

from runner.model.approval.approval import Approval, Commit
from runner.model.approval.carried import Carried
from runner.model.changes.changes import ChangeSet, Diagnostic
from runner.model.drift.ignored import IgnoredChange
from runner.model.plan.step import Step
from runner.model.policy.result import PolicyResult
from runner.model.run.evidence import Evidence
from runner.model.run.life import FAILED, Kind, Run
from runner.model.settings.server import Settings
from runner.model.values.frozen import dataclass
from runner.ports.records.runs import RunFilter
from runner.service.approval.terms import run_terms
from runner.service.approval.windows import kept_closed
from runner.service.drift.rules import ignored_by_rule
from runner.view.changes import ChangesView, changes_view
from runner.view.context import ContextRows, context_rows
from runner.view.how_planned import how_planned
from runner.view.lease import LeaseRow, lease_row, silent_apply
from runner.view.need import Need
from runner.view.run import RunRow, run_row
from runner.view.terms import TermsView, terms_view
from runner.view.when import whole
from runner.view.window import ClosedView, GlassRow, closed_view, glass_row

if TYPE_CHECKING:
    from runner.ports.basics import Clock
    from runner.ports.records.store import Reader


@dataclass(frozen=True)
class CommitRow:
    subject: str
    author: str
    author_email: str
    at: datetime
    signed_by: str | None


@dataclass(frozen=True)
class ApprovalRow:
    """`accepted` are the answers that let guard rails pass."""

    by: str
    known_by: str
    at: datetime
    plan_digest: str
    fingerprint: str
    binding_digest: str
    accepted: tuple[str, ...]
    comment: str


@dataclass(frozen=True)
class PullName:
    source: str
    number: int

    @property
    def command(self) -> str:
        return f"driftline pr show {self.number} --source {self.source}"


@dataclass(frozen=True)
class RunPage(RunRow):
    """`binding` is all that an approval is bound to, and `planned_again` the plan of which it did not hold any more.

    `way_out` is the command that goes on from a failure, and `keeps_locked` whether it keeps its stack locked until then.
    """

    engine: str
    commit: CommitRow | None
    binding: dict[str, Any] | None
    approvals: tuple[ApprovalRow, ...]
    diagnostics: tuple[Diagnostic, ...]
    changes: ChangesView | None
    planned_again: ChangesView | None
    outputs: dict[str, Any] | None
    evidence: Evidence | None
    steps: tuple[Step, ...]
    planned_how: str  # such as `with warm providers, compared 12 plans ago`
    terms: TermsView | None
    renamed_from: str | None
    contexts: ContextRows  # that reach it now
    ignored: tuple[IgnoredChange, ...]
    policies: tuple[PolicyResult, ...]
    artifacts: tuple[str, ...]
    closed: ClosedView | None  # the windows that it waits for
    break_glass: GlassRow | None
    way_out: str = ""
    keeps_locked: bool = False
    reviews: Carried | None = None  # what became of the reviews of its pull request
    pull_request: PullName | None = None  # that it previews
    lease: LeaseRow | None = None  # of the worker that executes it, or executed it last
    silent: Need | None = None  # what a person decides if that worker is silent during the apply

    @property
    def row(self) -> RunRow:
        """As in a list."""
        return RunRow(**{field.name: getattr(self, field.name) for field in fields(RunRow)})


def run_page(
    reader: "Reader",
    settings: Settings,
    clock: "Clock",
    run_id: int,
    artifacts: Sequence[str] = (),
    planned_again: ChangeSet | None = None,
) -> RunPage:
    run = reader.run(run_id)
    commit, binding = reader.commit(run.source, run.revision), reader.binding(run_id)
    changes = reader.changes(run_id)
    way_out, keeps_locked = _way_out(reader, run)
    lease = None if (known := reader.lease(run_id)) is None else lease_row(known, run, clock.now())
    drift, people = run.kind is Kind.DRIFT, settings.approvals.people
    return RunPage(
        **vars(run_row(run)),
        engine=reader.definition(run.definition).engine,
        commit=commit_row(commit) if commit else None,
        binding=json.loads(binding.document()) if binding else None,
        approvals=tuple(map(approval_row, reader.approvals(run_id))),
        diagnostics=tuple(reader.diagnostics(run_id)),
        changes=changes_view(changes) if changes else None,
        planned_again=changes_view(planned_again) if planned_again else None,
        outputs=reader.outputs(run_id),
        evidence=reader.evidence(run_id),
        steps=tuple(reader.steps(run_id)),
        planned_how="" if (how := reader.how_planned(run_id)) is None else how_planned(how),
        terms=None if drift else terms_view(run_terms(settings, reader, run), people),
        renamed_from=None if run.final else reader.stack(run.stack).renamed_from,
        contexts=context_rows(settings.contexts, reader.definition(run.definition), run.source),
        ignored=ignored_by_rule(settings, reader, run, changes or ChangeSet()),
        policies=() if binding is None else binding.judged.results,
        artifacts=tuple(artifacts),
        closed=closed_view(kept_closed(settings, clock, reader, run)),
        break_glass=glass_row(run.glass),
        reviews=reader.carried(run_id),
        pull_request=_pull_name(reader, run),
        way_out=way_out,
        keeps_locked=keeps_locked,
        lease=lease,
        silent=None if lease is None else silent_apply(lease, clock.now()),
    )


def _pull_name(reader: "Reader", run: Run) -> PullName | None:
    of = reader.preview_of(run.id) if run.kind is Kind.PREVIEW else None
    return None if of is None else PullName(of.source, of.number)


def _way_out(reader: "Reader", run: Run) -> tuple[str, bool]:
    """Only from the newest change of a stack: whatever came after an older one went on from there."""
    if run.kind.only_reads or run.state not in FAILED:
        return "", False
    lock = reader.lock(run.stack)
    if lock is not None:
        return (lock.way_out, True) if lock.run == run.id else ("", False)
    changes = (RunFilter(stack=run.stack, kind=kind, limit=1) for kind in Kind if not kind.only_reads)
    newest = max(one.id for asked in changes for one in reader.runs(asked))
    return (f"driftline plan {run.stack}", False) if newest == run.id else ("", False)


def commit_row(of: Commit) -> CommitRow:
    return CommitRow(
        subject=of.subject,
        author=of.author,
        author_email=of.author_email,
        at=whole(of.at),
        signed_by=of.signed_by or None,
    )


def approval_row(of: Approval) -> ApprovalRow:
    return ApprovalRow(
        by=of.person.name,
        known_by=of.person.known_by,
        at=whole(of.at),
        plan_digest=of.plan_digest,
        fingerprint=of.fingerprint,
        binding_digest=of.binding_digest,
        accepted=of.accepted,
        comment=of.comment,
    )
