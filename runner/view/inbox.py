"""What waits for one person: plans that they may approve, and everything else that their roles let them settle."""

from collections.abc import Callable, Iterable, Mapping, Sequence

from runner.model.access.role import Role
from runner.model.approval.approval import Commit, Person
from runner.model.approval.guardrails import Violation
from runner.model.approval.rules import refusal
from runner.model.code.known_inputs import moved
from runner.model.run.life import Run, State
from runner.model.settings.server import Settings
from runner.model.values.frozen import dataclass
from runner.ports.basics import Clock
from runner.ports.records.store import Reader
from runner.service.approval.question import Question, question
from runner.view.facts import StackFacts, given
from runner.view.host import Host
from runner.view.need import Need, Why
from runner.view.objections import goes_on, objections
from runner.view.run import RunRow, run_row
from runner.view.run_page import CommitRow, commit_row
from runner.view.status import configured_sources, needs_now

May = Callable[[Role, str | None], bool]

# What settles a need: the role that the operation behind its command asks for.
SETTLED_BY: Mapping[Why, Role] = {
    Why.DISK: Role.ADMIN,
    Why.BROKER: Role.ADMIN,
    Why.SILENT: Role.OWNER,
    Why.POOL: Role.ADMIN,
    Why.PLACE: Role.OPERATOR,
    Why.RELOAD: Role.ADMIN,
    Why.LINGERS: Role.OWNER,
    Why.RESTORED: Role.ADMIN,
    Why.CHECKPOINTS: Role.ADMIN,
    Why.APPROVAL: Role.APPROVER,
    Why.READY: Role.APPROVER,
    Why.DRIFT: Role.OPERATOR,
    Why.CHECK: Role.OPERATOR,
    Why.LOCK: Role.OWNER,
    Why.FAILED: Role.OPERATOR,
    Why.PROBLEM: Role.OPERATOR,
    Why.MISSING: Role.OWNER,
    Why.SOURCE: Role.ADMIN,
    Why.FORGE: Role.ADMIN,
    Why.PROBE: Role.OWNER,
    Why.EVENTS: Role.ADMIN,
    Why.QUEUE: Role.ADMIN,
}


@dataclass(frozen=True)
class WaitingPlan:
    """`refusal` says why this person may not approve it; `command` approves it, with the answers to its guard rails."""

    run: RunRow
    commit: CommitRow | None
    approvals: str  # such as `1 of 2`
    objections: tuple[Violation, ...]
    command: str
    refusal: str = ""


@dataclass(frozen=True)
class InboxPage:
    """`approvals` wait for `person`, oldest first; `others` wait for somebody else. `needs` is the rest that `person` may settle."""

    person: str
    approvals: tuple[WaitingPlan, ...]
    others: tuple[WaitingPlan, ...]
    needs: tuple[Need, ...]

    @property
    def count(self) -> int:
        return len(self.approvals) + len(self.needs)


def inbox_page(
    reader: Reader,
    settings: Settings,
    clock: Clock,
    host: Host,
    stacks: Sequence[StackFacts],
    person: Person,
    may: May,
) -> InboxPage:
    plans = [_plan(reader, settings, clock, run, person, may) for run in _offered(stacks)]
    sources = configured_sources(reader, settings, host, stacks)
    known = {plan.run.number: plan.objections for plan in plans}
    found = needs_now(reader, settings, host, stacks, sources, reader.reports(), known)
    return InboxPage(
        person=person.name,
        approvals=tuple(plan for plan in plans if not plan.refusal),
        others=tuple(plan for plan in plans if plan.refusal),
        needs=tuple(
            need for need in found if need.why is not Why.APPROVAL and may(SETTLED_BY[need.why], need.stack)
        ),
    )


def _offered(stacks: Iterable[StackFacts]) -> list[Run]:
    """Runs that wait for a person, the oldest plan first. One that may never be applied waits for nobody."""
    found = [
        run
        for facts in stacks
        for run in facts.view.open_runs
        if run.state is State.AWAITING_APPROVAL and facts.standing is not None
    ]
    return sorted(found, key=lambda run: run.planned_at or run.created_at)


def _plan(
    reader: Reader, settings: Settings, clock: Clock, run: Run, person: Person, may: May
) -> WaitingPlan:
    asked = question(settings, clock, reader, run.id)
    commit, objected = reader.commit(run.source, run.revision), objections(asked)
    return WaitingPlan(
        run=run_row(run),
        commit=commit_row(commit) if commit else None,
        approvals=given(asked.standing),
        objections=objected,
        command=goes_on(run, objected),
        refusal=_refusal(reader, settings, asked, [commit] if commit else [], person, may),
    )


def _refusal(
    reader: Reader, settings: Settings, asked: Question, commits: Sequence[Commit], person: Person, may: May
) -> str:
    """By what is on record. Commits before the newest one are read from Git when somebody approves."""
    run, people = asked.run, settings.approvals.people
    if not may(Role.APPROVER, run.stack):
        return f"you need the role {Role.APPROVER} for {run.stack}"
    if asked.nobody is not None:
        return asked.nobody
    chosen = run.report is None and moved(run.inputs, reader.stack(run.stack).inputs)
    return refusal(person, run, asked.terms, commits, people, asked.standing, chosen=chosen) or ""
