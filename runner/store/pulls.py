"""Pull requests, and the stacks that each one touches."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Collection
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING

from runner.model.audit.actor import DAEMON
from runner.model.stack.definition import ONLY_IN_PULL_REQUESTS, Discovered
from runner.model.values.codec import from_plain, to_plain
from runner.store.rows import Value, compact, discovered_row, run_of, text
from runner.store.session import Session
from runner.store.stacks import StackWrites

if TYPE_CHECKING:
    from runner.model.approval.carried import Carried
    from runner.model.preview.pull_request import PreviewOf, PullRequest, PullState
    from runner.model.run.life import Run


# A preview `p` that somebody approved, as far as it concerns run `r`. What was reviewed and is applied by now is no
# longer of interest, unless `r` does the same once more.
_REVIEWED = """
    p.stack = r.stack AND p.kind = 'preview' AND p.id IN (SELECT run FROM approvals)
    AND (p.fingerprint IS r.fingerprint OR NOT EXISTS (
        SELECT 1 FROM runs a
        WHERE a.stack = p.stack AND a.id > p.id AND a.state = 'applied' AND a.fingerprint = p.fingerprint
    ))
"""


class PullReads(Session):
    def pull_requests(
        self, source: str | None = None, states: Collection[PullState] = ()
    ) -> list[PullRequest]:
        from runner.model.preview.pull_request import PullState

        wanted = tuple(states or PullState)
        marks = ", ".join("?" * len(wanted))
        sql = f"""
            SELECT * FROM pull_requests WHERE (? IS NULL OR source = ?) AND state IN ({marks})
            ORDER BY source, number DESC
        """  # noqa: S608 - only marks
        return [self._with_stacks(row) for row in self._all(sql, source, source, *wanted)]

    def pull_request(self, source: str, number: int) -> PullRequest | None:
        row = self._one("SELECT * FROM pull_requests WHERE source = ? AND number = ?", source, number)
        return None if row is None else self._with_stacks(row)

    def pull_request_of(self, run: int) -> PullRequest | None:
        row = self._one(
            """
            SELECT p.* FROM pull_requests p JOIN previewed_stacks s USING (source, number)
            WHERE s.run = ? AND p.state = 'open'
            """,
            run,
        )
        return None if row is None else self._with_stacks(row)

    def preview_of(self, run: int) -> PreviewOf | None:
        from runner.model.preview.pull_request import PreviewOf

        row = self._one("SELECT source, number, base, changes FROM previews WHERE run = ?", run)
        return None if row is None else PreviewOf(*row)

    def previews_before_applies(self, source: str) -> frozenset[int]:
        rows = self._all(
            """
            SELECT s.run FROM previewed_stacks s JOIN pull_requests p USING (source, number)
            JOIN runs r ON r.id = s.run
            WHERE p.source = ? AND p.state = 'open' AND r.final = 1 AND EXISTS (
                SELECT 1 FROM runs a WHERE a.stack = s.stack AND a.executed_digest IS NOT NULL AND a.final = 1
                AND a.changed_at > r.changed_at
            )
            """,
            source,
        )
        return frozenset(row["run"] for row in rows)

    def reviewed_previews(self, run: Run) -> list[Run]:
        rows = self._all(
            f"SELECT p.* FROM runs p JOIN runs r ON r.id = ? WHERE {_REVIEWED} ORDER BY p.id DESC LIMIT 20",  # noqa: S608
            run.id,
        )
        return [run_of(row) for row in rows]

    def runs_with_reviews(self) -> list[Run]:
        rows = self._all(
            f"""
            SELECT * FROM runs r WHERE state = 'awaiting_approval' AND kind = 'change' AND report IS NULL
            AND id NOT IN (SELECT run FROM carried_reviews)
            AND EXISTS (SELECT 1 FROM runs p WHERE {_REVIEWED})
            """  # noqa: S608
        )
        return [run_of(row) for row in rows]

    def carried(self, run: int) -> Carried | None:
        from runner.model.approval.carried import Carried

        row = self._one("SELECT carried FROM carried_reviews WHERE run = ?", run)
        return None if row is None else from_plain(Carried, json.loads(row["carried"]))

    def _with_stacks(self, row: sqlite3.Row) -> PullRequest:
        from runner.model.preview.pull_request import Hold, PreviewedStack, PullRequest, PullState

        sql = "SELECT * FROM previewed_stacks WHERE source = ? AND number = ? ORDER BY stack"
        stacks = (
            PreviewedStack(one["stack"], one["inputs"], one["definition"], one["run"], one["problem"])
            for one in self._all(sql, row["source"], row["number"])
        )
        return PullRequest(
            source=row["source"],
            number=row["number"],
            ref=row["ref"],
            head=row["head"],
            own=bool(row["own"]),
            state=PullState(row["state"]),
            seen_at=datetime.fromisoformat(row["seen_at"]),
            changed_at=datetime.fromisoformat(row["changed_at"]),
            base=row["base"],
            merged=row["merged"],
            changes=row["changes"],
            hold=None if row["hold"] is None else Hold(row["hold"]),
            reason=row["reason"],
            judged_with=row["judged_with"],
            problems=tuple(json.loads(row["problems"])),
            allowed_head=row["allowed_head"],
            allowed_by=row["allowed_by"],
            stacks=tuple(stacks),
            title=row["title"],
            author=row["author"],
            gone=bool(row["gone"]),
            unplanned=row["unplanned"],
            failures=row["failures"],
        )


class PullWrites(PullReads, StackWrites):
    def save_pull_request(self, pull: PullRequest) -> None:
        from runner.model.events.feed import PullMoved

        before = self.pull_request(pull.source, pull.number)
        self._upsert("pull_requests", _row(pull), "source, number")
        self._do("DELETE FROM previewed_stacks WHERE source = ? AND number = ?", pull.source, pull.number)
        for one in pull.stacks:
            of: dict[str, Value] = {"source": pull.source, "number": pull.number}
            self._insert("previewed_stacks", {**of, **vars(one)})
            if one.run is not None and self.preview_of(one.run) is None:
                self._insert("previews", {**of, "run": one.run, "base": pull.base, "changes": pull.changes})
        if topic := _moved(before, pull):
            moved = PullMoved(
                pull.source,
                pull.number,
                pull.state,
                pull.head,
                tuple(one.stack for one in pull.stacks),
                pull.reason,
            )
            self._emit(topic, f"{pull.source}{pull.name}", moved)

    def save_pull_at_forge(
        self, source: str, number: int, *, gone: bool, title: str | None = None, author: str | None = None
    ) -> None:
        self._do(
            """
            UPDATE pull_requests SET gone = ?, title = coalesce(?, title), author = coalesce(?, author)
            WHERE source = ? AND number = ?
            """,
            gone, title, author, source, number,
        )  # fmt: skip

    def allow_pull_head(self, pull: PullRequest, *, by: str) -> PullRequest:
        allowed = replace(pull, allowed_head=pull.head, allowed_by=by)
        self.save_pull_request(allowed)
        self.audit_note(by, "pull.allow", f"{pull.source}{pull.name}", {"head": pull.head})
        return allowed

    def save_carried(self, carried: Carried) -> None:
        document = to_plain(carried)
        self._insert("carried_reviews", {"run": carried.run, "carried": compact(document)})
        self.audit_note(DAEMON, "approval.carry", f"run-{carried.run}", document)

    def save_newcomer(self, stack: Discovered) -> None:
        known = self._one("SELECT left_how FROM stacks WHERE name = ?", stack.definition.name)
        if known is not None and known["left_how"] != ONLY_IN_PULL_REQUESTS:
            return
        self._save_definition(stack.definition)
        absent = {"left_how": ONLY_IN_PULL_REQUESTS, "missing_since": text(self._now)}
        self._upsert("stacks", {**discovered_row(stack, None), **absent}, "name")


def _moved(before: PullRequest | None, now: PullRequest) -> str | None:
    """The topic of what people hear of; a base that moved without consequences is nothing to tell."""
    from runner.model.preview.pull_request import PullState

    if now.state is not PullState.OPEN:
        return None if before is None or before.state is now.state else f"pull.{now.state}"
    if before is None or before.state is not PullState.OPEN:
        return "pull.open"
    shown = [
        (one.head, one.hold, one.reason, one.problems, one.stacks, one.unplanned) for one in (before, now)
    ]
    return "pull.change" if shown[0] != shown[1] else None


def _row(pull: PullRequest) -> dict[str, Value]:
    return {
        "source": pull.source,
        "number": pull.number,
        "ref": pull.ref,
        "head": pull.head,
        "own": pull.own,
        "state": pull.state,
        "seen_at": text(pull.seen_at),
        "changed_at": text(pull.changed_at),
        "base": pull.base,
        "merged": pull.merged,
        "changes": pull.changes,
        "hold": pull.hold,
        "reason": pull.reason,
        "judged_with": pull.judged_with,
        "problems": compact(list(pull.problems)),
        "allowed_head": pull.allowed_head,
        "allowed_by": pull.allowed_by,
        "unplanned": pull.unplanned,
        "failures": pull.failures,
    }
