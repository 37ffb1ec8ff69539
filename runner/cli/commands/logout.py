"""`driftline logout`: end the login of the command line."""

import click

from runner.api.http import LOGOUT
from runner.cli.invocation import Cli, pass_cli
from runner.errors import BadUsage, DriftlineError


@click.command()
@pass_cli
def command(cli: Cli) -> None:
    """Log out of the server: end the login there, and forget its token here."""
    from runner.remote.contexts import Contexts

    saved = Contexts.saved()
    url = cli.server or saved.current
    if url is None or (token := saved.token(url)) is None:
        raise BadUsage("you are not logged in", hint="driftline login URL")
    try:
        cli.server_at(url, token).post(LOGOUT, {})
    except DriftlineError as error:
        cli.console.warn(error.message)  # the token is forgotten all the same
    saved.forget(url)
    cli.console.say(f"Logged out of {url}.")
