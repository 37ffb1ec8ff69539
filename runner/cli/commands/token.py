"""`driftline token`: API tokens."""

import click

from runner.api.tokens import create_token, list_tokens, revoke_token
from runner.cli.options import SPAN, Cli, output_option, pass_cli
from runner.cli.screen.token import token_screen
from runner.model.values.span import Seconds


@click.group()
def command() -> None:
    """Create, list and revoke API tokens."""


@command.command()
@click.argument("name")
@click.option("--expires", type=SPAN, metavar="SPAN", help="Make it invalid after this time, such as 90d.")
@output_option
@pass_cli
def create(cli: Cli, name: str, expires: Seconds | None, output: str) -> None:
    """Create the token NAME and print its secret, which is shown only now."""
    made = cli.call(create_token, name=name, expires=expires)
    cli.present(output, made)
    if output == "table":
        cli.console.data(made.secret)
        cli.console.say(f"Created the token {name}. It may do nothing until a role is bound to it.")
        cli.console.hint(f'web: {{access: [{{role: viewer, subjects: ["token:{name}"]}}]}}')


@command.command("list")
@output_option
@pass_cli
def list_(cli: Cli, output: str) -> None:
    """List tokens; secrets are not kept."""
    cli.present(output, cli.call(list_tokens), lambda rows: token_screen(rows, cli.now))


@command.command()
@click.argument("name")
@pass_cli
def revoke(cli: Cli, name: str) -> None:
    """Revoke the token NAME at once."""
    cli.call(revoke_token, name)
    cli.console.say(f"Revoked the token {name}.")
