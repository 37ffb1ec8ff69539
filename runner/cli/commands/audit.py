"""`driftline audit`: read the log of everything that changed, prove that nobody edited it, take it elsewhere."""

import json
import sys
from pathlib import Path
from typing import Any

import click

from runner.cli import suggest
from runner.cli.options import Cli, history_options, output_option, pass_cli, window
from runner.cli.screen.audit import audit_screen, verdict_screen
from runner.cli.screen.output import Console
from runner.errors import DriftlineError, NotFound
from runner.model.audit.restored import SHOWN_FOR
from runner.model.audit.verdict import Beside, Fault, judge, wanted
from runner.model.values.moment import Moment
from runner.view.audit import VerdictPage, audit_row, audit_rows, verdict_page
from runner.view.document import document

Anchor = tuple[int, str]


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
    """the audit log is not as it was written"""

    hint_template = "compare it with a backup:   driftline audit export   and   driftline db check"


class CheckpointsBroken(DriftlineError):
    """the checkpoints file is not as it was written"""

    hint_template = "compare it with AUDIT_HEAD in the journal; then move {place} aside, and the next checkpoint starts a new file"


class CheckpointsMissing(NotFound):
    """there is no checkpoints file"""

    hint_template = (
        "use an AUDIT_HEAD from the journal as the anchor:   driftline audit verify --anchor NUMBER:HASH"
    )


_ERRORS: dict[Fault, type[DriftlineError]] = {
    Fault.EDITED: AuditBroken,
    Fault.CUT: AuditBroken,
    Fault.REPLACED: AuditBroken,
    Fault.CHECKPOINTS: CheckpointsBroken,
    Fault.MISSING: CheckpointsMissing,
}


@click.group()
def command() -> None:
    """List, verify and export the audit log."""


@command.command()
@click.option("--subject", metavar="NAME", help="Show only entries about this run, stack, report or source.")
@click.option(
    "--stack",
    metavar="STACK",
    shell_complete=suggest.stacks,
    help="Show only entries about this stack, its runs and its reports.",
)
@history_options
@click.option(
    "-n",
    "--limit",
    type=click.IntRange(1, 100_000),
    default=50,
    help="Maximum number of entries, newest first.",
)
@output_option
@pass_cli
def log(
    cli: Cli,
    subject: str | None,
    stack: str | None,
    by: str | None,
    since: Moment | None,
    until: Moment | None,
    absolute: bool,
    limit: int,
    output: str,
) -> None:
    """Show who did what, newest first. Entries about a stack include those about its runs and reports."""
    now = cli.app.clock.now()
    first, last = window(since, until, now)
    with cli.app.store.reading() as reader:
        if stack is None and any(subject == known.name for known in reader.stacks()):
            subject, stack = None, subject
        entries = reader.audit(
            subject=subject,
            stack=stack,
            actor=by,
            since=first,
            until=last,
            limit=limit,
        )
    cli.present(output, audit_rows(entries), lambda rows: audit_screen(rows, now, absolute=absolute))


@command.command()
@click.option(
    "--anchor",
    type=AnchorType(),
    metavar="NUMBER:HASH",
    help="Entry number and hash from an earlier verification.",
)
@click.option(
    "--checkpoints",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="A copy of the checkpoints file [default: the one in the configuration].",
)
@output_option
@pass_cli
def verify(cli: Cli, anchor: Anchor | None, checkpoints: Path | None, output: str) -> None:
    """Verify that no entry was edited and, with the checkpoints, that the log was not truncated.

    Prints the newest entry. Store it where this machine cannot write, and pass it as --anchor next time.
    """
    kept = cli.app.checkpoints_in(checkpoints) if checkpoints else cli.app.checkpoints
    chain = kept.read()  # before the log, which only becomes longer
    walk = cli.app.store.walk_audit(wanted(chain, anchor))
    # A copy that was kept elsewhere proves more than what became of the file here.
    beside, used = (None, True) if checkpoints else _looked_beside(cli)
    verdict = judge(walk, chain, anchor, place=kept.place, was_used=used, beside=beside)
    page = verdict_page(walk, chain, verdict, kept.place)
    if output == "table":
        _tell(cli.console, page)
    cli.present(output, page, verdict_screen)
    if verdict.flaws:
        error = _ERRORS[verdict.flaws[0].fault]
        raise error("\n".join(flaw.sentence for flaw in verdict.flaws), place=kept.place)


def _looked_beside(cli: Cli) -> tuple[Beside, bool]:
    """What else shows a cut-off end, recent records only; and whether anything was ever applied here."""
    from runner.service.cycle.restored import find_restored, last_restore
    from runner.service.integrity.checkpoint import last_missing, was_used

    control, now = cli.app.control, cli.app.clock.now()
    older = find_restored(control)
    with cli.app.store.reading() as reader:
        restored, missing = (
            entry if entry is not None and now - entry.at < SHOWN_FOR else None
            for entry in (last_restore(reader), last_missing(reader))
        )
        used = was_used(control, reader)
    strangers = tuple(one.name for one in older.strangers) if older is not None else ()
    return Beside(strangers, restored, missing), used


def _tell(console: Console, page: VerdictPage) -> None:
    for note in page.notes:
        console.warn(note)
    if page.ok:
        console.say(page.sentence)


@command.command()
@pass_cli
def export(cli: Cli) -> None:
    """Write the full log to stdout, oldest first, one JSON document per line."""
    for entry in cli.app.store.export_audit():
        sys.stdout.write(json.dumps(document(audit_row(entry))) + "\n")
