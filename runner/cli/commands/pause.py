"""`driftline pause`: leave stacks alone for a while."""

from datetime import datetime, timedelta

import click

from runner.cli.options import (
    MOMENT,
    SPAN,
    Cli,
    Labels,
    labels_option,
    pass_cli,
    reason_option,
    stacks_argument,
    yes_option,
)
from runner.cli.several import Tally, ask_once, facts_of
from runner.errors import BadUsage
from runner.model.values.moment import Moment
from runner.model.values.span import Seconds
from runner.view.stack import stack_row
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
    from runner.service.operator import pause

    length = _length(cli.app.clock.now(), duration, until)
    found = facts_of(cli, stacks, labels)
    if labels or len(found) > 1:
        ask_once(cli.console, [stack_row(facts) for facts in found], "pause", wish="paused", yes=yes)
    person, tally = cli.person, Tally(cli.console)
    for facts in found:
        with tally.each():
            name = facts.stack.name
            paused = pause.pause(cli.app.control, name, person, reason, length)
            keeps = paused.until is not None and length is None
            end = f"until {paused.until:%Y-%m-%d %H:%M} UTC" if paused.until else "until it is resumed"
            cli.console.say(f"{name} {'stays' if keeps else 'is'} paused {end}.")
            if keeps:
                cli.console.say("To change the end, use --for or --until; to remove it, resume first.")
    cli.console.hint(f"driftline resume {' '.join(facts.stack.name for facts in found)}")
    return tally.worst


def _length(now: datetime, duration: Seconds | None, until: Moment | None) -> timedelta | datetime | None:
    if duration is not None and until is not None:
        raise BadUsage("--for and --until are mutually exclusive")
    if until is not None:
        return ahead_of(until, now)
    return timedelta(seconds=duration) if duration is not None else None
