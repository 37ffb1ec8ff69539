"""Which rules of the operator reach a stack, what they say, and which of them decide."""

from collections.abc import Iterator, Sequence
from typing import Any

from runner.model.approval.stack_guardrails import StackGuardrails, stack_guardrails
from runner.model.approval.terms import Declaration, Terms, matched
from runner.model.settings.rule_tables import TableRule, table_rules
from runner.model.settings.server import Settings
from runner.model.stack.definition import Stack
from runner.model.stack.match import mismatch
from runner.model.values.frozen import dataclass
from runner.ports.records.store import Reader
from runner.service.approval.terms import counting, stack_terms
from runner.view.terms import TermsView, terms_view


@dataclass(frozen=True)
class RuleRow:
    """`why` is the declaration that it matches, if that is an earlier one, or why it does not match.

    `decides` are the keys of an approval or guardrail rule for which no other rule is stricter.
    """

    name: str
    table: str
    applies: bool
    why: str
    says: dict[str, Any]
    reason: str
    decides: tuple[str, ...]


@dataclass(frozen=True)
class LimitRow:
    key: str
    value: int
    by: str


@dataclass(frozen=True)
class RulesPage:
    stack: str
    terms: TermsView
    limits: tuple[LimitRow, ...]
    rules: tuple[RuleRow, ...]


def rules_page(reader: Reader, settings: Settings, stack: Stack) -> RulesPage:
    declared = counting(reader, stack)
    rails = stack_guardrails(settings.guardrails, declared)
    terms = stack_terms(settings, reader, stack)
    return RulesPage(
        stack=stack.name,
        terms=terms_view(terms, settings.approvals.people),
        limits=tuple(_limits(rails)),
        rules=tuple(_row(rule, declared, terms, rails) for rule in table_rules(settings)),
    )


def _limits(rails: StackGuardrails) -> Iterator[LimitRow]:
    by = rails.rules.sayers
    for key, value in (
        ("max_destroys", rails.limits.max_destroys),
        ("max_changes", rails.limits.max_changes),
    ):
        yield LimitRow(key, value, by.get(key, "guardrails in the server's configuration"))


def _row(rule: TableRule, declared: Sequence[Declaration], terms: Terms, rails: StackGuardrails) -> RuleRow:
    applies = matched(rule.match, declared)
    return RuleRow(
        name=rule.name,
        table=rule.table,
        applies=applies,
        why=_why(rule, declared, applies=applies),
        says=rule.says,
        reason=rule.reason,
        decides=tuple(_decides(rule, terms, rails)) if applies else (),
    )


def _why(rule: TableRule, declared: Sequence[Declaration], *, applies: bool) -> str:
    now = declared[-1]
    differs = mismatch(rule.match, now.definition, now.source)
    if not applies or not differs:
        return differs
    earlier = next(one for one in reversed(declared) if matched(rule.match, [one]))
    return f"it matches {earlier.origin}"


def _decides(rule: TableRule, terms: Terms, rails: StackGuardrails) -> Iterator[str]:
    if rule.table == "approvals.rules":
        for key in ("mode", "required", "author_may_approve"):
            if rule.name in terms.why(key):
                yield key
        yield from dict.fromkeys(
            word.key
            for word in terms.words
            if word.applies and word.key in _EACH_COUNTS and word.origin.startswith(rule.name)
        )
    elif rule.table == "guardrails.rules":
        by = rails.rules.sayers
        lower = {key for key in rule.says if by.get(key, "").startswith(rule.name)}
        yield from (key for key in rule.says if key in lower or not key.startswith("max_"))


_EACH_COUNTS = frozenset({"from", "one_of", "protect"})
