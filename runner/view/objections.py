"""What a plain yes to a plan does not pass, and the command that goes on from there."""

from collections.abc import Sequence

from runner.errors import NeverApplies, SourceNotFound
from runner.model.approval.guardrails import OUTDATED, Violation, unanswered
from runner.model.run.life import Run
from runner.model.settings.server import Settings
from runner.ports.basics import Clock
from runner.ports.records.store import Reader
from runner.service.approval.approve import Question, option, question

NEVER = "never"


def objections(asked: Question) -> tuple[Violation, ...]:
    """The guard rails that block it; or that the stack is never applied, or nobody may approve it, which has no answer."""
    if asked.terms.mode == "never":
        message = NeverApplies(stack=asked.run.stack, origin=asked.terms.why("mode")).message
        return (Violation(NEVER, message, blocking=True),)
    if asked.nobody is not None:
        return (Violation("nobody", asked.nobody, blocking=True), *unanswered(asked.violations, ()))
    return unanswered(asked.violations, ())


def objections_to(settings: Settings, clock: Clock, reader: Reader, run: Run) -> tuple[Violation, ...]:
    """None where its source is no longer configured: the status says that elsewhere."""
    try:
        return objections(question(settings, clock, reader, run.id))
    except SourceNotFound:
        return ()


def goes_on(run: Run, found: Sequence[Violation]) -> str:
    """With the answers that let it pass; where one has none, planning it again, or only looking at it, is left."""
    if any(objection.code == OUTDATED for objection in found):
        return f"driftline plan {run.stack}"
    if not all(objection.answer for objection in found):
        return f"driftline run show {run.name}"
    return " ".join([f"driftline approve {run.name}", *(option(objection.answer) for objection in found)])
