"""What promotions hold back: which stacks may not get their newest revision yet, and why."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from runner.model.promotion.rules import held, renamed_stage
from runner.model.promotion.stage import Stage, StageRecord, Wanted
from runner.model.schedule.decide import decide
from runner.model.schedule.rule import pause_sentence
from runner.model.schedule.view import View
from runner.model.settings.promotion import Promotion
from runner.model.stack.definition import Sync

if TYPE_CHECKING:
    from runner.ports.records.promotions import PromotionReader


def hold_back(
    reader: "PromotionReader", views: Mapping[str, View], promotions: Sequence[Promotion]
) -> Iterator[View]:
    """The stages that wait for one before them. Where every stage is in sync, nothing is read."""
    if promotions:
        yield from _renamed(views, promotions)
    at_work = [one for one in promotions if any(_may_wait(views.get(name)) for name in one.order[1:])]
    if not at_work:
        return
    records = reader.stage_records({name for one in at_work for name in one.order})
    for promotion in at_work:
        yield from _held_back(promotion, views, records)


def _renamed(views: Mapping[str, View], promotions: Sequence[Promotion]) -> Iterator[View]:
    stages = {name for one in promotions for name in one.order}
    later = {name for one in promotions for name in one.order[1:]}
    left = [view.stack for name in later if (view := views.get(name)) and view.stack.missing_since]
    owners = {stack.identity: stack.name for stack in left}
    for name, view in views.items():
        owner = None if name in stages else owners.get(view.stack.identity)
        if _may_wait(view) and (found := renamed_stage(promotions, view.stack, owner)) is not None:
            yield replace(view, promotion=found)


def _may_wait(view: View | None) -> bool:
    """An output that changed is not what stages prove."""
    return view is not None and view.stack.sync is not Sync.SYNCED and not view.stack.only_outputs_moved


def _held_back(
    promotion: Promotion, views: Mapping[str, View], records: Mapping[str, StageRecord]
) -> Iterator[View]:
    before: list[Stage] = []
    for name in promotion.order:
        view, record = views.get(name), records.get(name)
        if view is not None and record is not None and _may_wait(view):
            stage = stage_of(name, view, record)
            wanted = Wanted.newest(view.stack, record)
            view = replace(view, promotion=held(promotion, stage, before, wanted, view.now))
            if view.promotion is not None:
                yield view
        before.insert(0, stage_of(name, view, record))


def stages_before(
    reader: "PromotionReader", views: Iterable[View], promotion: Promotion, stack: str
) -> tuple[Stage, ...]:
    """The stages before a stage, the nearest first."""
    known = {view.stack.name: view for view in views}
    records = reader.stage_records(promotion.order)
    return tuple(stage_of(name, known.get(name), records.get(name)) for name in promotion.before(stack))


def stage_of(name: str, view: View | None, record: StageRecord | None) -> Stage:
    if view is None:
        return Stage(name, record)
    return Stage(
        name,
        record,
        view.stack if view.stack.left is None else None,
        view.lock,
        pause_sentence(view) if view.paused else "",
        _doing(view),
    )


def _doing(view: View) -> str:
    """What is decided about its changes; of a stage that waits for another one only for which."""
    decision = decide(view)
    if view.promotion is not None and decision.code == "promotion":
        return f"it waits for {view.promotion.before}"
    return decision.sentence
