"""What to do about a stack, and why: facts -> decision table -> reason code and sentence.

The first matching row decides. Every row gives an answer, so there is always a reason when nothing happens.
"""

from collections.abc import Sequence

from runner.model.schedule.change_rules import CHANGE_RULES
from runner.model.schedule.rule import Next, Rule
from runner.model.schedule.view import View
from runner.model.values.frozen import dataclass


@dataclass(frozen=True)
class Decision:
    action: Next
    code: str
    sentence: str


def decide(view: View, rules: Sequence[Rule] = CHANGE_RULES) -> Decision:
    """The decision of the first matching rule."""
    rule = next(rule for rule in rules if rule.fits(view))
    return Decision(rule.action, rule.code, rule.sentence(view))
