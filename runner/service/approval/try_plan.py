"""Judge a plan from a file as a run's plan would be, without a run: policies, guard rails, and how many must approve."""

import secrets
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from runner.host.files import private_folder
from runner.model.approval.guardrails import Violation, denials, violations
from runner.model.approval.named_rule import NamedRule
from runner.model.approval.rules import needed
from runner.model.approval.stack_guardrails import stack_guardrails
from runner.model.approval.terms import Declaration, Terms, raised
from runner.model.execution.plan_report import Question, report_of
from runner.model.policy.document import context
from runner.model.policy.result import PolicyResult, scrubbed
from runner.model.run.life import Kind
from runner.model.secret.copies import Secrets
from runner.model.settings.server import Settings
from runner.model.stack.definition import Stack, StackDefinition
from runner.model.values.frozen import dataclass
from runner.ports.policy import Judge, Policies
from runner.ports.records.declarations import DeclarationReader
from runner.service.approval.terms import counting, stack_terms


@dataclass(frozen=True)
class Trial:
    """`terms` and `approvals` are None without a stack. `problem` is why a run would refuse the plan at once."""

    results: tuple[PolicyResult, ...]
    violations: tuple[Violation, ...]
    problem: str | None
    terms: Terms | None = None
    approvals: int | None = None

    @property
    def denied(self) -> bool:
        """Whether no person could approve it as it is."""
        return self.problem is not None or any(one.blocking and not one.answer for one in self.violations)


def try_plan(
    settings: Settings,
    policies: Policies,
    judge: Judge,
    document: Mapping[str, Any],
    plan: Path,
    place: Path,
    stack: Stack | None = None,
    reader: DeclarationReader | None = None,
) -> Trial:
    """`plan` is the file of the document. Without a stack every policy judges it, and only the default guard rails."""
    declared = counting(reader, stack) if stack is not None and reader is not None else ()
    results = _results(policies, judge, plan, place, stack, declared)
    rails = stack_guardrails(settings.guardrails, declared)
    report, _ = report_of(document, _question(settings, stack, rails.named))
    known = Secrets.of(report.sensitive)
    told = scrubbed(results, lambda text: str(known.scrub(text)))
    terms = None
    if stack is not None and reader is not None:
        terms = raised(stack_terms(settings, reader, stack, report.changes.summary), told)
    broken = violations(
        report.changes,
        rails.limits,
        () if terms is None else terms.protect,
        rules=rails.rules,
    )
    return Trial(
        told,
        (*denials(told), *(broken if report.problem is None else ())),
        report.problem,
        terms,
        None if terms is None else needed(terms, Kind.CHANGE, report.changes.summary.destroys),
    )


def _question(settings: Settings, stack: Stack | None, rules: tuple[NamedRule, ...]) -> Question:
    source = None if stack is None else settings.source(stack.source)
    return Question(
        key=secrets.token_hex(32),
        provisioners=source is None or source.allow.provisioners,
        actions=("*",) if source is None else source.allow.actions,
        rules=rules,
    )


def _results(
    policies: Policies,
    judge: Judge,
    plan: Path,
    place: Path,
    stack: Stack | None,
    declared: Sequence[Declaration],
) -> list[PolicyResult]:
    definition = StackDefinition("") if stack is None else stack.definition
    told = context(
        definition,
        trigger="manual",
        source="" if stack is None else stack.source,
        revision="" if stack is None else stack.revision,
        module="" if stack is None else stack.module_path,
    )
    judging = (
        policies.every()
        if stack is None
        else policies.judging([(one.definition, one.source) for one in declared])
    )
    return [
        judge.policy(one, plan, told, private_folder(place / secrets.token_hex(6)), None)
        for one in judging.policies
    ]
