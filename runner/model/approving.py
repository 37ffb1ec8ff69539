"""Who may say yes to a plan, and when enough have said it: pure rules over plain facts."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from runner.model.approval import Approval, Commit, Person
from runner.model.people import authors, fold, names_of, one_each
from runner.model.run import Kind, Run, Trigger
from runner.model.settings import Allow, ApprovalSettings
from runner.model.stack import StackDefinition


@dataclass(frozen=True)
class Standing:
    """How far the approval of a run is. `given` has one of each person; `missing` counts what is still needed."""

    needed: int
    given: tuple[Approval, ...]

    @property
    def missing(self) -> int:
        return max(0, self.needed - len(self.given))

    @property
    def complete(self) -> bool:
        return self.missing == 0


def needed(stack: StackDefinition, server: ApprovalSettings, allow: Allow, kind: Kind, destroys: int) -> int:
    """How many people must say yes. Whatever destroys something needs one at least."""
    if stack.apply.mode == "automatic" and kind is Kind.CHANGE and not destroys:
        return 0
    own = stack.apply.approvals
    count = server.required if own is None else own
    if not allow.lower_approvals:
        count = max(count, server.required)
    return max(count, 1) if kind is Kind.DESTROY or destroys else count


def standing(
    run: Run, approvals: Sequence[Approval], count: int, settings: ApprovalSettings, now: datetime
) -> Standing:
    """Only approvals of exactly what the run is bound to now, that have not expired, count; one of each person."""
    valid = [
        approval
        for approval in approvals
        if approval.binding_digest == (run.binding_digest or "")
        and approval.plan_digest == run.plan_digest
        and approval.fingerprint == run.fingerprint
        and (now - approval.at).total_seconds() < settings.expire
    ]
    return Standing(count, one_each(valid, settings.people))


def refusal(
    person: Person,
    run: Run,
    stack: StackDefinition,
    commits: Sequence[Commit],
    settings: ApprovalSettings,
    standing: Standing,
    *,
    chosen: bool = False,
) -> str | None:
    """Why this person may not approve this run, or None.

    Git does not tell who pushed. `chosen` says that who asked for the run picked another revision than Git's own.
    """
    mine = names_of(person.name, settings.people)
    allowed = stack.apply.approvers
    if allowed and not any(fold(name) in mine for name in allowed):
        return f"only {', '.join(allowed)} may approve this stack"
    if any(fold(approval.person.name) in mine for approval in standing.given):
        return "the same person counts once"
    if settings.author_may_approve:
        return None
    if mine & authors(commits):
        return "the author or committer of the change may not approve it"
    asked = run.trigger in {Trigger.MANUAL, Trigger.HEAL} and fold(run.requested_by) in mine
    if asked and (chosen or decides(run) or standing.needed > 1):
        return "who asked for the run may not approve it"
    return None


def decides(run: Run) -> bool:
    """Whether the one who asked for the run chose what it does: some targets, or a destroy."""
    return run.kind is Kind.DESTROY or bool(run.targets)
