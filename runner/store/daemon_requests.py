"""Requests to the daemon as rows."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Collection
from datetime import datetime
from typing import TYPE_CHECKING, Any

from runner.errors import DaemonOverloaded, NotFound
from runner.model.values.codec import from_plain, to_plain
from runner.store.rows import compact, strings_of, text, time_or_none
from runner.store.session import Session

if TYPE_CHECKING:
    from runner.model.execution.daemon_request import DaemonRequest, NewRequest


class DaemonRequestReads(Session):
    def open_requests(self, but: Collection[int] = ()) -> list[DaemonRequest]:
        rows = self._all("SELECT * FROM daemon_requests WHERE answered_at IS NULL ORDER BY id")
        return [_request(row) for row in rows if row["id"] not in but]

    def daemon_request(self, request: int) -> DaemonRequest:
        row = self._one("SELECT * FROM daemon_requests WHERE id = ?", request)
        if row is None:
            raise NotFound(what="request", name=str(request), hint="driftline status")
        return _request(row)


class DaemonRequestWrites(DaemonRequestReads):
    def add_request(self, request: NewRequest) -> int:
        from runner.model.execution.daemon_request import MOST_OPEN, MOST_OPEN_OF_ONE

        found = self.open_requests()
        own = sum(one.person == request.person for one in found)
        if len(found) >= MOST_OPEN or own >= MOST_OPEN_OF_ONE:
            raise DaemonOverloaded(number=len(found))
        return self._insert(
            "daemon_requests",
            {
                "operation": request.operation,
                "arguments": compact(request.arguments),
                "person": compact(to_plain(request.person)),
                "subjects": compact(request.subjects),
                "on_host": request.on_host,
                "session": request.session,
                "at": text(self._now),
            },
        )

    def take_request(self, request: int) -> bool:
        sql = "UPDATE daemon_requests SET taken_at = ? WHERE id = ? AND answered_at IS NULL"
        return self._do(sql, text(self._now), request) == 1

    def withdraw_request(self, request: int, error: dict[str, Any]) -> bool:
        sql = (
            "UPDATE daemon_requests SET answered_at = ?, error = ?"
            " WHERE id = ? AND taken_at IS NULL AND answered_at IS NULL"
        )
        return self._do(sql, text(self._now), compact(error), request) == 1

    def answer_request(
        self, request: int, *, answer: Any = None, error: dict[str, Any] | None = None
    ) -> None:
        self._do(
            "UPDATE daemon_requests SET answered_at = ?, answer = ?, error = ? WHERE id = ? AND answered_at IS NULL",
            text(self._now), compact(answer), None if error is None else compact(error), request,
        )  # fmt: skip

    def prune_requests(self, before: datetime) -> int:
        return self._do("DELETE FROM daemon_requests WHERE at < ?", text(before))


def _request(row: sqlite3.Row) -> DaemonRequest:
    from runner.model.approval.approval import Person
    from runner.model.execution.daemon_request import DaemonRequest

    at = time_or_none(row["at"])
    assert at is not None
    return DaemonRequest(
        id=row["id"],
        operation=row["operation"],
        arguments=json.loads(row["arguments"]),
        person=from_plain(Person, json.loads(row["person"])),
        subjects=strings_of(row["subjects"]),
        on_host=bool(row["on_host"]),
        session=row["session"],
        at=at,
        taken_at=time_or_none(row["taken_at"]),
        answered_at=time_or_none(row["answered_at"]),
        answer=json.loads(row["answer"] or "null"),
        error=None if row["error"] is None else json.loads(row["error"]),
    )
