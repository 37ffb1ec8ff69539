"""`driftline pause`: leave stacks alone for a while."""

from datetime import datetime

import click

from runner.api.pauses import pause_stack
from runner.cli.invocation import Cli, pass_cli
from runner.cli.options import MOMENT, SPAN, Labels, labels_option, reason_option, stacks_argument, yes_option
from runner.cli.several import Tally, ask_once, chosen
from runner.errors import BadUsage
from runner.model.values.moment import Moment
from runner.model.values.span import Seconds
from runner.view.when import ahead_of


@click.command("pause")
@stacks_argument(required=False)
@labels_option("All stacks with this label. Repeat to require several labels.")
@reason_option()
@click.option("--for", "duration", type=SPAN, metavar="SPAN", help="Duration of the pause, such as 4h or 2d.")
@click.option(
    "--until", type=MOMENT, metavar="TIME", help="End of the pause: 2026-12-24, or an RFC 3339 time."
)
@yes_option
@pass_cli
def command(
    cli: Cli,
    stacks: tuple[str, ...],
    labels: Labels,
    reason: str,
    duration: Seconds | None,
    until: Moment | None,
    yes: bool,
) -> int:
    """Stop planning and checking stacks until they are resumed or the pause ends.

    Approved plans are still applied. A stack that is already paused keeps its end unless you set a new one.
    """
    end = _end(cli.now, duration, until)
    rows = chosen(cli, stacks, labels)
    if labels or len(rows) > 1:
        ask_once(cli.console, rows, "pause", wish="paused", yes=yes)
    tally = Tally(cli.console)
    for row in rows:
        with tally.each():
            paused = cli.call(pause_stack, row.name, reason=reason, length=duration, until=end)
            keeps = paused.until is not None and duration is None and end is None
            until_when = f"until {paused.until:%Y-%m-%d %H:%M} UTC" if paused.until else "until it is resumed"
            cli.console.say(f"{row.name} {'stays' if keeps else 'is'} paused {until_when}.")
            if keeps:
                cli.console.say("To change the end, use --for or --until; to remove it, resume first.")
    cli.console.hint(f"driftline resume {' '.join(row.name for row in rows)}")
    return tally.worst


def _end(now: datetime, duration: Seconds | None, until: Moment | None) -> datetime | None:
    if duration is not None and until is not None:
        raise BadUsage("--for and --until are mutually exclusive")
    return None if until is None else ahead_of(until, now)
