"""Heal rules that never match or never do what they say: each as a sentence, with the key that is to blame."""

import re
from collections.abc import Iterator, Sequence

from runner.model.settings.healing import OperatorHealRule
from runner.model.stack.heal_rule import UNLIMITED, HealRule
from runner.model.stack.match import StackMatch
from runner.model.values.pattern import covered

Doubt = tuple[str, str]  # the key, and what is wrong with it
_TYPE_GLOB = re.compile(r"[A-Za-z0-9_*-]+")


def doubts(rules: Sequence[HealRule], number: int) -> Iterator[Doubt]:
    """About the rule with this number, counted from 0."""
    rule = rules[number]
    for index, other in enumerate(rules[:number], 1):
        if includes(other, rule):
            yield "", f"never matches: rule {index} of drift.heal matches everything that it does"
            break
    yield from _of_types(rule)
    if rule.attributes and "update" in rule.reaches and len(rule.reaches) < len(rule.actions):
        yield "actions", "attributes match updates only, so the other actions have no effect"
    elif not rule.reaches:
        yield "attributes", "never matches: attributes match updates only, and actions has no update"
    destroying = [action for action in rule.actions if action in {"delete", "replace"}]
    if rule.do == "heal" and destroying and not _exact(rule):
        yield (
            "actions",
            f"{' and '.join(destroying)} heals only with exact addresses, without *; this rule asks",
        )
    if rule.do != "heal" and rule.at_most != UNLIMITED:
        yield "at_most", f"has no effect, since the rule says {rule.do}"


def _exact(rule: HealRule) -> bool:
    return any("*" not in address for address in rule.addresses)


def _of_types(rule: HealRule) -> Iterator[Doubt]:
    for pattern in rule.types:
        if _TYPE_GLOB.fullmatch(pattern) is None:
            hint = "; this looks like an address, which belongs in addresses" if "." in pattern else ""
            yield "types", f"no resource type can match {pattern!r}{hint}"
    named = [type_of(address) for address in rule.addresses]
    if rule.types and named and all(kind and not covered(rule.types, kind) for kind in named):
        yield "addresses", "never matches: types matches none of these addresses"


def type_of(pattern: str) -> str:
    """The resource type that an address names; empty if its glob leaves it open."""
    rest = pattern
    while (inner := re.match(r"module\.[^.*\[]+(\[[^\]*]*\])?\.", rest)) is not None:
        rest = rest[inner.end() :]
    kind, dot, _ = rest.partition(".")
    return kind if dot and "*" not in kind and kind not in {"module", "data"} else ""


def includes(wide: HealRule, narrow: HealRule) -> bool:
    """Whether the first matches everything that the second matches. False where that is not certain."""
    return (
        bool(narrow.reaches)
        and set(narrow.reaches) <= set(wide.reaches)
        and _match_of(wide, narrow)
        and _all_covered(wide.types, narrow.types)
        and _all_covered(wide.addresses, narrow.addresses)
        and _all_covered(wide.attributes, narrow.attributes)
    )


def _match_of(wide: HealRule, narrow: HealRule) -> bool:
    one, other = (
        rule.match if isinstance(rule, OperatorHealRule) else StackMatch() for rule in (wide, narrow)
    )
    return (
        (not one.stacks or (bool(other.stacks) and set(other.stacks) <= set(one.stacks)))
        and (not one.sources or (bool(other.sources) and set(other.sources) <= set(one.sources)))
        and one.labels.items() <= other.labels.items()
    )


def _all_covered(wide: Sequence[str], narrow: Sequence[str]) -> bool:
    """A pattern that covers another one as text covers all that it matches: its literals never meet a `*`."""
    return not wide or (bool(narrow) and all(covered(wide, pattern) for pattern in narrow))
