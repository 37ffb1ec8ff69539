"""Approvals, their bindings, and the last seen states."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from runner.model.approval.approval import Approval
    from runner.model.approval.behind import CommitsBehind
    from runner.model.approval.binding import Binding
    from runner.model.approval.guardrails import SeenState
    from runner.model.run.life import Run


class ApprovalReader(Protocol):
    def approvals(self, run_id: int) -> list[Approval]: ...
    def binding(self, run_id: int) -> Binding | None: ...
    def plans_without_commits(self) -> list[Run]:
        """Plans that wait for approval, for which `save_commits_behind` was not called."""
        ...

    def commits_behind(self, run_id: int) -> CommitsBehind | None:
        """As they were recorded when its plan was made, if they were."""
        ...

    def seen_state(self, stack: str) -> SeenState | None: ...


class ApprovalWriter(ApprovalReader, Protocol):
    def add_approval(self, approval: Approval) -> None: ...
    def withdraw_approvals(self, run: Run, *, by: str, reason: str) -> None:
        """All of a run that is not changed by it: the reviews of a preview."""
        ...

    def save_binding(self, run_id: int, binding: Binding) -> None: ...
    def save_commits_behind(self, run_id: int, behind: CommitsBehind) -> None: ...
    def save_seen_state(self, stack: str, seen: SeenState) -> None: ...
