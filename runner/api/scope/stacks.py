"""Stacks, their locks and their stages."""

from collections.abc import Collection

from runner.api.scope.seen import Seen
from runner.model.promotion.stage import StageRecord
from runner.model.stack.lock import Lock


class SeenStacks(Seen):
    def successions(self) -> dict[str, str]:
        found = self.whole.successions()
        return {new: old for new, old in found.items() if self.sees(new) and self.sees(old)}

    def locks(self) -> list[Lock]:
        return self._only(self.whole.locks(), lambda lock: lock.stack)

    def placed_locks(self) -> list[Lock]:
        return self._only(self.whole.placed_locks(), lambda lock: lock.stack)

    def lock(self, stack: str) -> Lock | None:
        return self.whole.lock(stack) if self.sees(stack) else None

    def stage_records(self, names: Collection[str]) -> dict[str, StageRecord]:
        return self.whole.stage_records([name for name in names if self.sees(name)])
