"""The audit log, drawn."""

from datetime import datetime

from runner.cli.screen.output import Screen, Table
from runner.view.audit import AuditRow, AuditRows, VerdictPage
from runner.view.when import shown

HEADS = ("SEQ", "AT", "ACTOR", "ACTION", "SUBJECT", "DETAIL")
_WIDEST = 120


def audit_screen(rows: AuditRows, now: datetime, *, absolute: bool) -> Screen:
    yield Table(HEADS, [_row(row, now, absolute=absolute) for row in rows], empty="No entries found.")


def _row(of: AuditRow, now: datetime, *, absolute: bool) -> tuple[str, ...]:
    at = shown(of.moment, now, absolute=absolute)
    return str(of.seq), at, of.actor, of.action, of.subject, _detail(of)


def _detail(of: AuditRow) -> str:
    """No more than fits beside the rest."""
    text = " ".join(f"{name}={value}" for name, value in of.told)
    return text if len(text) <= _WIDEST else text[: _WIDEST - 3] + "..."


def verdict_screen(of: VerdictPage) -> Screen:
    """The anchor of the next verification."""
    if of.ok and of.anchor:
        yield of.anchor
