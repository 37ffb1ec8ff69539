"""Commits: who wrote them, who signed them, and which heads a force-push took away."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from runner.store.rows import compact, text
from runner.store.session import Session

if TYPE_CHECKING:
    from runner.model.approval.approval import Commit


class CommitReads(Session):
    def commit(self, source: str, revision: str) -> Commit | None:
        row = self._one("SELECT * FROM commits WHERE source = ? AND revision = ?", source, revision)
        return None if row is None else _commit(row)

    def rewritten(self, source: str, since: datetime | None) -> list[str]:
        """The heads that force-pushes discarded since then, oldest first."""
        least = "" if since is None else text(since)
        sql = "SELECT revision FROM rewritten WHERE source = ? AND at >= ? ORDER BY at"
        return [row["revision"] for row in self._all(sql, source, least)]

    def signers(self, source: str, revisions: Iterable[str]) -> dict[str, str]:
        """Their signers, for judged ones; empty if none is proven."""
        sql = """
            SELECT revision, signer FROM signers
            WHERE source = ? AND revision IN (SELECT value FROM json_each(?))
        """
        return {row["revision"]: row["signer"] for row in self._all(sql, source, json.dumps(list(revisions)))}


class CommitWrites(CommitReads):
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
        self._upsert("commits", row, "source, revision")

    def save_rewritten(self, source: str, revision: str) -> None:
        row = {"source": source, "revision": revision, "at": text(self._now)}
        self._upsert("rewritten", row, "source, revision")

    def save_signers(self, source: str, signers: Mapping[str, str]) -> None:
        for revision, signer in signers.items():
            row = {"source": source, "revision": revision, "signer": signer}
            self._upsert("signers", row, "source, revision")


def _commit(row: sqlite3.Row) -> Commit:
    from runner.model.approval.approval import Commit

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
