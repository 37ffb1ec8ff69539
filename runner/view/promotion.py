"""Promotions: the stages of each, what every one has applied and since when, and what it waits for."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime

from runner.model.promotion.stage import StageRecord
from runner.model.schedule.decide import decide
from runner.model.settings.promotion import Promotion, promotion_of
from runner.model.stack.definition import DriftStatus, Health, Sync
from runner.model.values.frozen import dataclass
from runner.ports.records.promotions import PromotionReader
from runner.view.facts import StackFacts
from runner.view.when import whole

MISSING = "unknown"
HIDDEN = "hidden"


@dataclass(frozen=True, kw_only=True)
class StageRow:
    """`revision` is what it has applied, by `run` and `since` then; `newest` is what it is to get.

    `code` and `waits` are the rule and the sentence that say why it has not; `early` if a person may promote it now.
    """

    stack: str
    revision: str | None = None
    newest: str | None = None
    run: str | None = None
    since: datetime | None = None
    sync: Sync | None = None
    drift: DriftStatus | None = None
    drift_reason: str = ""
    health: Health | None = None
    code: str = ""
    waits: str = ""
    early: bool = False


@dataclass(frozen=True)
class PromotionPage:
    name: str
    by: str
    soak: str
    clean_check: bool
    stages: tuple[StageRow, ...]

    @property
    def rule(self) -> str:
        """What a stage has to show before the next one gets its revision."""
        soak = f"has soaked for {self.soak}" if self.soak != "0s" else ""
        check = "was found clean by a drift check" if self.clean_check else ""
        *first, last = (part for part in ("has applied it", soak, check) if part)
        shown = f"{', '.join(first)} and {last}" if first else last
        return f"each stage gets a revision after the one before {shown}"


@dataclass(frozen=True)
class PromotionPlace:
    """Which promotion a stack is a stage of, and the stage before it."""

    name: str
    after: str | None

    @property
    def sentence(self) -> str:
        return f"{self.name}, {f'after {self.after}' if self.after else 'first stage'}"


def promotion_place(promotions: Iterable[Promotion], stack: str) -> PromotionPlace | None:
    found = promotion_of(promotions, stack)
    return PromotionPlace(found.name, next(iter(found.before(stack)), None)) if found else None


PromotionPages = tuple[PromotionPage, ...]


def promotion_pages(
    reader: PromotionReader,
    promotions: Sequence[Promotion],
    stacks: Iterable[StackFacts],
    sees: Callable[[str], bool],
) -> PromotionPages:
    """Those with a stage that the caller sees."""
    known = {facts.stack.name: facts for facts in stacks}
    records = reader.stage_records({name for one in promotions for name in one.order})
    shown = (one for one in promotions if any(map(sees, one.order)))
    return tuple(_page(promotion, known, records, sees) for promotion in shown)


def _page(
    of: Promotion,
    known: Mapping[str, StackFacts],
    records: Mapping[str, StageRecord],
    sees: Callable[[str], bool],
) -> PromotionPage:
    stages = tuple(
        stage_row(name, known.get(name), records.get(name))
        if sees(name)
        else StageRow(stack=name, code=HIDDEN, waits="you may not see this stack")
        for name in of.order
    )
    soak = str(of.wait.soak) if of.wait.soak else "0s"
    return PromotionPage(of.name, of.by, soak, of.wait.clean_check, stages)


def stage_row(name: str, facts: StackFacts | None, record: StageRecord | None) -> StageRow:
    if facts is None:
        left = record.left if record else None
        return StageRow(stack=name, code=MISSING, waits=f"it is {left}" if left else "there is no such stack")
    stack, held = facts.stack, facts.view.promotion
    applied = record.applied if record else None
    waits = stack.sync is not Sync.SYNCED
    code = decide(facts.view).code
    return StageRow(
        stack=name,
        revision=stack.applied_revision,
        newest=stack.revision,
        run=applied.run if applied else None,
        since=whole(applied.at) if applied else None,
        sync=stack.sync,
        drift=stack.drift,
        drift_reason=stack.drift_reason,
        health=facts.health[0],
        code=code if waits else "",
        waits=facts.sentence if waits else "",
        early=held is not None and code == "promotion" and held.early,
    )
