"""What was read at forges: commands in comments, each taken once."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import TYPE_CHECKING

from runner.store.rows import text, time_or_none
from runner.store.session import Session

if TYPE_CHECKING:
    from runner.model.forge.planned import Answer
    from runner.model.forge.request import RequestComment

NO_ANSWER = "Driftline stopped before it answered; see whether it was done, or comment again"


class ForgeReads(Session):
    def forge_since(self, source: str) -> datetime | None:
        row = self._one("SELECT since FROM forge_reads WHERE source = ?", source)
        return None if row is None else time_or_none(row["since"])

    def read_at_forges(self) -> frozenset[str]:
        return frozenset(row["source"] for row in self._all("SELECT source FROM forge_reads"))

    def comment_taken(self, source: str, comment: RequestComment) -> bool:
        sql = "SELECT 1 FROM forge_commands WHERE source = ? AND kind = ? AND comment = ?"
        return self._one(sql, source, comment.kind, comment.id) is not None

    def accounts_of(self, source: str, login: str) -> Collection[str]:
        sql = "SELECT DISTINCT account FROM forge_commands WHERE source = ? AND lower(login) = lower(?)"
        return [row["account"] for row in self._all(sql, source, login)]

    def answers(self, source: str, number: int) -> list[Answer]:
        from runner.model.forge.planned import Answer

        sql = "SELECT * FROM forge_commands WHERE source = ? AND number = ? ORDER BY at, kind, comment"
        return [
            Answer(row["login"], row["command"], row["outcome"] or NO_ANSWER, row["hint"])
            for row in self._all(sql, source, number)
        ]


class ForgeWrites(ForgeReads):
    def save_forge_since(self, source: str, since: datetime) -> None:
        self._upsert("forge_reads", {"source": source, "since": text(since)}, "source")

    def forget_forge(self, source: str) -> None:
        self._do("DELETE FROM forge_reads WHERE source = ?", source)
        self._do("UPDATE pull_requests SET gone = 0 WHERE source = ?", source)

    def take_comment(self, source: str, comment: RequestComment, command: str) -> None:
        if self.comment_taken(source, comment):
            return
        self._insert(
            "forge_commands",
            {
                "source": source,
                "kind": comment.kind,
                "comment": comment.id,
                "number": comment.number,
                "login": comment.author,
                "account": comment.author_id,
                "command": command,
                "outcome": None,
                "hint": "",
                "at": text(comment.at),
            },
        )

    def answer_comment(self, source: str, comment: RequestComment, outcome: str, hint: str) -> None:
        sql = "UPDATE forge_commands SET outcome = ?, hint = ? WHERE source = ? AND kind = ? AND comment = ?"
        self._do(sql, outcome, hint, source, comment.kind, comment.id)
