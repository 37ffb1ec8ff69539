"""Which heal rules apply to a stack: the operator's that match it, and its own, under each declaration that counts."""

import hashlib
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import replace

from runner.model.approval.terms import Declaration
from runner.model.run.healed_by import HealedBy
from runner.model.settings.server import DriftSettings
from runner.model.stack.definition import StackDefinition, to_json
from runner.model.stack.heal_rule import UNLIMITED, HealRule, Reaction
from runner.model.stack.match import reaches
from runner.model.values.frozen import dataclass


@dataclass(frozen=True)
class NamedRule:
    """A rule and where it is written: `rule 2 of drift.heal`. Only the operator's may name what is destroyed."""

    rule: HealRule
    name: str
    of_stack: bool = False

    @property
    def mark(self) -> HealedBy:
        # Another limit or reason does not make it another rule: what it let pass today still counts.
        text = to_json(replace(self.rule, at_most=UNLIMITED, reason=""))
        return HealedBy(self.name, hashlib.sha256(text.encode()).hexdigest()[:16])


@dataclass(frozen=True)
class Side:
    """The rules under one declaration of the stack. `may_heal`: its own rules may heal where the operator says nothing."""

    operator: tuple[NamedRule, ...]
    own: tuple[NamedRule, ...]
    may_heal: bool = False


@dataclass(frozen=True)
class HealTerms:
    """How a stack reacts to drift, and by whose word. Every side has to let a part pass."""

    action: Reaction
    why: str
    sides: tuple[Side, ...] = ()

    @property
    def rules(self) -> tuple[NamedRule, ...]:
        """All of them, each once."""
        return once(rule for side in self.sides for rule in (*side.operator, *side.own))


def once(rules: Iterable[NamedRule]) -> tuple[NamedRule, ...]:
    """Each rule once, by its name."""
    return tuple({rule.name: rule for rule in rules}.values())


def heal_terms(
    settings: DriftSettings,
    declared: Sequence[Declaration],
    newest: StackDefinition,
    allowing: Collection[str] = (),
) -> HealTerms:
    """The terms for a stack with these declarations. `newest` is the one in Git; stacks of `allowing` sources may heal.

    A commit can make the reaction stricter at once. It reconciles only if every declaration that counts does.
    """
    action, why = _said(settings, newest)
    if action == "reconcile":
        held = next(_held(settings, declared, allowing), None)
        action, why = ("propose", held) if held else (action, why)
    return HealTerms(action, why, tuple(_sides(settings, declared, allowing)))


def _said(settings: DriftSettings, of: StackDefinition) -> tuple[Reaction, str]:
    own = of.drift.action
    return (
        (settings.action, "drift.action of the server") if own is None else (own, "drift.action of the stack")
    )


def _held(
    settings: DriftSettings, declared: Sequence[Declaration], allowing: Collection[str]
) -> Iterator[str]:
    """Why the stack may not reconcile although Git says so."""
    for one in declared:
        action, _ = _said(settings, one.definition)
        if action != "reconcile":
            yield f"{one.origin} says drift.action: {action}"
        elif settings.action != "reconcile" and one.source not in allowing:
            yield f"{one.origin} says drift.action: reconcile, but allow.heal of source {one.source} is false"


def _sides(
    settings: DriftSettings, declared: Sequence[Declaration], allowing: Collection[str]
) -> Iterator[Side]:
    for one in declared:
        operator = tuple(
            NamedRule(rule, rule_name(number))
            for number, rule in enumerate(settings.heal, 1)
            if reaches(rule.match, one.definition, one.source)
        )
        own = tuple(
            NamedRule(rule, f"{rule_name(number)} in {one.origin}", of_stack=True)
            for number, rule in enumerate(one.definition.drift.heal, 1)
        )
        yield Side(operator, own, one.source in allowing)


def rule_name(number: int) -> str:
    return f"rule {number} of drift.heal"
