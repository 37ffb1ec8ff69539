"""What a valid promotion must satisfy, by itself and by the stacks that are known."""

import re
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from runner.config.check import Complaint
from runner.config.limits import PROMOTION, out_of_limits
from runner.config.place import KeyPath
from runner.model.settings.promotion import Promotion
from runner.model.settings.server import Settings
from runner.model.stack.definition import NAME_PATTERN, Stack
from runner.model.values.name import EXPECTED, NAME

if TYPE_CHECKING:
    from runner.model.promotion.order import Misplaced


def promotion_complaints(settings: Settings) -> Iterator[Complaint]:
    names: set[str] = set()
    owner: dict[str, str] = {}
    for index, promotion in enumerate(settings.promotion):
        here: KeyPath = ("promotion", index)
        if promotion.name in names:
            yield Complaint((*here, "name"), "another promotion already has this name")
        names.add(promotion.name)
        if NAME.fullmatch(promotion.name) is None:
            message = EXPECTED
            yield Complaint((*here, "name"), message)
        yield from out_of_limits(promotion, PROMOTION, here)
        yield from _order((*here, "order"), promotion, owner)


def _order(here: KeyPath, promotion: Promotion, owner: dict[str, str]) -> Iterator[Complaint]:
    """`owner` knows which promotion each stack is in."""
    if len(promotion.order) < 2:
        yield Complaint(here, "a promotion needs at least two stages", got=False)
    for place, stack in enumerate(promotion.order):
        if re.fullmatch(NAME_PATTERN, stack) is None:
            yield Complaint((*here, place), "expected the name of a stack")
        elif stack in promotion.order[:place]:
            yield Complaint((*here, place), "this stack is already a stage of this promotion")
        elif stack in owner:
            yield Complaint((*here, place), f"this stack is already a stage of promotion {owner[stack]}")
    owner.update(dict.fromkeys(promotion.order, promotion.name))


def misplaced_stages(
    settings: Settings, stacks: Mapping[str, Stack]
) -> tuple[list[Complaint], list[Complaint]]:
    """By the stacks that are known: what is certainly wrong, and what a commit may still mend."""
    from runner.model.promotion.order import misplaced

    found = list(misplaced(settings.promotion, stacks))
    return [_complaint(one) for one in found if one.certain], [
        _complaint(one) for one in found if not one.certain
    ]


def _complaint(of: "Misplaced") -> Complaint:
    return Complaint(("promotion", of.promotion, "order", of.stage), of.message, of.hint)
