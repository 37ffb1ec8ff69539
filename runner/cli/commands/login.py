"""`driftline login`: get a token for a server, and use that server from now on."""

import sys
from typing import TYPE_CHECKING

import click

from runner.api.me import show_me
from runner.cli.invocation import Cli, pass_cli
from runner.cli.screen.me import no_role
from runner.errors import BadUsage

if TYPE_CHECKING:
    from runner.remote.client import Remote


@click.command()
@click.argument("url", required=False)
@click.option(
    "--token", metavar="-", help="Read a token from stdin (-) instead of logging in with a browser."
)
@pass_cli
def command(cli: Cli, url: str | None, token: str | None) -> None:
    """Log in to the server at URL and use it from now on, where no configuration file says otherwise."""
    from runner.remote.contexts import KEYRING, Contexts

    url = (url or cli.server or Contexts.saved().current or "").rstrip("/")
    if not url:
        raise BadUsage("which server?", hint="driftline login https://driftline.example.com")
    if token not in {None, "-"}:
        raise BadUsage("a token on the command line is seen by others", hint="driftline login URL --token -")
    asked = cli.server_at(url, None)
    secret = sys.stdin.readline().strip() if token else _ask(cli, asked)
    me = cli.server_at(url, secret).call(show_me)
    where = Contexts.saved().save(url, secret)
    kept = "the keyring" if where == KEYRING else "a file that only you can read"
    cli.console.say(f"Logged in to {url} as {me.name}. The token is in {kept}.")
    if not me.roles:
        cli.console.say(no_role(me))


def _ask(cli: Cli, remote: "Remote") -> str:
    from runner.remote.login import begin, wait

    login = begin(remote)
    if login is None:
        if not sys.stdin.isatty():
            raise BadUsage("no terminal to prompt on", hint=f"driftline login {remote.url} --token -")
        return str(click.prompt("Token", hide_input=True, err=True)).strip()
    cli.console.say(f"Open {login.address} and confirm the code {login.code}")
    return wait(remote, login)
