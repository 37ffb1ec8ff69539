"""`driftline notify`: how notifications are delivered, trying one, and what could not be delivered."""

import click

from runner.api.notifications import drop_letters, list_notifications, retry_letters, try_notification
from runner.cli import suggest
from runner.cli.invocation import Cli, pass_cli
from runner.cli.options import output_option, yes_option
from runner.cli.screen.asking import ask
from runner.cli.screen.notification import notification_screen
from runner.errors import BadUsage
from runner.view.words import counted

_name = click.argument("name", shell_complete=suggest.notifications)
_event = click.argument("event", metavar="[ID]", type=click.IntRange(min=1), required=False)
_all = click.option("--all", "every", is_flag=True, help="All of its dead letters.")


@click.group()
def command() -> None:
    """List and test notifications, and send or drop what could not be delivered."""


@command.command("list")
@output_option
@pass_cli
def list_(cli: Cli, output: str) -> None:
    """List notifications, and how their delivery goes."""
    cli.begin_to_list()
    rows = cli.call(list_notifications)
    cli.present(output, rows, lambda rows: notification_screen(rows, cli.now))


@command.command()
@_name
@click.option("--topic", default="run.awaiting_approval", help="Topic of the sample.", show_default=True)
@pass_cli
def test(cli: Cli, name: str, topic: str) -> None:
    """Send a sample to NAME, which says that it is a test."""
    cli.call(try_notification, name, topic=topic)
    cli.console.say(f"Sent a test to {name}.")


@command.command()
@_name
@_event
@_all
@pass_cli
def retry(cli: Cli, name: str, event: int | None, every: bool) -> None:
    """Send the dead letter ID of NAME again, or all of them. `driftline events --dead` lists them."""
    _choose(event, every, f"driftline notify retry {name} --all")
    handled = cli.call(retry_letters, name, event=event)
    cli.console.say(f"Sent {counted(handled.events, 'event')} to {name}.")


@command.command()
@_name
@_event
@_all
@yes_option
@pass_cli
def drop(cli: Cli, name: str, event: int | None, every: bool, yes: bool) -> None:
    """Forget the dead letter ID of NAME, or all of them, without sending them."""
    _choose(event, every, f"driftline notify drop {name} --all")
    if not yes:
        ask("Nobody will be told of these events. Drop them?", wish="dropped")
    handled = cli.call(drop_letters, name, event=event)
    cli.console.say(f"Dropped {counted(handled.events, 'event')} of {name}.")


def _choose(event: int | None, every: bool, hint: str) -> None:
    if (event is None) is not every:
        raise BadUsage("name either the number of an event or --all", hint=hint)
