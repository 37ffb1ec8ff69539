"""`driftline audit`: read the log of everything that changed, prove that nobody edited it, take it elsewhere."""

import json
import re
import sys
from typing import Any

import click

from runner.cli.options import Cli, output_option, pass_cli
from runner.cli.when import ago
from runner.errors import DriftlineError
from runner.model.audit import AuditEntry

Anchor = tuple[int, str]
_DIGEST = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")
_WIDEST = 120


class AnchorType(click.ParamType[Anchor]):
    """Number and hash of an entry, as `audit verify` prints them."""

    name = "anchor"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Anchor:
        seq, _, digest = str(value).partition(":")
        if not (seq.isascii() and seq.isdigit() and len(digest) == 64):
            self.fail(
                f"expected NUMBER:HASH as `driftline audit verify` prints it, got {value!r}", param, ctx
            )
        return int(seq), digest


class AuditBroken(DriftlineError):
    """the audit log was edited or cut off: entry {seq} is not as it was written"""

    hint_template = "compare it with a backup:   driftline audit export   and   driftline db check"


@click.group()
def command() -> None:
    """The audit log: log, verify, export."""


@command.command()
@click.option("--subject", metavar="NAME", help="Only of this run, stack, report or source.")
@click.option("-n", "--limit", type=click.IntRange(1), default=50, help="How many, the newest first.")
@output_option
@pass_cli
def log(cli: Cli, subject: str | None, limit: int, output: str) -> None:
    """Who did what, the newest first."""
    with cli.app.store.reading() as reader:
        entries = reader.audit(subject=subject, limit=limit)
    if output == "json":
        cli.console.json([plain(entry) for entry in entries])
        return
    now = cli.app.clock.now()
    rows = ((str(e.seq), ago(e.at, now), e.actor, e.action, e.subject, _told(e.detail)) for e in entries)
    cli.console.table(("SEQ", "AT", "ACTOR", "ACTION", "SUBJECT", "DETAIL"), rows)


@command.command()
@click.option("--anchor", type=AnchorType(), metavar="NUMBER:HASH", help="An entry as it was seen before.")
@pass_cli
def verify(cli: Cli, anchor: Anchor | None) -> None:
    """Prove that no entry was edited, and with an anchor that the end was not cut off.

    Prints the newest entry as the anchor of the next time: keep it where this machine can not write.
    """
    broken = cli.app.store.verify_audit(anchor)
    if broken is not None:
        raise AuditBroken(seq=broken)
    with cli.app.store.reading() as reader:
        newest = next(iter(reader.audit(limit=1)), None)
    cli.console.say(f"{newest.seq if newest else 0} entries, each follows from the one before it")
    if newest is not None:
        cli.console.data(f"{newest.seq}:{newest.hash}")


@command.command()
@pass_cli
def export(cli: Cli) -> None:
    """The whole log on stdout, oldest first, one JSON document a line."""
    for entry in cli.app.store.export_audit():
        sys.stdout.write(json.dumps(plain(entry)) + "\n")


def plain(entry: AuditEntry) -> dict[str, Any]:
    """With the time exactly as it was hashed."""
    return {
        "seq": entry.seq,
        "at": entry.at.isoformat(timespec="microseconds").replace("+00:00", "Z"),
        "actor": entry.actor,
        "action": entry.action,
        "subject": entry.subject,
        "detail": entry.detail,
        "hash": entry.hash,
    }


def _told(detail: dict[str, Any]) -> str:
    """For a table: what is empty left out, digests shortened, and no more than fits beside the rest."""
    text = " ".join(
        f"{name}={_short(value)}" for name, value in detail.items() if value not in ("", None, [], {})
    )
    return text if len(text) <= _WIDEST else text[: _WIDEST - 3] + "..."


def _short(value: Any) -> str:
    text = value if isinstance(value, str) else json.dumps(value, separators=(",", ":"))
    return text[:12] if _DIGEST.fullmatch(text) else text
