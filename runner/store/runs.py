"""Runs: queued, moved along the transition table, claimed by one process at a time. Every write names a version."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING, Any

from runner.errors import RunChanged, RunNotFound, WrongState
from runner.model.run.life import EXECUTING, BreakGlass, Claim, Event, Kind, Run, State, Trigger, next_state
from runner.model.values.codec import to_plain
from runner.store.rows import Value, run_of, run_row, text
from runner.store.run_details import DetailReads, DetailWrites
from runner.store.stacks import StackWrites

if TYPE_CHECKING:
    from runner.model.run.unclaimed import Unclaimed
    from runner.ports.records.runs import NewRun, RunFilter

# Only the transition table, a claim, or the creation of the run set these.
_FIXED = frozenset({"id", "stack", "kind", "state", "version", "claim", "glass", "created_at", "changed_at"})


class RunReads(DetailReads):
    def run(self, run_id: int) -> Run:
        row = self._one("SELECT * FROM runs WHERE id = ?", run_id)
        if row is None:
            raise RunNotFound(run=f"run-{run_id}")
        return run_of(row)

    def runs(self, where: RunFilter) -> list[Run]:
        """The newest matching runs, newest first."""
        tests: list[str] = ["1"]
        values: list[Value] = []
        exact = ("stack", "source", "revision", "kind")
        for column, value in ((name, getattr(where, name)) for name in exact):
            if value is not None:
                tests.append(f"{column} = ?")
                values.append(value)
        if not where.previews:
            tests.append("kind <> 'preview'")
        if where.states is not None:
            tests.append(f"state IN ({', '.join('?' * len(where.states))})")
            values.extend(sorted(where.states))
        if where.ended_before is not None:
            tests.append("final = 1 AND changed_at < ?")
            values.append(text(where.ended_before))
        if where.by is not None:
            tests.append("'run-' || id IN (SELECT subject FROM audit WHERE actor = ?)")
            values.append(where.by)
        for moment, test in ((where.since, "changed_at >= ?"), (where.until, "changed_at <= ?")):
            if moment is not None:
                tests.append(test)
                values.append(text(moment))
        if where.below is not None:
            tests.append("id < ?")
            values.append(where.below)
        sql = f"SELECT * FROM runs WHERE {' AND '.join(tests)} ORDER BY id DESC LIMIT ?"  # noqa: S608
        return [run_of(row) for row in self._all(sql, *values, where.limit)]

    def last_runs(self, *, change_only: bool = False) -> dict[str, Run]:
        """One index lookup per stack, however many runs there are."""
        only = "AND kind NOT IN ('drift', 'preview')" if change_only else "AND kind <> 'preview'"
        sql = f"""
            SELECT r.* FROM stacks s
            JOIN runs r ON r.id = (SELECT max(id) FROM runs WHERE stack = s.name {only})
        """  # noqa: S608 - one of two constants
        return {row["stack"]: run_of(row) for row in self._all(sql)}

    def runs_partly_applied(self, stack: str) -> list[Run]:
        """Since the last complete apply."""
        sql = """
            SELECT r.* FROM stacks s JOIN runs r ON r.stack = s.name AND r.id > s.applied_run
            WHERE s.name = ? AND r.kind NOT IN ('drift', 'preview') AND r.executed_digest IS NOT NULL
            AND (r.kind = 'destroy' OR r.inputs <> s.applied_inputs)
            AND (r.state IN ('apply_failed', 'interrupted') OR (r.state = 'applied' AND r.targets <> '[]'))
            ORDER BY r.id DESC
        """
        return [run_of(row) for row in self._all(sql, stack)]

    def heals(self, stack: str, identity: str, since: datetime) -> list[Run]:
        """Also of the stack's state under a former name."""
        sql = """
            SELECT * FROM runs WHERE (stack = ? OR identity = ?) AND healed_by <> '[]'
            AND executed_digest IS NOT NULL AND changed_at > ? ORDER BY id DESC
        """
        return [run_of(row) for row in self._all(sql, stack, identity, text(since))]

    def open_runs(self, stack: str | None = None, *, state: State | None = None) -> list[Run]:
        given = {name: value for name, value in (("stack", stack), ("state", state)) if value is not None}
        where = "".join(f" AND {name} = ?" for name in given)
        sql = f"SELECT * FROM runs WHERE final = 0{where} ORDER BY id"  # noqa: S608 - of constants
        rows = self._all(sql, *given.values())
        return [run_of(row) for row in rows]

    def unclaimed_runs(self) -> list[Unclaimed]:
        from runner.model.run.unclaimed import Unclaimed
        from runner.store.unclaimed import unclaimed_of

        sql = f"""
            SELECT {", ".join(map('"{}"'.format, Unclaimed._fields))} FROM runs INDEXED BY open_runs
            WHERE final = 0 AND claim_token IS NULL AND state IN ('queued', 'approved') ORDER BY id
        """  # noqa: S608 - the names of columns
        return [unclaimed_of(row) for row in self._all(sql)]

    def executing_runs(self) -> list[Run]:
        # Because of the order, SQLite would look through all runs that ever were.
        sql = "SELECT * FROM runs INDEXED BY one_executing_run WHERE claim_token IS NOT NULL ORDER BY id"
        return [run_of(row) for row in self._all(sql)]


class RunWrites(RunReads, DetailWrites, StackWrites):
    def add_run(self, new: NewRun) -> Run:
        """Queue it, with the current state identity of its stack."""
        from runner.model.schedule.throttling import account_of

        self._save_definition(new.definition)
        run = Run(
            id=0,
            stack=new.stack,
            source=new.source,
            kind=new.kind,
            state=State.QUEUED,
            version=1,
            revision=new.revision,
            inputs=new.inputs,
            definition=new.definition.digest,
            trigger=Trigger(new.trigger),
            requested_by=new.requested_by,
            created_at=self._now,
            changed_at=self._now,
            reason=new.reason,
            targets=new.targets,
            module_path=new.module_path,
            file=new.file,
            managed_state=new.managed_state,
            report=new.report,
            identity=self._require(new.stack)["identity"],
            account=account_of(new.definition.aws, for_apply=not new.kind.only_reads),
        )
        run = replace(run, id=self._insert("runs", {**run_row(run), "identity": run.identity}))
        if new.kind is Kind.DRIFT:  # it sees whatever changed outside before it begins
            self._update("stacks", {"check_wanted_at": None, "check_wanted_for": ""}, {"name": new.stack})
        self._record(run, "queue", new.requested_by, {"trigger": run.trigger, "targets": list(run.targets)})
        return run

    def skip_numbers(self, *, run: int, report: int, more: int) -> None:
        for table, number in (("runs", run), ("reports", report)):
            sql = "UPDATE sqlite_sequence SET seq = max(seq + ?, ?) WHERE name = ?"
            if not self._do(sql, more, number, table):
                first = max(more, number)
                self._do("INSERT INTO sqlite_sequence (name, seq) VALUES (?, ?)", table, first)

    def transition(self, run: Run, event: Event, *, by: str, reason: str = "", **fields: Any) -> Run:
        """`reason` belongs to the new state. A run that is no longer executed loses its claim."""
        state = next_state(run, event)
        after = replace(
            _with(run, fields),
            state=state,
            reason=reason,
            changed_at=self._now,
            claim=run.claim if state in EXECUTING else None,
        )
        try:
            saved = self._save(run, after)
        except sqlite3.IntegrityError as error:
            raise WrongState(run=run.name, state=f"a {run.kind} run", wish=f"brought to {state}") from error
        if event is Event.START_APPLY:
            # An apply that fails half-way leaves a state too.
            self.pin_used(saved)
        self._record(saved, event, by, {"from": run.state, **_audited(fields)})
        return saved

    def annotate(self, run: Run, **fields: Any) -> Run:
        return self._save(run, _with(run, fields))

    def break_glass(self, run: Run, glass: BreakGlass, closed: str) -> Run:
        from runner.model.events.feed import GlassBroken

        saved = self._save(run, replace(run, glass=glass))
        detail = {
            "stack": run.stack,
            "revision": run.revision,
            "reason": glass.reason,
            "known_by": glass.known_by,
            "closed": closed,
        }
        self.audit_note(glass.by, "apply.break_glass", run.name, detail)
        broken = GlassBroken(run.id, run.stack, glass.by, run.revision, closed, glass.reason)
        self._emit("apply.break_glass", run.name, broken)
        return saved

    def claim(self, run: Run, claim: Claim) -> Run:
        from runner.model.run.busy import busy

        if run.final:
            raise WrongState(run=run.name, state=run.state, wish="claimed")
        if run.claim is not None:
            raise busy(run)
        try:
            return self._save(run, replace(run, claim=claim))
        except sqlite3.IntegrityError as error:
            other = self._executing_beside(run)
            if other is None:
                raise
            raise busy(other) from error

    def release(self, run: Run) -> Run:
        return run if run.claim is None else self._save(run, replace(run, claim=None))

    def request_cancel(self, run: Run, *, by: str) -> Run:
        if run.final:
            raise WrongState(run=run.name, state=run.state, wish="canceled")
        saved = self._save(run, replace(run, cancel_requested_by=by))
        self.audit_note(by, "run.request_cancel", run.name, {"stack": run.stack, "state": run.state})
        return saved

    def _save(self, before: Run, after: Run) -> Run:
        """Write the differences, if the row is still the one that was read."""
        after = replace(after, version=before.version + 1)
        old, new = run_row(before), run_row(after)
        row = {name: value for name, value in new.items() if value != old[name]}
        seen: dict[str, Value] = {"id": before.id, "version": before.version, "state": before.state}
        if not self._update("runs", row, seen):
            raise RunChanged(run=before.name, state=self.run(before.id).state)
        return after

    def _executing_beside(self, run: Run) -> Run | None:
        row = self._one(
            """
            SELECT * FROM runs WHERE claim_token IS NOT NULL AND id <> ?
            AND (stack = ? OR identity = (SELECT identity FROM runs WHERE id = ?))
            """,
            run.id, run.stack, run.id,
        )  # fmt: skip
        return None if row is None else run_of(row)

    def _record(self, run: Run, event: str, by: str, detail: Mapping[str, Any]) -> None:
        from runner.model.events.feed import RunMoved

        facts = {
            "stack": run.stack,
            "kind": run.kind,
            "state": run.state,
            "revision": run.revision,
            "reason": run.reason,
            **detail,
        }
        self.audit_note(by, f"run.{event}", run.name, facts)
        moved = RunMoved(run.id, run.stack, run.kind, run.state, event, by, run.revision, run.reason)
        self._emit(f"run.{run.state}", run.name, moved)


def _with(run: Run, fields: Mapping[str, Any]) -> Run:
    fixed = _FIXED & fields.keys()
    if fixed:
        raise TypeError(f"not to be set here: {', '.join(sorted(fixed))}")
    return replace(run, **fields)


def _audited(fields: Mapping[str, Any]) -> dict[str, Any]:
    return {name: to_plain(value) if name in _STRUCTURED else value for name, value in fields.items()}


_STRUCTURED = frozenset({"summary", "healed_by"})
