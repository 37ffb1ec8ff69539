"""`driftline web`: the dashboard and the API."""

import click

from runner.cli.options import Cli, pass_cli
from runner.host import log
from runner.sandbox.hardening import close_to_others


@click.command()
@click.option("--listen", metavar="HOST:PORT", help="Listen here instead of web.listen.")
@pass_cli
def command(cli: Cli, listen: str | None) -> None:
    """Serve the dashboard and the API. The daemon does it by itself where web.listen is set."""
    from runner.web.serve import serve

    close_to_others()
    log.configure(verbose=cli.verbose, quiet=cli.quiet)
    serve(cli.app, listen or cli.app.settings.web.listen)
