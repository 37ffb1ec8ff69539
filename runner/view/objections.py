"""What a plain yes to a plan does not pass, and the command that goes on from there."""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from runner.errors import NeverApplies
from runner.model.approval.guardrails import OUTDATED, Violation, unanswered
from runner.model.approval.terms import Terms, nobody
from runner.model.changes.changes import ChangeSet
from runner.model.run.life import Run
from runner.model.settings.server import Settings
from runner.service.approval.approve import option
from runner.service.approval.bind import broken_now
from runner.service.approval.question import Question
from runner.service.approval.terms import PlanTerms, plan_terms

if TYPE_CHECKING:
    from runner.ports.records.store import Reader

NEVER = "never"


def objections(asked: Question) -> tuple[Violation, ...]:
    """The guard rails that block it; or that the stack is never applied, or nobody may approve it, which has no answer."""
    return _objections(asked.run, asked.terms, asked.nobody, lambda: asked.violations)


def objections_to(
    settings: Settings, reader: "Reader", run: Run, by: PlanTerms | None = None
) -> tuple[Violation, ...]:
    """Those of its question, without reading the rest of it: a status has many runs that wait. `by` is what judges
    it, where that is known.

    None where its source is no longer configured: the status says that elsewhere.
    """
    if settings.source(run.source) is None:
        return ()
    by = by or plan_terms(settings, reader, run)

    def broken() -> tuple[Violation, ...]:
        return broken_now(settings, reader, run, by, reader.changes(run.id) or ChangeSet())

    return _objections(run, by.terms, nobody(by.terms, settings.approvals.people), broken)


def _objections(
    run: Run, terms: Terms, too_few: str | None, broken: Callable[[], tuple[Violation, ...]]
) -> tuple[Violation, ...]:
    if terms.mode == "never":
        message = NeverApplies(stack=run.stack, origin=terms.why("mode")).message
        return (Violation(NEVER, message, blocking=True),)
    if too_few is not None:
        return (Violation("nobody", too_few, blocking=True), *unanswered(broken(), ()))
    return unanswered(broken(), ())


def goes_on(run: Run, found: Sequence[Violation]) -> str:
    """With the answers that let it pass; where one has none, planning it again, or only looking at it, is left."""
    if any(objection.code == OUTDATED for objection in found):
        return f"driftline plan {run.stack}"
    if not all(objection.answer for objection in found):
        return f"driftline run show {run.name}"
    return " ".join([f"driftline approve {run.name}", *(option(objection.answer) for objection in found)])
