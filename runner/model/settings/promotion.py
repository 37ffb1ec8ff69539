"""Promotion: the order in which stacks get a revision, and what each has to show before the next one gets it."""

from collections.abc import Iterable
from typing import Any, ClassVar, Literal

from runner.model.stack.definition import STRICT
from runner.model.values.frozen import dataclass
from runner.model.values.span import Seconds


@dataclass(frozen=True)
class PromotionWait:
    """What a stage has to show after its apply: time, and a drift check that finds nothing."""

    __pydantic_config__: ClassVar[Any] = STRICT
    soak: Seconds = Seconds(0)
    clean_check: bool = True


@dataclass(frozen=True)
class Promotion:
    """`order` names its stages, which are stacks."""

    __pydantic_config__: ClassVar[Any] = STRICT
    name: str
    order: tuple[str, ...]
    wait: PromotionWait = PromotionWait()
    by: Literal["revision"] = "revision"

    def before(self, stack: str) -> tuple[str, ...]:
        """The stages before a stage, the nearest first."""
        return tuple(reversed(self.order[: self.order.index(stack)]))


def promotion_of(promotions: Iterable[Promotion], stack: str) -> Promotion | None:
    """No stack is in two."""
    return next((one for one in promotions if stack in one.order), None)
