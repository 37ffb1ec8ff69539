"""`driftline aws events`: receive changes as they happen."""

import click

from runner.cli.invocation import Cli, pass_cli
from runner.errors import BadUsage


@click.group("events")
def events() -> None:
    """Receive changes as they happen."""


@events.command()
@click.option(
    "--print", "printed", is_flag=True, help="Print what to create. Driftline creates nothing itself."
)
@click.option(
    "--as",
    "form",
    type=click.Choice(["cloudformation", "terraform"]),
    default="cloudformation",
    show_default=True,
    help="Format to print.",
)
@pass_cli
def setup(cli: Cli, printed: bool, form: str) -> None:
    """Print what an account needs for this.

    A rule of EventBridge, its queue and its dead-letter queue, for one region: create them in each region, and add the URL of each queue to `events` of the account in the configuration.
    """
    from runner.aws import events_setup

    if not printed:
        raise BadUsage(
            "Driftline creates nothing in your account: add --print",
            hint="driftline aws events setup --print > driftline-events.json",
        )
    text = events_setup.terraform() if form == "terraform" else events_setup.cloudformation()
    click.echo(text, nl=False)
    cli.console.say("Create this in each region, and add the URL of each queue to `events` of the account.")
    cli.console.hint("driftline aws policy   prints what the read role then needs")
