"""The audit log: one row for each change, chained by hashes so that an edit shows."""

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from runner.model.values.frozen import dataclass

GENESIS = "0" * 64
# Subjects of entries that concern neither a stack nor a run.
CHECKPOINTS = "checkpoints"
CLOCK = "clock"
DATABASE = "database"
_TEXTS = json.JSONEncoder(separators=(",", ":"))


@dataclass(frozen=True)
class AuditEntry:
    seq: int
    at: datetime
    actor: str
    action: str
    subject: str
    detail: dict[str, Any]
    hash: str


@dataclass(frozen=True)
class Walk:
    """The result of walking the log: the number of entries, the last hash, and the first entry that breaks the chain."""

    entries: int
    head: str
    broken: int | None
    hashes: Mapping[int, str]  # of the requested entries

    @property
    def anchor(self) -> str:
        return f"{self.entries}:{self.head}"


def chain_hash(seq: int, previous: str, at: str, actor: str, action: str, subject: str, detail: str) -> str:
    """SHA-256 over the sequence number, the previous hash and the length-prefixed canonical body.

    `at` and `detail` are the stored texts, so that verification needs no second parse.
    """
    body = _TEXTS.encode([at, actor, action, subject, detail]).encode()
    head = f"driftline-audit-v1|{seq}|{previous}|{len(body)}|".encode()
    import hashlib  # loads OpenSSL, which lists do without

    return hashlib.sha256(head + body).hexdigest()
