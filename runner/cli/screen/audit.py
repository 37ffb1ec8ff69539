"""The audit log, drawn."""

import json
import re
from datetime import datetime
from typing import Any

from runner.cli.screen.output import Screen, Table
from runner.view.audit import AuditRow, AuditRows, VerdictPage
from runner.view.when import shown

HEADS = ("SEQ", "AT", "ACTOR", "ACTION", "SUBJECT", "DETAIL")
_DIGEST = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")
_WIDEST = 120


def audit_screen(rows: AuditRows, now: datetime, *, absolute: bool) -> Screen:
    yield Table(HEADS, [_row(row, now, absolute=absolute) for row in rows], empty="No entries found.")


def _row(of: AuditRow, now: datetime, *, absolute: bool) -> tuple[str, ...]:
    at = shown(of.moment, now, absolute=absolute)
    return str(of.seq), at, of.actor, of.action, of.subject, _detail(of.detail)


def _detail(of: dict[str, Any]) -> str:
    """What is empty left out, digests shortened, and no more than fits beside the rest."""
    text = " ".join(
        f"{name}={_short(value)}" for name, value in of.items() if value not in ("", None, [], {})
    )
    return text if len(text) <= _WIDEST else text[: _WIDEST - 3] + "..."


def _short(value: Any) -> str:
    text = value if isinstance(value, str) else json.dumps(value, separators=(",", ":"))
    return text[:12] if _DIGEST.fullmatch(text) else text


def verdict_screen(of: VerdictPage) -> Screen:
    """The anchor of the next verification."""
    if of.ok and of.anchor:
        yield of.anchor
