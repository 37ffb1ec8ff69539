"""What promotions ask: in which order revisions came, and what each stage has shown since its last apply."""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from runner.model.promotion.stage import StageRecord


class PromotionReader(Protocol):
    def stage_records(self, names: Collection[str]) -> dict[str, StageRecord]:
        """Of those that are, or were, a stack; one query for any number of them."""
        ...


class PromotionWriter(PromotionReader, Protocol):
    def take_head(self, source: str, revision: str, moved: Collection[str], *, rewritten: bool) -> None:
        """Number the head, which moved these stacks; with `rewritten` the older ones are no ancestors any more."""
        ...
