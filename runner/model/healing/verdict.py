"""Whether the plan of a heal may be applied without a person: each part of it by the first rule that matches."""

from collections.abc import Iterable, Sequence
from dataclasses import replace

from runner.model.changes.changes import ChangeSet
from runner.model.healing.part import Part, beyond, hidden, matches, named, parts, unknown
from runner.model.healing.rules import HealTerms, NamedRule, Side, once
from runner.model.run.healed_by import HealedBy
from runner.model.settings.guardrails import Guardrails
from runner.model.stack.heal_rule import Do
from runner.model.values.frozen import dataclass
from runner.model.values.pattern import covered

STRICTNESS: tuple[Do, ...] = ("heal", "ignore", "ask")  # strictest last
NO_RULE = "no rule matches"


@dataclass(frozen=True)
class Protection:
    """What may not be destroyed by accident, as globs."""

    types: tuple[str, ...] = ()
    addresses: tuple[str, ...] = ()


@dataclass(frozen=True)
class Decision:
    """About one part of a plan. `by` is the rule that decides, `under` all rules that let it pass."""

    part: Part
    do: Do
    sentence: str
    by: NamedRule | None = None
    under: tuple[NamedRule, ...] = ()

    @property
    def subject(self) -> str:
        return f"{self.part.path} of {self.part.address}" if self.part.path else self.part.address


@dataclass(frozen=True)
class Verdict:
    """`obstacles` concern the whole plan: with any of them, it waits for a person."""

    decisions: tuple[Decision, ...] = ()
    obstacles: tuple[str, ...] = ()

    @property
    def heals(self) -> bool:
        """A plan is applied as a whole, so every part of it has to heal."""
        return bool(self.decisions) and not self.obstacles and all(one.do == "heal" for one in self.decisions)

    @property
    def left_alone(self) -> bool:
        """Whether rules leave all of it alone, so that there is nothing to ask."""
        return bool(self.decisions) and all(one.do == "ignore" for one in self.decisions)

    @property
    def rules(self) -> tuple[NamedRule, ...]:
        """The rules that let it pass."""
        return once(rule for one in self.decisions for rule in one.under)

    @property
    def marks(self) -> tuple[HealedBy, ...]:
        return tuple(rule.mark for rule in self.rules)

    @property
    def why_not(self) -> str:
        """Why it waits for a person: the first reason, and how many more there are."""
        held = [f"{one.subject}: {one.sentence}" for one in self.decisions if one.do != "heal"]
        reasons = [*self.obstacles, *held]
        if not reasons:
            return "" if self.decisions else "the plan changes no resource"
        more = f" (and {len(reasons) - 1} more)" if len(reasons) > 1 else ""
        return f"{reasons[0]}{more}"

    def held_by(self, obstacles: Iterable[str]) -> "Verdict":
        return replace(self, obstacles=(*self.obstacles, *obstacles))


def judge(
    changes: ChangeSet, terms: HealTerms, protection: Protection, objections: Sequence[str] = ()
) -> Verdict:
    """The verdict by the rules alone. `objections` are those of the guard rails."""
    decisions = tuple(_decide(part, terms, protection) for part in parts(changes))
    return Verdict(decisions, (*(f"guardrails: {one}" for one in objections), *beyond(changes)))


def _decide(part: Part, terms: HealTerms, protection: Protection) -> Decision:
    """The strictest answer of all sides."""
    answers = [_answer(side, part, protection) for side in terms.sides]
    if not answers:
        return Decision(part, "ask", NO_RULE)
    strictest = max(answers, key=lambda one: STRICTNESS.index(one.do))
    if strictest.do != "heal":
        return strictest
    return replace(strictest, under=once(rule for one in answers for rule in one.under))


def _answer(side: Side, part: Part, protection: Protection) -> Decision:
    operator, own = (_first(rules, part, protection) for rules in (side.operator, side.own))
    if operator is None and own is None:
        return Decision(part, "ask", NO_RULE)
    if operator is None and own is not None:
        if own.do == "ask" or side.may_heal:
            return own
        return replace(
            own, do="ask", under=(), sentence=f"no rule of the operator matches, and {_only_stricter(own)}"
        )
    if operator is None or own is None:
        return operator or own or Decision(part, "ask", NO_RULE)
    if STRICTNESS.index(own.do) > STRICTNESS.index(operator.do):
        return own
    return replace(operator, under=(*operator.under, *own.under) if operator.do == "heal" else ())


def _only_stricter(own: Decision) -> str:
    name = own.by.name if own.by else "a rule of the stack"
    return f"{name} may not say {own.do}: allow.heal of the source is false"


def _first(rules: Sequence[NamedRule], part: Part, protection: Protection) -> Decision | None:
    by = next((one for one in rules if matches(one.rule, part)), None)
    if by is None:
        return None
    if by.rule.do != "heal":
        return Decision(part, by.rule.do, _said(by), by)
    why = _kept_from(by, part, protection)
    if why is not None:
        return Decision(part, "ask", f"{by.name} does not cover it: {why}", by)
    return Decision(part, "heal", _said(by), by, (by,))


def _said(by: NamedRule) -> str:
    reason = f" ({by.rule.reason})" if by.rule.reason else ""
    return f"{by.name} says {by.rule.do}{reason}"


def _kept_from(by: NamedRule, part: Part, protection: Protection) -> str | None:
    """Why a rule that heals does not heal this part, or None."""
    by_name = named(by.rule, part) and not by.of_stack
    if part.action in {"delete", "replace"} and not by_name:
        if by.of_stack:
            return f"only a rule of the operator may let a {part.action} pass"
        return f"a {part.action} has to be named: the action, and the exact address"
    if _protected(part, protection) and not by_name:
        return "it is protected, and only an operator's rule with its action and exact address heals it"
    secret = hidden(part)
    if secret is not None:
        return f"{secret}, so its value cannot be judged"
    if unknown(part) and part.path not in by.rule.attributes:
        return "its value is known only after the apply; a rule has to name it exactly in attributes"
    return None


def _protected(part: Part, protection: Protection) -> bool:
    return covered(protection.types, part.resource.type) or covered(protection.addresses, part.address)


def protection(guardrails: Guardrails, protect: Sequence[str]) -> Protection:
    """What the guard rails and the terms of the stack protect."""
    return Protection(guardrails.protect_types, (*guardrails.protect_addresses, *protect))
