"""Everything asked of a plan's document, in one question: a large document is read by a separate process."""

from collections.abc import Mapping
from dataclasses import field, replace
from typing import Any

from runner.model.approval.content_rules import broken_rules
from runner.model.approval.named_rule import NamedRule, rules_digest
from runner.model.changes.bounded import bounded, bounded_attributes, fitted_values
from runner.model.changes.changes import ChangeSet
from runner.model.drift.partly import Partly
from runner.model.drift.report import Finding
from runner.model.drift.taxonomy import classify, drift_fingerprint
from runner.model.evaluated.reading import ALONE, Around
from runner.model.plan.fingerprint import MARK_DIGITS, fingerprint, seal
from runner.model.plan.mentioned import mentioned
from runner.model.plan.reading import changing, plan_problem, read_plan, understanding
from runner.model.secret.copies import Secrets, plan_secrets, sensitive_texts
from runner.model.stack.definition import IgnoreRule
from runner.model.values.frozen import dataclass

NOTHING = ChangeSet()


@dataclass(frozen=True)
class Question:
    key: str  # of fingerprints, in hexadecimal
    given: tuple[str, ...] = ()  # secrets that the engine received
    by_marks: bool = False  # besides those, only marked values are masked
    provisioners: bool = False
    actions: tuple[str, ...] = ("*",)  # types that may be invoked
    ignore: tuple[IgnoreRule, ...] = ()
    drift: bool = False
    around: Around = ALONE
    # For a drift check: with another value than at the last apply, and the output of another stack that it is, if it is.
    changed_inputs: dict[str, str] = field(default_factory=dict)
    partly: tuple[Partly, ...] = ()  # for a drift check: parts of other revisions in the state
    rules: tuple[NamedRule, ...] = ()  # about the content of plans
    targeted: bool = False  # OpenTofu's plans do not say so


@dataclass(frozen=True)
class Report:
    """`changes` and `findings` are bounded."""

    problem: str | None = None
    changes: ChangeSet = NOTHING
    fingerprint: str = ""
    sensitive: tuple[str, ...] = ()
    findings: tuple[Finding, ...] = ()
    drift_fingerprint: str | None = None
    mentioned: tuple[str, ...] = ()  # what may be paths in its values, with secrets


def report_of(document: Mapping[str, Any], question: Question) -> tuple[Report, ChangeSet]:
    """The report, and the unbounded changes, without secrets."""
    with understanding(document):
        sensitive = tuple(sorted(sensitive_texts(document)))
    problem = plan_problem(document, provisioners=question.provisioners, actions=question.actions)
    if problem is not None:
        return Report(problem, sensitive=sensitive), NOTHING
    given, key = Secrets.of(question.given), bytes.fromhex(question.key)

    def mark(value: Any) -> str:
        return seal("reading", value, key)[:MARK_DIGITS]

    changes = read_plan(document, given, question.around, mark, by_marks=question.by_marks)
    if question.targeted:
        changes = replace(changes, complete=False)
    if question.rules:
        changes = _judged(changes, document, question, given)
    report = Report(
        changes=bounded(changes),
        fingerprint=fingerprint(document, key, question.around.code),
        sensitive=sensitive,
        mentioned=() if question.drift else mentioned(document),
    )
    return (_with_drift(report, document, question, given, key) if question.drift else report), changes


def _judged(changes: ChangeSet, document: Mapping[str, Any], question: Question, given: Secrets) -> ChangeSet:
    """With what the operator's rules object to. Values are shown as in the changes."""
    secrets = given if question.by_marks else plan_secrets(document) | given
    with understanding(document):
        broken = broken_rules(document, changing(document), question.rules, secrets, question.around)
    return replace(changes, broken=broken, judged_by=rules_digest(question.rules))


def _with_drift(
    report: Report, document: Mapping[str, Any], question: Question, given: Secrets, key: bytes
) -> Report:
    by_marks, partly = question.by_marks, question.partly
    changed = question.changed_inputs
    found = classify(
        document, question.ignore, given, by_marks=by_marks, partly=partly, changed_inputs=changed
    )
    return replace(
        report,
        findings=bounded_findings(found),
        drift_fingerprint=drift_fingerprint(
            document,
            question.ignore,
            key,
            given,
            by_marks=by_marks,
            partly=partly,
            changed_inputs=changed,
            code=question.around.code,
        ),
    )


def bounded_findings(findings: tuple[Finding, ...]) -> tuple[Finding, ...]:
    return fitted_values(findings, _cut, len(findings))


def _cut(findings: tuple[Finding, ...], limit: int) -> tuple[Finding, ...]:
    return tuple(replace(one, attributes=bounded_attributes(one.attributes, limit)) for one in findings)
