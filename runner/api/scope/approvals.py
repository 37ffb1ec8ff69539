"""Approvals and reviews, what they are bound to, and the declarations that decide who may give them."""

from datetime import datetime

from runner.api.scope.seen import Seen
from runner.model.approval.approval import Approval, Review
from runner.model.approval.behind import CommitsBehind
from runner.model.approval.binding import Binding
from runner.model.approval.guardrails import SeenState
from runner.model.approval.terms import Declaration
from runner.model.run.life import Run
from runner.model.stack.definition import StackDefinition


class SeenApprovals(Seen):
    def approvals(self, run_id: int) -> list[Approval]:
        return self.whole.approvals(self.run(run_id).id)

    def binding(self, run_id: int) -> Binding | None:
        return self.whole.binding(self.run(run_id).id)

    def plans_without_commits(self) -> list[Run]:
        return self._only(self.whole.plans_without_commits(), lambda run: run.stack)

    def commits_behind(self, run_id: int) -> CommitsBehind | None:
        return self.whole.commits_behind(self.run(run_id).id)

    def seen_state(self, stack: str) -> SeenState | None:
        return self.whole.seen_state(stack) if self.sees(stack) else None

    def review(self, stack: str) -> Review | None:
        return self.whole.review(stack) if self.sees(stack) else None

    def definition(self, digest: str) -> StackDefinition:
        return self.whole.definition(digest)

    def declarations(self, stack: str) -> list[tuple[Declaration, datetime]]:
        return self.whole.declarations(stack) if self.sees(stack) else []

    def former_dependencies(self) -> dict[str, tuple[str, ...]]:
        return self._keyed(self.whole.former_dependencies())
