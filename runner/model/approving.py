"""Who may say yes to a plan, and when enough have said it: pure rules over plain facts."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from runner.model.approval import Approval, Commit, Person
from runner.model.run import Kind, Run, Trigger
from runner.model.settings import Allow, ApprovalSettings
from runner.model.stack import StackDefinition


@dataclass(frozen=True)
class Standing:
    """How far the approval of a run is. `missing` counts what is still needed."""

    needed: int
    given: tuple[Approval, ...]

    @property
    def missing(self) -> int:
        return max(0, self.needed - len({approval.person.name for approval in self.given}))

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
    """Only approvals of exactly this plan that have not expired count; one person counts once."""
    valid = tuple(
        approval
        for approval in approvals
        if approval.plan_digest == run.plan_digest
        and approval.fingerprint == run.fingerprint
        and (now - approval.at).total_seconds() < settings.expire
    )
    return Standing(count, valid)


def names_of(person: str, people: Mapping[str, Sequence[str]]) -> frozenset[str]:
    """Every name and mail address that is this person, in lower case."""
    return frozenset(name.lower() for name in (person, *people.get(person, ())))


def _mail_names(address: str) -> tuple[str, ...]:
    return (address, address.split("@", 1)[0]) if address else ()


def authors(commits: Iterable[Commit]) -> frozenset[str]:
    """Every name under which the people of these commits may be known, in lower case."""
    found: set[str] = set()
    for commit in commits:
        found.update((commit.author, commit.committer))
        for address in (commit.author_email, commit.committer_email, *commit.co_authors):
            found.update(_mail_names(address))
    return frozenset(name.lower() for name in found if name)


def refusal(
    person: Person,
    run: Run,
    stack: StackDefinition,
    commits: Sequence[Commit],
    settings: ApprovalSettings,
    given: Sequence[Approval],
) -> str | None:
    """Why this person may not approve this run, or None."""
    mine = names_of(person.name, settings.people)
    allowed = stack.apply.approvers
    if allowed and not any(name.lower() in mine for name in allowed):
        return f"only {', '.join(allowed)} may approve this stack"
    if any(approval.person.name.lower() in mine for approval in given):
        return "the same person counts once"
    if settings.author_may_approve:
        return None
    if mine & authors(commits):
        return "the author or committer of the change may not approve it"
    if run.trigger in {Trigger.MANUAL, Trigger.HEAL} and run.requested_by.lower() in mine and needs_two(run):
        return "who asked for the run may not approve it"
    return None


def needs_two(run: Run) -> bool:
    """Whether the one who asked for the run chose what it does: another revision, some targets, or a destroy."""
    return run.kind is Kind.DESTROY or bool(run.targets)
