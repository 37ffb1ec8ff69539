"""`driftline token`: API tokens."""

import click

from runner.api.tokens import create_token, list_tokens, revoke_token
from runner.cli.invocation import Cli, pass_cli
from runner.cli.options import SPAN, output_option
from runner.cli.screen.token import token_screen
from runner.errors import BadUsage
from runner.model.settings.web import web_address
from runner.model.values.span import Seconds


@click.group()
def command() -> None:
    """Create, list and revoke API tokens, and print login links."""


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


@command.command()
@click.option(
    "--url", metavar="URL", help="Address of the server, where web.public_url and web.listen do not say it."
)
@pass_cli
def link(cli: Cli, url: str | None) -> None:
    """Print a link that logs a browser in as you, once, within ten minutes."""
    from runner.service.operator.login_link import login_code

    if cli.remote is not None:
        raise BadUsage("only whoever can open the database can print a login link")
    address = url or web_address(cli.app.settings.web)
    if address is None:
        raise BadUsage("web.listen is not set", hint="driftline token link --url http://127.0.0.1:8470")
    code = login_code(cli.app.control, cli.person)
    # After the #, since browsers send that to no server, and so to no log.
    cli.console.data(f"{address.rstrip('/')}/login#code={code}")
    cli.console.say("The link works once, within ten minutes.")
