"""The guard rails for one stack: the defaults, and every rule of the operator that matches it."""

from collections.abc import Iterator, Sequence

from runner.model.approval.guardrails import Rules
from runner.model.approval.named_rule import NamedRule, rules_digest
from runner.model.approval.terms import Declaration, matched
from runner.model.settings.guardrails import Guardrails
from runner.model.values.frozen import dataclass

_LIMITS = ("max_destroys", "max_changes")


@dataclass(frozen=True)
class StackGuardrails:
    """`named` are the rules that match the stack; `limits` and `rules` are what `violations` compares a plan with."""

    named: tuple[NamedRule, ...]
    limits: Guardrails
    rules: Rules


def stack_guardrails(guardrails: Guardrails, declared: Sequence[Declaration]) -> StackGuardrails:
    named = named_rules(guardrails, declared)
    rules = Rules(sayers(guardrails, named), rules_digest(named))
    return StackGuardrails(named, strictest(guardrails, named), rules)


def guardrail_name(number: int) -> str:
    return f"rule {number} of guardrails.rules"


def named_rules(guardrails: Guardrails, declared: Sequence[Declaration]) -> tuple[NamedRule, ...]:
    """The rules that match the stack under any of its declarations."""
    candidates = guardrails.index.candidates(one.definition for one in declared)
    return tuple(
        NamedRule(guardrail_name(at + 1), guardrails.rules[at])
        for at in candidates
        if matched(guardrails.rules[at].match, declared)
    )


def strictest(guardrails: Guardrails, rules: Sequence[NamedRule]) -> Guardrails:
    """The lowest of all limits, and everything that any of them protects."""
    return Guardrails(
        max_destroys=_lowest("max_destroys", guardrails, rules)[0],
        max_changes=_lowest("max_changes", guardrails, rules)[0],
        protect_types=_all("protect_types", guardrails, rules),
        protect_addresses=_all("protect_addresses", guardrails, rules),
        actions=_all("actions", guardrails, rules),
    )


def _all(key: str, guardrails: Guardrails, rules: Sequence[NamedRule]) -> tuple[str, ...]:
    return (*getattr(guardrails, key), *(glob for one in rules for glob in getattr(one.rule, key)))


def _lowest(key: str, guardrails: Guardrails, rules: Sequence[NamedRule]) -> tuple[int, NamedRule | None]:
    """The lowest limit, and the rule that sets it if it is not the default."""
    return min(_limits(key, guardrails, rules), key=lambda one: one[0])


def sayers(guardrails: Guardrails, rules: Sequence[NamedRule]) -> dict[str, str]:
    """For each limit that a rule lowers, the rule that says so."""
    lowest = {key: _lowest(key, guardrails, rules)[1] for key in _LIMITS}
    return {key: str(rule) for key, rule in lowest.items() if rule is not None}


def _limits(
    key: str, guardrails: Guardrails, rules: Sequence[NamedRule]
) -> Iterator[tuple[int, NamedRule | None]]:
    yield getattr(guardrails, key), None
    for one in rules:
        value = getattr(one.rule, key)
        if value is not None:
            yield value, one
