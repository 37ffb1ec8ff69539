"""Promotions, drawn: the stages of each, one below the other."""

from collections.abc import Iterator
from datetime import datetime

from runner.cli.screen import cells
from runner.cli.screen.output import Cell, Screen, Table
from runner.view.promotion import PromotionPage, PromotionPages, StageRow
from runner.view.when import ago

HEADS = ("STAGE", "SYNC", "DRIFT", "HEALTH", "APPLIED", "SINCE", "WAITS FOR")


def promotions_screen(pages: PromotionPages, now: datetime) -> Screen:
    for number, page in enumerate(pages):
        if number:
            yield ""
        yield from promotion_screen(page, now)


def promotion_screen(page: PromotionPage, now: datetime) -> Screen:
    yield [Cell(page.name, "bold"), f": {page.rule}"]
    yield Table(HEADS, [list(_row(stage, now)) for stage in page.stages])


def _row(of: StageRow, now: datetime) -> Iterator[Cell | str]:
    yield of.stack
    if of.sync is None or of.drift is None or of.health is None:
        yield from (Cell("✗ missing", "red"), "-", "-", "-", "-")
    else:
        yield from (
            cells.sync(of.sync, of.revision),
            cells.drift_of(of.drift, of.drift_reason),
            cells.HEALTH[of.health],
        )
        yield (of.revision or "-")[:12]
        yield ago(of.since, now) if of.since else "-"
    yield of.waits
