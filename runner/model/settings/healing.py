"""What the operator says about self-healing: rules for some stacks, and limits that hold for every stack."""

from typing import Any, ClassVar

from runner.model.stack.definition import STRICT
from runner.model.stack.heal_rule import HealRule
from runner.model.stack.match import EVERY_STACK, StackMatch
from runner.model.values.frozen import dataclass
from runner.model.values.span import Seconds


@dataclass(frozen=True)
class OperatorHealRule(HealRule):
    """A rule of the operator, for the stacks that it matches."""

    match: StackMatch = EVERY_STACK


@dataclass(frozen=True)
class Fights:
    """A resource that heal rules let pass `times` times in this period is not healed again: something fights it."""

    __pydantic_config__: ClassVar[Any] = STRICT
    times: int = 3
    within: Seconds = Seconds(6 * 3600)


@dataclass(frozen=True)
class HealLimits:
    """`per_day` limits the heals of one stack in 24 hours."""

    __pydantic_config__: ClassVar[Any] = STRICT
    per_day: int = 10
    fights: Fights = Fights()


DEFAULT_LIMITS = HealLimits()
