"""Whose code was seen by somebody else: the revision of a stack that others approved, signers, and rewritten history."""

import json
from collections.abc import Iterable, Mapping
from datetime import datetime

from runner.model.approval.approval import Review
from runner.store.audit import Writes
from runner.store.rows import definition_of, text
from runner.store.session import Session


class ReviewReads(Session):
    def review(self, stack: str) -> Review | None:
        row = self._one(
            "SELECT r.*, d.document FROM reviews r JOIN definitions d ON d.digest = r.definition WHERE r.stack = ?",
            stack,
        )
        if row is None:
            return None
        return Review(
            stack=row["stack"],
            source=row["source"],
            revision=row["revision"],
            definition=definition_of(row["document"]),
            module_path=row["module_path"],
            file=row["file"],
            at=datetime.fromisoformat(row["at"]),
        )

    def rewritten(self, source: str, since: datetime | None) -> list[str]:
        """The heads that a force-push took away since then, oldest first."""
        least = "" if since is None else text(since)
        sql = "SELECT revision FROM rewritten WHERE source = ? AND at >= ? ORDER BY at"
        return [row["revision"] for row in self._all(sql, source, least)]

    def signers(self, source: str, revisions: Iterable[str]) -> dict[str, str]:
        """Who signed them, of those that were judged; an empty text where nobody is proven."""
        sql = """
            SELECT revision, signer FROM signers
            WHERE source = ? AND revision IN (SELECT value FROM json_each(?))
        """
        return {row["revision"]: row["signer"] for row in self._all(sql, source, json.dumps(list(revisions)))}


class ReviewWrites(ReviewReads, Writes):
    def save_review(self, review: Review) -> None:
        row = {
            "stack": review.stack,
            "source": review.source,
            "revision": review.revision,
            "definition": review.definition.digest,
            "module_path": review.module_path,
            "file": review.file,
            "at": text(review.at),
        }
        self._upsert("reviews", row, "stack")

    def forget_review(self, stack: str) -> None:
        self._do("DELETE FROM reviews WHERE stack = ?", stack)

    def save_rewritten(self, source: str, revision: str) -> None:
        row = {"source": source, "revision": revision, "at": text(self._now)}
        self._upsert("rewritten", row, "source, revision")

    def save_signers(self, source: str, signers: Mapping[str, str]) -> None:
        for revision, signer in signers.items():
            row = {"source": source, "revision": revision, "signer": signer}
            self._upsert("signers", row, "source, revision")
