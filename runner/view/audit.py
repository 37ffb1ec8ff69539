"""The audit log: its entries, and whether it is as it was written."""

import json
import re
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from runner.model.audit.checkpoint import Chain, Checkpoint
from runner.model.audit.log import AuditEntry, Walk
from runner.model.audit.verdict import Flaw, Verdict
from runner.model.values.frozen import dataclass
from runner.view.when import whole

_DIGEST = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")


@dataclass(frozen=True)
class AuditRow:
    """`at` is the time exactly as it was hashed."""

    seq: int
    at: str
    actor: str
    action: str
    subject: str
    detail: dict[str, Any]
    hash: str

    @property
    def moment(self) -> datetime:
        return datetime.fromisoformat(self.at)

    @property
    def told(self) -> tuple[tuple[str, str], ...]:
        """Its detail as text, for people: what is empty left out, and digests shortened."""
        return tuple(
            (name, _short(value)) for name, value in self.detail.items() if value not in ("", None, [], {})
        )


def _short(value: Any) -> str:
    if isinstance(value, dict):
        value = {name: one for name, one in value.items() if one}
    text = value if isinstance(value, str) else json.dumps(value, separators=(",", ":"))
    return text[:12] if _DIGEST.fullmatch(text) else text


AuditRows = tuple[AuditRow, ...]


def audit_rows(entries: Iterable[AuditEntry]) -> AuditRows:
    return tuple(map(audit_row, entries))


def audit_row(of: AuditEntry) -> AuditRow:
    return AuditRow(
        seq=of.seq,
        at=of.at.isoformat(timespec="microseconds").replace("+00:00", "Z"),
        actor=of.actor,
        action=of.action,
        subject=of.subject,
        detail=of.detail,
        hash=of.hash,
    )


@dataclass(frozen=True)
class CheckpointRow:
    seq: int
    at: datetime


@dataclass(frozen=True)
class CheckpointsRow:
    """`count` is None where there is no file."""

    file: str
    count: int | None
    newest: CheckpointRow | None


@dataclass(frozen=True)
class VerdictPage:
    """`anchor` names the newest entry; it is None where there is none, or the chain is broken."""

    ok: bool
    entries: int
    anchor: str | None
    flaws: tuple[Flaw, ...]
    notes: tuple[str, ...]
    checkpoints: CheckpointsRow

    @property
    def sentence(self) -> str:
        """Of a log without flaws."""
        count = self.checkpoints.count
        matching = "1 checkpoint matches" if count == 1 else f"{count} checkpoints match"
        return f"{self.entries} entries, chain intact" + ("" if count is None else f"; {matching}")


def verdict_page(walk: Walk, chain: Chain | None, of: Verdict, place: str) -> VerdictPage:
    newest = chain.newest if chain else None
    return VerdictPage(
        ok=not of.flaws,
        entries=walk.entries,
        anchor=walk.anchor if walk.entries and walk.broken is None else None,
        flaws=of.flaws,
        notes=of.notes,
        checkpoints=CheckpointsRow(
            file=place,
            count=len(chain.checkpoints) if chain else None,
            newest=_checkpoint(newest) if newest else None,
        ),
    )


def _checkpoint(of: Checkpoint) -> CheckpointRow:
    return CheckpointRow(of.seq, whole(of.at))
