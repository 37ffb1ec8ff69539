"""Requests with an Idempotency-Key. Keys and requests are here as digests only."""

from __future__ import annotations

import sqlite3
from datetime import datetime

from runner.errors import AnswerLost, KeyReused, StillAnswering
from runner.model.access.keyed import ANSWERED_WITHIN, KEPT, Attempt, KeptAnswer, KeyedRequest
from runner.store.rows import text
from runner.store.session import Session

_THIS = "caller = ? AND key = ?"
_THIS_ATTEMPT = f"{_THIS} AND attempt = ?"


class KeyedWrites(Session):
    def begin_keyed(self, request: KeyedRequest) -> Attempt | KeptAnswer:
        self._do("DELETE FROM keyed_requests WHERE begun_at <= ?", text(self._now - KEPT))
        row = self._one(f"SELECT * FROM keyed_requests WHERE {_THIS}", request.caller, request.key)  # noqa: S608
        if row is None:
            return self._first(request)
        if row["digest"] != request.digest:
            raise KeyReused
        if row["status"] is not None:
            return _kept(row)
        if self._now < datetime.fromisoformat(row["begun_at"]) + ANSWERED_WITHIN:
            raise _still_answering()
        if row["changed"]:
            raise AnswerLost
        return self._next(request, row["attempt"])

    def note_change(self, attempt: Attempt) -> None:
        sql = f"UPDATE keyed_requests SET changed = 1 WHERE {_THIS_ATTEMPT}"  # noqa: S608 - a constant
        if not self._do(sql, *_values(attempt)):
            raise _still_answering()

    def end_keyed(self, attempt: Attempt, answer: KeptAnswer) -> None:
        sql = f"UPDATE keyed_requests SET status = ?, media_type = ?, answer = ? WHERE {_THIS_ATTEMPT}"  # noqa: S608
        self._do(sql, answer.status, answer.media_type, answer.body, *_values(attempt))

    def drop_keyed(self, attempt: Attempt) -> bool:
        sql = f"DELETE FROM keyed_requests WHERE {_THIS_ATTEMPT} AND changed = 0"  # noqa: S608 - a constant
        return bool(self._do(sql, *_values(attempt)))

    def _first(self, request: KeyedRequest) -> Attempt:
        self._insert(
            "keyed_requests",
            {
                "caller": request.caller,
                "key": request.key,
                "digest": request.digest,
                "attempt": 1,
                "begun_at": text(self._now),
            },
        )
        return Attempt(request)

    def _next(self, request: KeyedRequest, last: int) -> Attempt:
        self._do(
            f"UPDATE keyed_requests SET attempt = ?, begun_at = ? WHERE {_THIS}",  # noqa: S608 - a constant
            last + 1, text(self._now), request.caller, request.key,
        )  # fmt: skip
        return Attempt(request, last + 1)


def _values(attempt: Attempt) -> tuple[str, str, int]:
    return attempt.request.caller, attempt.request.key, attempt.number


def _still_answering() -> StillAnswering:
    return StillAnswering(seconds=int(ANSWERED_WITHIN.total_seconds()))


def _kept(row: sqlite3.Row) -> KeptAnswer:
    if row["answer"] is None:
        raise AnswerLost
    return KeptAnswer(row["status"], row["media_type"], row["answer"])
