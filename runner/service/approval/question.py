"""What a person sees before saying yes or no to a plan."""

import hashlib
import json
from typing import TYPE_CHECKING

from runner.model.approval.binding import Binding, EngineFacts
from runner.model.approval.carried import Carried
from runner.model.approval.guardrails import Violation, needs_name_typed
from runner.model.approval.rules import Standing
from runner.model.approval.terms import Terms, nobody
from runner.model.changes.changes import ChangeSet, Diagnostic
from runner.model.drift.ignored import IgnoredChange
from runner.model.policy.result import NOT_JUDGED, Judged
from runner.model.run.life import Run
from runner.model.settings.server import Settings
from runner.model.stack.definition import StackDefinition
from runner.model.values.codec import to_plain
from runner.model.values.frozen import dataclass
from runner.model.window.closed import Closed, Openings
from runner.service.approval.bind import applied_with, broken_now
from runner.service.approval.standing import standing_now
from runner.service.approval.terms import plan_terms
from runner.service.approval.windows import closed_for
from runner.service.drift.rules import ignored_by_rule

if TYPE_CHECKING:
    from runner.ports.basics import Clock
    from runner.ports.records.joined import QuestionReader


@dataclass(frozen=True)
class Seen:
    """Which plan a person was shown. It goes back with the answer, which then holds for nothing else.

    `changes` is a digest of the changes as they are on record.
    """

    plan_digest: str | None
    binding_digest: str | None
    fingerprint: str | None
    changes: str


@dataclass(frozen=True)
class Question:
    """Everything a person needs to see before answering."""

    run: Run
    stack: StackDefinition
    terms: Terms
    changes: ChangeSet
    standing: Standing
    violations: tuple[Violation, ...]
    binding: Binding | None = None
    nobody: str | None = None  # why too few people are left to approve
    renamed_from: str | None = None  # the name that the stack was last applied under
    warnings: tuple[Diagnostic, ...] = ()  # terraform's, of this plan
    ignored: tuple[IgnoredChange, ...] = ()  # what it changes although a drift rule ignores it
    judged: Judged = NOT_JUDGED
    closed: Closed | None = None  # the windows that its apply has to wait for
    reviews: Carried | None = None  # what became of the reviews of its pull request
    applied_with: EngineFacts | None = None  # what the last apply ran with

    @property
    def seen(self) -> Seen:
        run = self.run
        changes = json.dumps(to_plain(self.changes), sort_keys=True)
        digest = hashlib.sha256(changes.encode()).hexdigest()
        return Seen(run.plan_digest, run.binding_digest, run.fingerprint, digest)

    @property
    def type_the_name(self) -> bool:
        """Whether the name has to be typed: something protected would go, or far more than the guard rails allow."""
        return needs_name_typed(self.violations)


def question(settings: Settings, clock: "Clock", reader: "QuestionReader", run_id: int) -> Question:
    """What a person is asked; also for a run that no longer waits."""
    run = reader.run(run_id)
    definition = reader.definition(run.definition)
    changes = reader.changes(run_id) or ChangeSet()
    settings.required_source(run.source)
    by = plan_terms(settings, reader, run)
    terms, binding = by.terms, by.binding
    return Question(
        run=run,
        stack=definition,
        terms=terms,
        changes=changes,
        standing=standing_now(settings, clock, reader, run, terms),
        violations=broken_now(settings, reader, run, by, changes),
        judged=binding.judged if binding is not None else NOT_JUDGED,
        binding=binding,
        nobody=nobody(terms, settings.approvals.people),
        renamed_from=reader.stack(run.stack).renamed_from,
        applied_with=applied_with(reader, run.stack),
        warnings=reader.diagnostics(run_id),
        ignored=ignored_by_rule(settings, reader, run, changes),
        closed=closed_for(settings, clock, reader, run, terms, Openings(clock.now())),
        reviews=reader.carried(run_id),
    )
