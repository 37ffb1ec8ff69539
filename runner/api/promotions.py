"""Promotions: their stages, and which one a person means to plan early."""

from collections.abc import Sequence

from runner.api.caller import Caller
from runner.api.operation import operation
from runner.api.stack_facts import reading_stacks
from runner.errors import PromotionNotFound
from runner.model.access.role import Role
from runner.model.settings.promotion import Promotion
from runner.service.operator import promote
from runner.view.promotion import PromotionPage, PromotionPages, promotion_pages


@operation("GET", "/promotions", Role.VIEWER)
def list_promotions(caller: Caller) -> PromotionPages:
    """Promotions, and what each stage waits for."""
    return _pages(caller, caller.app.settings.promotion)


@operation("GET", "/promotions/{name}", Role.VIEWER)
def show_promotion(caller: Caller, name: str) -> PromotionPage:
    """One promotion, and what each stage waits for."""
    (page,) = _pages(caller, (_seen(caller, name),))
    return page


def _seen(caller: Caller, name: str) -> Promotion:
    """One without a stage that the caller sees is not there."""
    found = promote.named_promotion(caller.app.settings, name)
    if not any(map(caller.access.sees, found.order)):
        raise PromotionNotFound(promotion=name)
    return found


def _pages(caller: Caller, chosen: Sequence[Promotion]) -> PromotionPages:
    app = caller.app
    with reading_stacks(caller, app.disk.shortage()) as (reader, found):
        return promotion_pages(reader, chosen, found, reader.sees)


@operation("GET", "/promotions/{name}/next", Role.VIEWER)
def show_next_stage(caller: Caller, name: str, *, to: str | None = None) -> str:
    """The stage that would be promoted: the one named, or the first one that waits for another."""
    return promote.next_stage(caller.app.control, _seen(caller, name), to, caller.access.sees)
