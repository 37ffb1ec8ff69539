"""The audit log: one row for everything that changed, chained by hashes so that an edit shows."""

import hashlib
import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any

GENESIS = "0" * 64


@dataclass(frozen=True)
class AuditEntry:
    seq: int
    at: datetime
    actor: str
    action: str
    subject: str
    detail: dict[str, Any]
    hash: str


def chain_hash(seq: int, previous: str, at: str, actor: str, action: str, subject: str, detail: str) -> str:
    """SHA-256 over the sequence number, the previous hash and the length-prefixed canonical body.

    `at` and `detail` are the stored texts, so that verifying needs no second reading of them.
    """
    body = json.dumps([at, actor, action, subject, detail], separators=(",", ":")).encode()
    head = f"driftline-audit-v1|{seq}|{previous}|{len(body)}|".encode()
    return hashlib.sha256(head + body).hexdigest()
