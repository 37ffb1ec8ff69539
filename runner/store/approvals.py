"""Approvals of plans, what they are bound to, and the commits whose authors may not give them."""

import json
import sqlite3
from collections.abc import Sequence
from datetime import datetime

from runner.errors import RunNotFound
from runner.model.approval.approval import Approval, Commit, Person
from runner.model.approval.binding import Binding, read_binding
from runner.model.events.feed import PlanApproved
from runner.store.audit import Writes
from runner.store.rows import compact, text
from runner.store.states import StateReads, StateWrites

_TOLD = ("known_by", "plan_digest", "fingerprint", "binding_digest", "comment")


class ApprovalReads(StateReads):
    def approvals(self, run_id: int) -> list[Approval]:
        """Oldest first."""
        rows = self._all("SELECT * FROM approvals WHERE run = ? ORDER BY at, person", run_id)
        return [_approval(row) for row in rows]

    def binding(self, run_id: int) -> Binding | None:
        row = self._one("SELECT binding FROM run_details WHERE run = ?", run_id)
        return None if row is None or row["binding"] is None else read_binding(row["binding"])

    def commit(self, source: str, revision: str) -> Commit | None:
        row = self._one("SELECT * FROM commits WHERE source = ? AND revision = ?", source, revision)
        return None if row is None else _commit(row)


class ApprovalWrites(ApprovalReads, StateWrites, Writes):
    def save_binding(self, run_id: int, binding: Binding) -> None:
        try:
            self._upsert("run_details", {"run": run_id, "binding": binding.document()}, "run")
        except sqlite3.IntegrityError as error:
            raise RunNotFound(run=f"run-{run_id}") from error

    def add_approval(self, approval: Approval) -> None:
        """One a person and plan: given again, it is renewed."""
        row = {
            "run": approval.run,
            "person": approval.person.name,
            "known_by": approval.person.known_by,
            "at": text(approval.at),
            "plan_digest": approval.plan_digest,
            "fingerprint": approval.fingerprint,
            "comment": approval.comment,
            "binding_digest": approval.binding_digest,
            "accepted": compact(list(approval.accepted)),
            "independent": approval.independent,
        }
        try:
            self._table("approvals").upsert(row, pk=("run", "person", "plan_digest"))
        except sqlite3.IntegrityError as error:
            raise RunNotFound(run=f"run-{approval.run}") from error
        detail = {**{name: row[name] for name in _TOLD}, "accepted": list(approval.accepted)}
        subject = f"run-{approval.run}"
        self.audit_note(approval.person.name, "approval.give", subject, detail)
        told = PlanApproved(
            approval.run, self._stack_of(approval.run), approval.person.name, approval.comment
        )
        self._tell("approval.give", subject, told)

    def _stack_of(self, run_id: int) -> str:
        row = self._one("SELECT stack FROM runs WHERE id = ?", run_id)
        if row is None:
            raise RunNotFound(run=f"run-{run_id}")
        stack: str = row["stack"]
        return stack

    def save_commit(self, source: str, commit: Commit, co_authors: Sequence[str] = ()) -> None:
        row = {
            "source": source,
            "revision": commit.revision,
            "author": commit.author,
            "author_email": commit.author_email,
            "committer": commit.committer,
            "committer_email": commit.committer_email,
            "at": text(commit.at),
            "subject": commit.subject,
            "co_authors": compact(list(dict.fromkeys((*commit.co_authors, *co_authors)))),
            "signed_by": commit.signed_by,
        }
        self._table("commits").upsert(row, pk=("source", "revision"))


def _approval(row: sqlite3.Row) -> Approval:
    return Approval(
        run=row["run"],
        person=Person(row["person"], row["known_by"]),
        at=datetime.fromisoformat(row["at"]),
        plan_digest=row["plan_digest"],
        fingerprint=row["fingerprint"],
        comment=row["comment"],
        binding_digest=row["binding_digest"],
        accepted=tuple(json.loads(row["accepted"])),
        independent=None if row["independent"] is None else bool(row["independent"]),
    )


def _commit(row: sqlite3.Row) -> Commit:
    return Commit(
        revision=row["revision"],
        author=row["author"],
        author_email=row["author_email"],
        committer=row["committer"],
        committer_email=row["committer_email"],
        at=datetime.fromisoformat(row["at"]),
        subject=row["subject"],
        co_authors=tuple(json.loads(row["co_authors"])),
        signed_by=row["signed_by"],
    )
