"""Who may say yes to a plan, and when enough have said it: pure rules over plain facts."""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

from runner.model.approval.approval import Approval, Commit, Person
from runner.model.approval.people import People, authors, fold, names_of, one_each
from runner.model.approval.terms import Terms, named_in_all, names, nobody
from runner.model.run.life import Kind, Run, Trigger
from runner.model.settings.server import ApprovalSettings
from runner.model.values.frozen import dataclass
from runner.model.window.closed import lapses


@dataclass(frozen=True)
class Standing:
    """How far the approval of a run is. `given` has one approval per person; `missing` counts those still needed.

    `lacks` are lists of people of whom one must approve and nobody has yet.
    """

    needed: int
    given: tuple[Approval, ...]
    lacks: tuple[tuple[str, ...], ...] = ()

    @property
    def missing(self) -> int:
        return max(0, self.needed - len(self.given), 1 if self.lacks else 0)

    @property
    def complete(self) -> bool:
        return self.missing == 0


def needed(terms: Terms, kind: Kind, destroys: int) -> int:
    """How many people must say yes. A plan that destroys something needs at least one."""
    if terms.mode == "automatic" and kind is not Kind.DESTROY and not destroys:
        return 0
    least = 1 if kind is Kind.DESTROY or destroys or terms.one_of else 0
    return max(terms.required, least)


def standing(
    run: Run, approvals: Sequence[Approval], terms: Terms, settings: ApprovalSettings, now: datetime
) -> Standing:
    """Counts unexpired approvals of exactly what the run is bound to now, one per person.

    The current terms apply: a person who may no longer approve does not count, even if they could when they
    answered.
    """
    valid = [
        approval
        for approval in approvals
        if approval.binding_digest == (run.binding_digest or "")
        and approval.plan_digest == (run.plan_digest or "")
        and approval.fingerprint == run.fingerprint
        and _stands(approval, terms, settings, now)
        and named_in_all(terms, approval.person, settings.people)
        and (terms.author_may_approve or approval.independent is not False)
    ]
    given = one_each(valid, settings.people)
    need = needed(terms, run.kind, run.summary.destroys)
    return Standing(need, given, tuple(_lacking(terms, given, settings.people)) if need else ())


def _lacking(terms: Terms, given: Sequence[Approval], people: People) -> Iterator[tuple[str, ...]]:
    said_yes = frozenset(name for approval in given for name in names_of(approval.person, people))
    for word in terms.one_of:
        if not any(names_of(name, people) & said_yes for name in names(word)):
            yield names(word)


def _stands(approval: Approval, terms: Terms, settings: ApprovalSettings, now: datetime) -> bool:
    """Whether it has not lapsed; while the windows of the stack are closed none does."""
    if (now - approval.at).total_seconds() < settings.expire:
        return True
    return bool(terms.windows) and now < lapses(
        approval.at, timedelta(seconds=settings.expire), terms.windows
    )


def refusal(
    person: Person,
    run: Run,
    terms: Terms,
    commits: Sequence[Commit],
    people: People,
    standing: Standing,
    *,
    chosen: bool = False,
) -> str | None:
    """Why this person may not approve this run, or None.

    Git does not record who pushed. `chosen`: the person who requested the run picked another revision than
    Git's.
    """
    early = refusal_by_terms(person, terms, people, standing)
    if early is not None or terms.author_may_approve:
        return early
    mine = names_of(person, people)
    if not independent(person, commits, people):
        return "the author or committer of a change may not approve it"
    asked = run.trigger in {Trigger.MANUAL, Trigger.HEAL} and fold(run.requested_by) in mine
    if asked and (chosen or decides(run) or standing.needed > 1):
        return "whoever requested the run may not approve it"
    return None


def refusal_by_terms(person: Person, terms: Terms, people: People, standing: Standing) -> str | None:
    """The reasons that need no look at commits."""
    mine = names_of(person, people)
    for word in terms.lists:
        if not any(names_of(name, people) & mine for name in names(word)):
            return nobody(terms, people) or f"only {', '.join(names(word))} may approve this stack ({word})"
    if any(names_of(approval.person, people) & mine for approval in standing.given):
        return "each person counts only once"
    return None


def written_by(person: Person, commits: Sequence[Commit], people: People) -> Commit | None:
    """The first of the commits that the person contributed to."""
    mine = names_of(person, people)
    return next((commit for commit in commits if mine & authors([commit])), None)


def independent(person: Person, commits: Sequence[Commit], people: People) -> bool:
    """Whether the person did not write, commit, co-author or sign any of the commits."""
    return written_by(person, commits, people) is None


def decides(run: Run) -> bool:
    """Whether the requester chose what the run does: with targets, or as a destroy."""
    return run.kind is Kind.DESTROY or bool(run.targets)
