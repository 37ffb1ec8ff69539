"""Rules about the content of plans, by their names, and the digest of those that a plan was judged by."""

import hashlib
from collections.abc import Iterable, Sequence

from runner.model.settings.guardrails import GuardrailRule
from runner.model.stack.definition import to_json
from runner.model.values.frozen import dataclass


@dataclass(frozen=True)
class NamedRule:
    """A rule that matches the stack, by the name that people see."""

    name: str
    rule: GuardrailRule

    def __str__(self) -> str:
        return f"{self.name}: {self.rule.reason}" if self.rule.reason else self.name


def rules_digest(rules: Sequence[NamedRule]) -> str:
    """What a plan was judged by; empty without rules about its content."""
    contents = [
        [one.rule.reason, one.rule.forbid, one.rule.required_tags, one.rule.values]
        for one in content_rules(rules)
    ]
    return hashlib.sha256(to_json(contents).encode()).hexdigest() if contents else ""


def content_rules(rules: Iterable[NamedRule]) -> tuple[NamedRule, ...]:
    return tuple(one for one in rules if one.rule.forbid or one.rule.required_tags or one.rule.values)
