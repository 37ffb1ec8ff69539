"""`driftline web`: the dashboard and the API."""

import click

from runner.cli.options import Cli, pass_cli
from runner.errors import ExtraMissing
from runner.host import log
from runner.sandbox.hardening import close_to_others


@click.command()
@click.option("--listen", metavar="HOST:PORT", help="Listen here instead of web.listen.")
@click.option("--read-only", is_flag=True, help="Refuse everything that changes something.")
@click.option("--kept", type=int, hidden=True, help="The pipe of the daemon that keeps this process.")
@pass_cli
def command(cli: Cli, listen: str | None, read_only: bool, kept: int | None) -> None:
    """Serve the dashboard and the API. The daemon does it by itself where web.listen is set.

    Without a daemon, as with `driftline daemon --once` and cron, start it beside it.
    """
    from runner.app import App
    from runner.process.kept import Pulse

    pulse = None if kept is None else Pulse(kept)
    try:
        from runner.web.serve import serve
    except ModuleNotFoundError as missing:
        raise ExtraMissing(what="the web server", module=missing.name, extra="web") from missing
    close_to_others()
    log.configure(verbose=cli.verbose, quiet=cli.quiet)
    app = App.that_serves(cli.config, read_only=read_only)
    serve(app, listen or app.settings.web.listen, pulse)
