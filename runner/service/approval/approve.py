"""A person's yes or no to one plan."""

import re
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING

from runner import failpoint
from runner.errors import (
    ApprovalForOtherPlan,
    ApprovalVoid,
    BadUsage,
    Blocked,
    ClockBehind,
    GuardrailHit,
    NeverApplies,
    NotAllowed,
    RunChanged,
    WrongState,
)
from runner.model.approval.approval import Approval, Commit, Person
from runner.model.approval.binding import Binding
from runner.model.approval.guardrails import DESTROYS, OUTDATED, Violation, unanswered
from runner.model.approval.rules import Standing, independent, refusal, refusal_by_terms, written_by
from runner.model.code.known_inputs import moved
from runner.model.run.life import Event, Kind, Run, State
from runner.model.values.frozen import dataclass
from runner.service.approval.behind import AskGit, authorship
from runner.service.approval.bind import bound, refuse_denied, refuse_other_policies
from runner.service.approval.question import Question, Seen, question
from runner.service.approval.refusal import note_refusal
from runner.service.approval.standing import standing_now
from runner.service.integrity.check_clock import steady_now
from runner.service.preview.current import refuse_old_preview

if TYPE_CHECKING:
    from runner.ports.control import ControlPorts
    from runner.ports.records.audit import AuditReader
    from runner.ports.records.joined import QuestionReader
    from runner.ports.records.store import Writer

MIN_PREFIX = 12
SUBJECT = 60  # characters of a commit's subject
PREFIX = re.compile(rf"[0-9a-f]{{{MIN_PREFIX},64}}")


@dataclass(frozen=True)
class Yes:
    """A person's answer. `digest` is that of the plan or of the binding that was shown, or a prefix of it.

    `accepted` are the answers that let guard rails pass, such as `destroys=6`. `seen` is what was on the
    screen.
    """

    digest: str
    comment: str = ""
    typed_name: str | None = None
    accepted: frozenset[str] = frozenset()
    seen: Seen | None = None


def refuse_early(control: "ControlPorts", asked: Question, person: Person, accepted: frozenset[str]) -> None:
    """Refusals that no answer can change, raised before the question."""
    with _recorded(control, asked.run.id, person, digest=""):
        with control.store.reading() as reader:
            refuse_old_preview(reader, asked.run)
        _refuse_hopeless(asked, accepted)
        people = control.settings.approvals.people
        why = refusal_by_terms(person, asked.terms, people, asked.standing)
        if why is not None:
            raise _not_allowed(person, asked.run, why)
        with control.store.reading() as reader:
            _still_bound(control, reader, asked.run)


def _still_bound(control: "ControlPorts", reader: "QuestionReader", run: Run) -> Binding:
    binding = bound(control, reader, run)
    refuse_other_policies(control, reader, run, binding.judged)
    return binding


def _refuse_changed(seen: Seen, now: Question) -> None:
    """ApprovalForOtherPlan unless the recorded plan is the one that was shown."""
    if seen != now.seen:
        raise ApprovalForOtherPlan(
            run=now.run.name,
            digest=(now.run.plan_digest or "-")[:MIN_PREFIX],
            given=(seen.plan_digest or "-")[:MIN_PREFIX],
        )


def approve(
    control: "ControlPorts",
    authors: AskGit,
    run_id: int,
    person: Person,
    *,
    digest: str,
    comment: str = "",
    typed_name: str | None = None,
    accepted: frozenset[str] = frozenset(),
    seen: Seen | None = None,
) -> tuple[Run, Standing]:
    """Record the approval; the last one needed makes the run approved. A refusal is recorded too."""
    yes = Yes(digest.lower(), comment, typed_name, accepted, seen)
    with _recorded(control, run_id, person, digest=yes.digest):
        return give(control, authors, run_id, person, yes)


def give(
    control: "ControlPorts",
    authors: AskGit,
    run_id: int,
    person: Person,
    yes: Yes,
    *,
    at: datetime | None = None,
) -> tuple[Run, Standing]:
    """The same, without a record of a refusal. `at` is when the person said it, if that was before the plan."""
    behind = authorship(control, authors, run_id)
    with control.store.writing() as writer:
        asked = question(control.settings, control.clock, writer, run_id)
        run = asked.run
        _check(control, writer, asked, yes)
        # A drift report is healed at the applied revision, which nobody chose.
        chosen = run.report is None and moved(run.inputs, writer.stack(run.stack).inputs)
        people = control.settings.approvals.people
        writer.save_signers(run.source, behind.judged)
        why = refusal(person, run, asked.terms, behind.commits, people, asked.standing, chosen=chosen)
        if why is not None:
            by = written_by(person, behind.commits, people)
            raise _not_allowed(person, run, why, None if asked.terms.author_may_approve else by)
        free = independent(person, behind.commits, people)
        given = replace(_approval(control, asked, person, yes), independent=free)
        writer.add_approval(given if at is None else replace(given, at=at))
        now = standing_now(control.settings, control.clock, writer, run, asked.terms)
        _refuse_expired(control, writer, run, person, now)
        # A preview stays as it is: its approval is a review, which counts for the plan of the merge.
        if now.complete and run.kind is not Kind.PREVIEW:
            run = writer.transition(run, Event.APPROVE, by=person.name, reason=yes.comment)
        failpoint.reach("approve.before_commit")
    failpoint.reach("approve.after_commit")
    return run, now


def _not_allowed(person: Person, run: Run, why: str, by: Commit | None = None) -> NotAllowed:
    """`by` is a commit that this person contributed to."""
    part = (
        f'; {person.name} is an author of {by.revision[:12]} "{by.subject[:SUBJECT]}"'
        if by is not None
        else ""
    )
    return NotAllowed(
        who=person.name,
        wish=f"approve {run.name}",
        reason=f"{why}{part}",
        run=run.name,
        hint=f"who may approve:   driftline stack show {run.stack}",
    )


def _refuse_expired(
    control: "ControlPorts", reader: "AuditReader", run: Run, person: Person, now: Standing
) -> None:
    """ClockBehind if an approval given now would have expired already because the clock went back: it would
    be worthless.
    """
    if any(one.person == person for one in now.given):
        return
    here, newest = control.clock.now(), steady_now(reader, control.clock, run.name)
    raise ClockBehind(now=f"{here:%Y-%m-%d %H:%M:%S} UTC", newest=f"{newest:%Y-%m-%d %H:%M:%S} UTC")


def _approval(control: "ControlPorts", asked: Question, person: Person, yes: Yes) -> Approval:
    run = asked.run
    answers = (violation.answer for violation in asked.violations)
    return Approval(
        run=run.id,
        person=person,
        at=control.clock.now(),
        plan_digest=run.plan_digest or "",
        fingerprint=run.fingerprint or "",
        comment=yes.comment,
        binding_digest=run.binding_digest or "",
        accepted=tuple(answer for answer in answers if answer in yes.accepted),
    )


def _refuse_hopeless(asked: Question, accepted: frozenset[str]) -> None:
    run = asked.run
    if run.state is not (State.PLANNED if run.kind is Kind.PREVIEW else State.AWAITING_APPROVAL):
        again = " again" if run.state is State.APPROVED else ""
        raise WrongState(run=run.name, state=run.state, wish=f"approved{again}")
    if asked.terms.mode == "never":
        raise NeverApplies(stack=run.stack, origin=asked.terms.why("mode"))
    refuse_denied(run, asked.judged)
    destroys = run.summary.destroys
    if any(one.startswith(DESTROYS) and one != f"{DESTROYS}{destroys}" for one in accepted):
        raise GuardrailHit(
            run=run.name,
            violation=f"a different number was accepted, but it destroys or replaces {destroys} resources",
            hint=f"driftline run diff {run.name}",
        )
    blocking = unanswered(asked.violations, accepted)
    if blocking:
        raise GuardrailHit(
            run=run.name,
            violation="; ".join(violation.sentence for violation in blocking),
            hint=_how_to_answer(run, blocking),
        )


def _how_to_answer(run: Run, blocking: tuple[Violation, ...]) -> str | None:
    """The command that lets it pass, if there is one."""
    if any(violation.code == OUTDATED for violation in blocking):
        return f"driftline plan {run.stack}"
    if not all(violation.answer for violation in blocking):
        return None
    words = " ".join(option(violation.answer) for violation in blocking)
    return (
        f"driftline run diff {run.name}   then, if this is intended:   driftline approve {run.name} {words}"
    )


def _again(run: Run, accepted: Collection[str]) -> str:
    """The command with the answers that were given."""
    return " ".join([f"driftline approve {run.name}", *map(option, sorted(accepted))])


def option(answer: str) -> str:
    """`destroys=6` as a command-line option: `--accept-destroys 6`."""
    name, _, value = answer.partition("=")
    return f"--accept-{name} {value}".rstrip()


def _check(control: "ControlPorts", reader: "Writer", asked: Question, yes: Yes) -> None:
    run = asked.run
    refuse_old_preview(reader, run)
    _refuse_hopeless(asked, yes.accepted)
    binding = _still_bound(control, reader, run)
    if yes.seen is not None:
        _refuse_changed(yes.seen, asked)
    if not PREFIX.fullmatch(yes.digest):
        raise BadUsage(
            f"expected at least {MIN_PREFIX} characters 0-9 or a-f of the digest, got {yes.digest!r}",
            hint=f"driftline run diff {run.name}   then   driftline approve {run.name}",
        )
    if not any(known.startswith(yes.digest) for known in (binding.plan_digest, binding.digest)):
        raise ApprovalForOtherPlan(
            run=run.name, digest=binding.plan_digest[:MIN_PREFIX], given=yes.digest[:MIN_PREFIX]
        )
    new = [v.sentence for v in asked.violations if v.sentence not in binding.guard_rails]
    if new:
        raise ApprovalVoid(
            run=run.name,
            what=f"the guardrails now object: {'; '.join(new)}",
            hint=f"driftline plan {run.stack}",
        )
    if asked.type_the_name and yes.typed_name != run.stack:
        violations = "; ".join(violation.sentence for violation in asked.violations)
        raise GuardrailHit(
            run=run.name,
            violation=violations,
            hint=f"confirm with the stack's name:   {_again(run, yes.accepted)} --confirm {run.stack}",
        )


@contextmanager
def _recorded(control: "ControlPorts", run_id: int, person: Person, *, digest: str) -> Iterator[None]:
    """A refused attempt leaves a row in the audit log, in its own transaction."""
    try:
        yield
    except (Blocked, NotAllowed, BadUsage) as refused:
        kind = type(refused).__name__
        note_refusal(control, person, "approval.refuse", run_id, refused, refusal=kind, digest=digest[:64])
        raise


def reject(
    control: "ControlPorts", run_id: int, person: Person, reason: str, *, shown: State | None = None
) -> Run:
    """A rejection, with its reason; the stack then waits for a new commit or a manual plan. A preview loses its reviews.

    RunChanged if the run is no longer in the state in which it was shown.
    """
    with control.store.writing() as writer:
        run = writer.run(run_id)
        if shown is not None and run.state is not shown:
            raise RunChanged(run=run.name, state=run.state)
        if run.kind is Kind.PREVIEW and run.state is State.PLANNED:
            writer.withdraw_approvals(run, by=person.name, reason=reason)
            return run
        return writer.transition(run, Event.REJECT, by=person.name, reason=reason)
