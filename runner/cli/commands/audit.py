"""`driftline audit`: read the log of everything that changed, prove that nobody edited it, take it elsewhere."""

import json
import sys
from pathlib import Path
from typing import Any

import click

from runner.api.audit import Anchor, export_audit, list_audit, parsed_anchor, verified, verify_audit
from runner.cli import suggest
from runner.cli.invocation import Cli, pass_cli
from runner.cli.options import history_options, output_option, window, window_options
from runner.cli.screen.audit import audit_screen, verdict_screen
from runner.cli.screen.output import Console
from runner.errors import BadUsage, DriftlineError, NotFound
from runner.model.audit.verdict import Fault
from runner.model.values.moment import Moment
from runner.view.audit import VerdictPage
from runner.view.document import document


class AnchorType(click.ParamType[Anchor]):
    """Number and hash of an entry, as `audit verify` prints them."""

    name = "anchor"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Anchor:
        try:
            return parsed_anchor(str(value))
        except BadUsage as error:
            self.fail(error.message, param, ctx)


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
    first, last = window(since, until, cli.now)
    rows = cli.call(list_audit, subject=subject, stack=stack, by=by, since=first, until=last, limit=limit)
    cli.present(output, rows, lambda rows: audit_screen(rows, cli.now, absolute=absolute))


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
    if checkpoints:
        page = verified(cli.app, cli.app.checkpoints_in(checkpoints), anchor, elsewhere=True)
    else:
        page = cli.call(verify_audit, anchor="{}:{}".format(*anchor) if anchor else None)
    if output == "table":
        _tell(cli.console, page)
    cli.present(output, page, verdict_screen)
    if page.flaws:
        error = _ERRORS[page.flaws[0].fault]
        raise error("\n".join(flaw.sentence for flaw in page.flaws), place=page.checkpoints.file)


def _tell(console: Console, page: VerdictPage) -> None:
    for note in page.notes:
        console.warn(note)
    if page.ok:
        console.say(page.sentence)


@command.command()
@window_options
@pass_cli
def export(cli: Cli, since: Moment | None, until: Moment | None) -> None:
    """Write the log to stdout, oldest first, one JSON document per line."""
    after: int | None = None
    first, last = window(since, until, cli.now)
    while rows := cli.call(export_audit, after=after, since=first, until=last):
        for row in rows:
            sys.stdout.write(json.dumps(document(row)) + "\n")
        after = rows[-1].seq
