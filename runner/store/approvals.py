"""Approvals of plans, what they are bound to, and the state that was last seen."""

from __future__ import annotations

import json
import sqlite3
from datetime import datetime
from typing import TYPE_CHECKING

from runner.errors import RunNotFound, StackNotFound
from runner.model.values.codec import from_plain, to_plain
from runner.store.audit import Writes
from runner.store.rows import Value, compact, kept_if_short, run_of, text
from runner.store.run_details import DetailWrites
from runner.store.session import Session

if TYPE_CHECKING:
    from runner.model.approval.approval import Approval
    from runner.model.approval.behind import CommitsBehind
    from runner.model.approval.binding import Binding
    from runner.model.approval.guardrails import SeenState
    from runner.model.run.life import Run

_RECORDED = ("known_by", "plan_digest", "fingerprint", "binding_digest", "comment")


@kept_if_short  # an approval asks for the one of its run several times
def _binding(document: str) -> Binding:
    from runner.model.approval.binding import read_binding

    return read_binding(document)


class ApprovalReads(Session):
    def approvals(self, run_id: int) -> list[Approval]:
        """Oldest first."""
        rows = self._all("SELECT * FROM approvals WHERE run = ? ORDER BY at, person", run_id)
        return [_approval(row) for row in rows]

    def binding(self, run_id: int) -> Binding | None:
        row = self._one("SELECT binding FROM run_details WHERE run = ?", run_id)
        return None if row is None or row["binding"] is None else _binding(row["binding"])

    def commits_behind(self, run_id: int) -> CommitsBehind | None:
        from runner.model.approval.behind import CommitsBehind

        row = self._one("SELECT behind FROM run_details WHERE run = ?", run_id)
        if row is None or row["behind"] is None:
            return None
        return from_plain(CommitsBehind, json.loads(row["behind"]))

    def plans_without_commits(self) -> list[Run]:
        rows = self._all(
            """
            SELECT r.* FROM runs r LEFT JOIN run_details d ON d.run = r.id
            WHERE r.state = 'awaiting_approval' AND d.behind IS NULL ORDER BY r.id
            """
        )
        return [run_of(row) for row in rows]

    def seen_state(self, stack: str) -> SeenState | None:
        from runner.model.approval.guardrails import SeenState

        row = self._one("SELECT * FROM seen_states WHERE stack = ?", stack)
        if row is None:
            return None
        at = datetime.fromisoformat(row["at"])
        return SeenState(row["lineage"], row["serial"], row["resources"], at, row["seen_by"])


class ApprovalWrites(ApprovalReads, DetailWrites, Writes):
    def save_binding(self, run_id: int, binding: Binding) -> None:
        self._save_details(run_id, {"binding": binding.document()})

    def save_commits_behind(self, run_id: int, behind: CommitsBehind) -> None:
        self._save_details(run_id, {"behind": compact(to_plain(behind))})

    def add_approval(self, approval: Approval) -> None:
        """One per person and plan: given again, it is renewed."""
        from runner.model.events.feed import PlanApproved

        row: dict[str, Value] = {
            "run": approval.run,
            "person": approval.person.name,
            "known_by": approval.person.known_by,
            "also": compact(list(approval.person.also)),
            "at": text(approval.at),
            "plan_digest": approval.plan_digest,
            "fingerprint": approval.fingerprint,
            "comment": approval.comment,
            "binding_digest": approval.binding_digest,
            "accepted": compact(list(approval.accepted)),
            "independent": approval.independent,
        }
        try:
            self._upsert("approvals", row, "run, person, plan_digest")
        except sqlite3.IntegrityError as error:
            raise RunNotFound(run=f"run-{approval.run}") from error
        detail = {
            **{name: row[name] for name in _RECORDED},
            "also": list(approval.person.also),
            "accepted": list(approval.accepted),
        }
        subject = f"run-{approval.run}"
        self.audit_note(approval.person.name, "approval.give", subject, detail)
        given = PlanApproved(
            approval.run, self._stack_of(approval.run), approval.person.name, approval.comment
        )
        self._emit("approval.give", subject, given)

    def withdraw_approvals(self, run: Run, *, by: str, reason: str) -> None:
        from runner.model.events.feed import PlanApproved

        withdrawn = [approval.person.name for approval in self.approvals(run.id)]
        self._do("DELETE FROM approvals WHERE run = ?", run.id)
        self.audit_note(by, "approval.withdraw", run.name, {"of": withdrawn, "reason": reason})
        self._emit("approval.withdraw", run.name, PlanApproved(run.id, run.stack, by, reason))

    def _stack_of(self, run_id: int) -> str:
        row = self._one("SELECT stack FROM runs WHERE id = ?", run_id)
        if row is None:
            raise RunNotFound(run=f"run-{run_id}")
        stack: str = row["stack"]
        return stack

    def save_seen_state(self, stack: str, seen: SeenState) -> None:
        row: dict[str, Value] = {
            "stack": stack,
            "lineage": seen.lineage,
            "serial": seen.serial,
            "resources": seen.resources,
            "at": text(seen.at),
            "seen_by": seen.by,
        }
        try:
            self._upsert("seen_states", row, "stack")
        except sqlite3.IntegrityError as error:
            raise StackNotFound(stack=stack) from error


def _approval(row: sqlite3.Row) -> Approval:
    from runner.model.approval.approval import Approval, Person

    return Approval(
        run=row["run"],
        person=Person(row["person"], row["known_by"], tuple(json.loads(row["also"]))),
        at=datetime.fromisoformat(row["at"]),
        plan_digest=row["plan_digest"],
        fingerprint=row["fingerprint"],
        comment=row["comment"],
        binding_digest=row["binding_digest"],
        accepted=tuple(json.loads(row["accepted"])),
        independent=None if row["independent"] is None else bool(row["independent"]),
    )
