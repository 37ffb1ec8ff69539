"""What a person is asked about a plan, with everything to see before the answer."""

from runner.model.approval.approval import Commit
from runner.model.approval.carried import Carried
from runner.model.approval.guardrails import Violation, needs_name_typed
from runner.model.changes.changes import Diagnostic
from runner.model.drift.ignored import IgnoredChange
from runner.model.policy.result import PolicyResult
from runner.model.settings.server import Settings
from runner.model.values.frozen import dataclass
from runner.service.approval.question import Question, Seen
from runner.view.changes import ChangesView, changes_view
from runner.view.context import ContextRows, context_rows
from runner.view.facts import given
from runner.view.run import RunRow, run_row
from runner.view.run_page import CommitRow, commit_row
from runner.view.terms import TermsView, terms_view
from runner.view.window import ClosedView, closed_view


@dataclass(frozen=True)
class QuestionPage:
    """`approved_by` are the people who have approved it, of as many as are `needed`."""

    run: RunRow
    engine: str
    applied_with: str  # such as `terraform 1.9.8`, where the last apply ran with another version
    commit: CommitRow | None
    terms: TermsView
    needed: int
    approved_by: tuple[str, ...]
    changes: ChangesView
    guard_rails: tuple[Violation, ...]
    renamed_from: str | None
    warnings: tuple[Diagnostic, ...]
    ignored: tuple[IgnoredChange, ...]
    contexts: ContextRows
    policies: tuple[PolicyResult, ...]
    approvals: str  # such as `1 of 2`
    closed: ClosedView | None  # the windows that its apply has to wait for
    seen: Seen  # goes back with the answer
    reviews: Carried | None = None  # what became of the reviews of its pull request

    @property
    def type_the_name(self) -> bool:
        """Whether a plain yes is not enough."""
        return needs_name_typed(self.guard_rails)


QuestionPages = tuple[QuestionPage, ...]


def question_page(of: Question, commit: Commit | None, settings: Settings) -> QuestionPage:
    return QuestionPage(
        run=run_row(of.run),
        engine=of.stack.engine,
        applied_with=_applied_with(of),
        commit=commit_row(commit) if commit else None,
        terms=terms_view(of.terms, settings.approvals.people),
        needed=of.standing.needed,
        approved_by=tuple(approval.person.name for approval in of.standing.given),
        changes=changes_view(of.changes),
        guard_rails=of.violations,
        renamed_from=of.renamed_from,
        warnings=of.warnings,
        ignored=of.ignored,
        contexts=context_rows(settings.contexts, of.stack, of.run.source),
        approvals=given(of.standing),
        policies=of.judged.results,
        closed=closed_view(of.closed),
        seen=of.seen,
        reviews=of.reviews,
    )


def _applied_with(of: Question) -> str:
    before = of.applied_with
    now = (of.stack.engine, of.run.engine_version)
    if before is None or not before.version or (before.engine, before.version) == now:
        return ""
    return f"{before.engine} {before.version}"
