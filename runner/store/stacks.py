"""Stacks: what Git says of them, what is applied, how they stand, and who took whose place."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from runner.errors import SharedState, StackNotFound, StackRefused
from runner.model.audit.actor import DAEMON
from runner.model.changes.warnings import FailingCheck, failing
from runner.model.stack.definition import Discovered, DriftStatus, Pause, Stack
from runner.store.audit import Writes
from runner.store.definitions import DefinitionWrites
from runner.store.rows import (
    Value,
    discovered_row,
    failing_checks_row,
    pause_row,
    plain_row,
    stack_of,
    text,
    text_or_none,
)
from runner.store.sources import SourceReads

if TYPE_CHECKING:
    from runner.model.changes.changes import Diagnostic
    from runner.model.outputs.taken import Mark
    from runner.model.run.life import Run

# The applied definition is usually the one in Git: then it is not read twice.
_STACKS = """
    SELECT s.*, d.document, a.document AS applied_document
    FROM stacks s
    JOIN definitions d ON d.digest = s.definition
    LEFT JOIN definitions a ON a.digest = s.applied_definition AND a.digest <> s.definition
"""


_APPLIED = (
    "applied_revision", "applied_inputs", "applied_definition", "applied_module_path", "applied_file", "applied_run",
    "applied_engine_wants", "pinned_identity",
)  # fmt: skip
# Columns that move to a stack's successor too: a pause does not end with a new name.
_OF_STATE = (
    "applied_outputs", "drift", "drift_reason", "checked_at", "check_failures", "pause_by", "pause_reason", "pause_since", "pause_until",
)  # fmt: skip


class StackReads(SourceReads):
    def stack(self, name: str) -> Stack:
        row = self._one(f"{_STACKS} WHERE s.name = ?", name)
        if row is None:
            raise self._unknown(name)
        return stack_of(row)

    def stacks(self, *, left: bool = False) -> list[Stack]:
        """By name, including those that left Git; with `left` also those renamed, forgotten or destroyed since."""
        where = "" if left else "WHERE s.left_how IS NULL"
        return [stack_of(row) for row in self._all(f"{_STACKS} {where} ORDER BY s.name")]

    def successions(self) -> dict[str, str]:
        """Which stack succeeds which, new to old, as stated by an operator."""
        return {row["new"]: row["old"] for row in self._all("SELECT new, old FROM successions")}

    def _unknown(self, name: str) -> StackNotFound:
        """It may never have been sound: then only its name is known."""
        for source in self.sources():
            for newcomer, problem in source.newcomers:
                if newcomer == name:
                    return StackRefused(stack=name, problem=problem, source=source.name)
        return StackNotFound(stack=name)


class StackWrites(StackReads, DefinitionWrites, Writes):
    def save_discovered(self, stack: Discovered, *, problem: str | None = None) -> None:
        """Insert or update; SharedState if another present stack keeps the same state."""
        self._save_definition(stack.definition)
        try:
            self._upsert("stacks", discovered_row(stack, problem), "name")
        except sqlite3.IntegrityError as error:
            other = self._one(
                "SELECT name FROM stacks WHERE identity = ? AND missing_since IS NULL AND name <> ?",
                stack.identity.digest, stack.definition.name,
            )  # fmt: skip
            if other is None:
                raise
            raise SharedState(
                stack=stack.definition.name, other=other["name"], identity=stack.identity
            ) from error

    def mark_missing(self, stack: str) -> None:
        """The first time counts."""
        from runner.model.events.feed import StackLeft

        row = self._require(stack)
        if row["missing_since"] is None:
            self._set(stack, {"missing_since": text(self._now)})
            self.audit_note(DAEMON, "stack.missing", stack, {})
            self._emit("stack.missing", stack, StackLeft(stack))

    def mark_problem(self, stack: str, problem: str) -> None:
        self._set(stack, {"problem": problem})

    def mark_no_engine(self, stack: str, why: str | None) -> None:
        self._set(stack, {"no_engine": why})

    def mark_planned(self, stack: str, inputs: str) -> None:
        self._set(stack, {"planned_inputs": inputs})

    def rename_inputs(self, stack: str, old: str, new: str) -> None:
        """What was applied or planned with the old digest counts for the new one."""
        for column in ("applied_inputs", "planned_inputs"):
            self._update("stacks", {column: new}, {"name": stack, column: old})

    def mark_applied(self, run: Run) -> None:
        self._set(
            run.stack,
            {
                "applied_revision": run.revision,
                "applied_inputs": run.inputs,
                "applied_definition": run.definition,
                "applied_module_path": run.module_path,
                "applied_file": run.file,
                "applied_run": run.id,
                "applied_outputs": plain_row(run.outputs),
            },
        )
        # Unknown if the stack has moved on in Git meanwhile.
        self._do(
            "UPDATE stacks SET applied_engine_wants = CASE WHEN inputs = ? THEN engine_wants END, no_engine = NULL"
            " WHERE name = ?",
            run.inputs, run.stack,
        )  # fmt: skip
        self.pin_used(run)

    def note_outputs(self, stack: str, outputs: Sequence[Mark]) -> None:
        self._set(stack, {"applied_outputs": plain_row(outputs)})

    def pin_used(self, run: Run) -> None:
        """From now on the stack's state is where this run has it."""
        self._do(
            "UPDATE stacks SET pinned_identity = (SELECT identity FROM runs WHERE id = ?) WHERE name = ?",
            run.id, run.stack,
        )  # fmt: skip

    def pin_state(self, stack: str, identity: str, *, by: str, reason: str) -> None:
        self._set(stack, {"pinned_identity": identity})
        self.audit_note(by, "stack.accept_state", stack, {"identity": identity, "reason": reason})

    def forget_applied(self, stack: str) -> None:
        self._set(stack, {**dict.fromkeys(_APPLIED), "applied_outputs": "[]", **failing_checks_row(())})
        self._do("DELETE FROM outputs WHERE stack = ?", stack)

    def say_succession(self, old: str, new: str, *, by: str) -> None:
        """The newest statement counts."""
        self._do("DELETE FROM successions WHERE old = ? OR new = ?", old, new)
        self._insert("successions", {"new": new, "old": old, "said_by": by, "said_at": text(self._now)})
        self.audit_note(by, "stack.succession", new, {"from": old})

    def take_over(self, old: str, new: str, *, by: str) -> None:
        """Records about the old stack's state move to the new one, which was just saved with its home."""
        from runner.model.events.feed import StackRenamed

        row = self._require(old)
        self._set(new, {name: row[name] for name in (*_APPLIED, *_OF_STATE)})
        self._set(old, dict.fromkeys(_APPLIED))
        for table in ("outputs", "managed_objects", "object_names", "indexed_states"):
            self._do(f"UPDATE OR REPLACE {table} SET stack = ? WHERE stack = ?", new, old)  # noqa: S608 - a constant
        self._do("UPDATE reports SET stack = ? WHERE stack = ? AND status <> 'resolved'", new, old)
        self._do("DELETE FROM successions WHERE old = ? OR new = ?", old, new)
        self.audit_note(by, "stack.rename", new, {"from": old})
        self._emit("stack.rename", new, StackRenamed(new, old, by))
        self.leave(old, f"renamed to {new}", by=by, renamed_to=new)

    def leave(self, stack: str, how: str, *, by: str, renamed_to: str | None = None) -> None:
        """Nothing is done with it any more; its runs, reports and audit entries stay. Until it is back in Git."""
        from runner.model.events.feed import StackEnded

        since = self._require(stack)["missing_since"] or text(self._now)
        gone = {"left_how": how, "renamed_to": renamed_to, "missing_since": since, "next_check_at": None}
        self._set(stack, {**gone, **pause_row(None), "check_failures": 0, "problem": None})
        self._do("DELETE FROM successions WHERE old = ?", stack)
        self.audit_note(by, "stack.leave", stack, {"how": how})
        self._emit("stack.leave", stack, StackEnded(stack, by, how))

    def save_check(self, stack: str, status: DriftStatus, reason: str) -> None:
        """Consecutive errors are counted; any answer resets the count."""
        failures = self._require(stack)["check_failures"] + 1 if status is DriftStatus.ERROR else 0
        self._set(
            stack,
            {
                "drift": status,
                "drift_reason": reason,
                "checked_at": text(self._now),
                "check_failures": failures,
            },
        )

    def save_failing_checks(self, stack: str, diagnostics: Sequence[Diagnostic]) -> tuple[FailingCheck, ...]:
        from runner.model.events.feed import CheckMoved

        before = {check.address: check for check in self.stack(stack).failing_checks}
        found = failing(diagnostics, before.values(), self._now)
        self._set(stack, failing_checks_row(found))
        now = {check.address: check for check in found}
        for topic, checks in (("check.fail", now.keys() - before), ("check.pass", before.keys() - now)):
            for address in sorted(checks):
                message = (now | before)[address].message
                self._emit(topic, stack, CheckMoved(stack, address, message))
        return found

    def schedule_check(self, stack: str, at: datetime | None) -> None:
        self._set(stack, {"next_check_at": text_or_none(at), "check_scheduled_at": text(self._now)})

    def pause(self, stack: str, pause: Pause | None, *, by: str) -> None:
        from runner.model.events.feed import StackPaused, StackResumed

        self._set(stack, pause_row(pause))
        if pause is None:
            self.audit_note(by, "stack.resume", stack, {})
            self._emit("stack.resume", stack, StackResumed(stack, by))
        else:
            until = text_or_none(pause.until)
            self.audit_note(by, "stack.pause", stack, {"reason": pause.reason, "until": until})
            self._emit("stack.pause", stack, StackPaused(stack, by, pause.reason, until))

    def _require(self, stack: str) -> sqlite3.Row:
        row = self._one("SELECT * FROM stacks WHERE name = ?", stack)
        if row is None:
            raise StackNotFound(stack=stack)
        return row

    def _set(self, stack: str, row: dict[str, Value]) -> None:
        if not self._update("stacks", row, {"name": stack}):
            raise StackNotFound(stack=stack)
