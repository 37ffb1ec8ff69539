"""A person's yes or no to one plan."""

from dataclasses import dataclass

from runner.errors import (
    ApprovalForOtherPlan,
    BadUsage,
    GuardrailHit,
    NeverApplies,
    NotAllowed,
    SourceNotFound,
    WrongState,
)
from runner.model.approval import Approval, Person
from runner.model.approving import Standing, needed, refusal, standing
from runner.model.guardrails import Violation, needs_name_typed, violations
from runner.model.plan import ChangeSet
from runner.model.run import Event, Kind, Run, State
from runner.model.settings import SourceSettings
from runner.model.stack import StackDefinition
from runner.ports import ControlPorts, Git, Reader

LEAST_PREFIX = 8


@dataclass(frozen=True)
class Question:
    """Everything a person needs to see before the answer."""

    run: Run
    stack: StackDefinition
    changes: ChangeSet
    standing: Standing
    violations: tuple[Violation, ...]

    @property
    def type_the_name(self) -> bool:
        """Whether something protected would go, or a whole stack much larger than the guard rails."""
        return needs_name_typed(self.violations)


def question(control: ControlPorts, reader: Reader, run_id: int) -> Question:
    """What is asked of a person; also for a run that is no longer waiting."""
    run = reader.run(run_id)
    definition = reader.definition(run.definition)
    settings = control.settings
    changes = reader.changes(run_id) or ChangeSet()
    count = needed(
        definition, settings.approvals, _source(control, run).allow, run.kind, run.summary.destroys
    )
    return Question(
        run=run,
        stack=definition,
        changes=changes,
        standing=standing(run, reader.approvals(run_id), count, settings.approvals, control.clock.now()),
        violations=violations(
            changes, settings.guardrails, definition.apply.protect, destroy=run.kind is Kind.DESTROY
        ),
    )


def approve(
    control: ControlPorts,
    git: Git,
    run_id: int,
    person: Person,
    *,
    digest: str,
    comment: str = "",
    typed_name: str | None = None,
) -> tuple[Run, Standing]:
    """Record the yes; with the last one that is needed the run is approved.

    `digest` is that of the plan the person has seen, or its first characters.
    """
    with control.store.reading() as reader:
        run = reader.run(run_id)
        stack = reader.stack(run.stack)
    commits = git.commits(_source(control, run), stack.applied_revision, run.revision)
    with control.store.writing() as writer:
        asked = question(control, writer, run_id)
        run = asked.run
        if run.state is not State.AWAITING_APPROVAL:
            raise WrongState(run=run.name, state=run.state, wish="approved")
        _check(asked, digest, typed_name)
        why = refusal(person, run, asked.stack, commits, control.settings.approvals, asked.standing.given)
        if why is not None:
            raise NotAllowed(who=person.name, wish=f"approve {run.name}", reason=why, run=run.name)
        approval = Approval(
            run=run.id,
            person=person,
            at=control.clock.now(),
            plan_digest=run.plan_digest or "",
            fingerprint=run.fingerprint or "",
            comment=comment,
        )
        writer.add_approval(approval)
        now = Standing(asked.standing.needed, (*asked.standing.given, approval))
        if now.complete:
            run = writer.transition(run, Event.APPROVE, by=person.name, reason=comment)
        return run, now


def _check(asked: Question, digest: str, typed_name: str | None) -> None:
    run = asked.run
    if asked.stack.apply.mode == "never":
        raise NeverApplies(stack=run.stack)
    if len(digest) < LEAST_PREFIX:
        raise BadUsage(
            f"a plan digest needs at least {LEAST_PREFIX} characters, got {digest!r}",
            hint=f"driftline approve {run.name} --digest {(run.plan_digest or '')[:12]}",
        )
    if not (run.plan_digest or "").startswith(digest):
        raise ApprovalForOtherPlan(run=run.name, digest=(run.plan_digest or "")[:12], given=digest[:12])
    blocking = [violation for violation in asked.violations if violation.blocking]
    if blocking:
        raise GuardrailHit(run=run.name, violation="; ".join(violation.sentence for violation in blocking))
    if asked.type_the_name and typed_name != run.stack:
        told = "; ".join(violation.sentence for violation in asked.violations)
        raise GuardrailHit(
            run=run.name,
            violation=told,
            hint=f"type the stack's name to go on:   driftline approve {run.name} --confirm {run.stack}",
        )


def reject(control: ControlPorts, run_id: int, person: Person, reason: str) -> Run:
    """A no, with its reason; the stack then waits for a new commit or a plan by hand."""
    with control.store.writing() as writer:
        return writer.transition(writer.run(run_id), Event.REJECT, by=person.name, reason=reason)


def _source(control: ControlPorts, run: Run) -> SourceSettings:
    source = control.settings.source(run.source)
    if source is None:
        raise SourceNotFound(source=run.source)
    return source
